"""What `roadworthy card` does: keeps the generated parts of the cards current, and finds entries that are lacking."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.app.local import declared, open_local
from roadworthy.build.data import pins
from roadworthy.declare.requirements import HOW_TO_BEGIN
from roadworthy.errors import NotFound
from roadworthy.ledger.objects.write import make_folder, write_bytes
from roadworthy.prove.card import data_card, entries, model_card
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.declare.project import Declared
    from roadworthy.prove.card.entries import Finding, Subject

MODEL, DATA = "docs/model_card.md", "docs/data_card.md"


def write_here(confirmed: tuple[str, ...], start: Path | None = None) -> tuple[tuple[str, ...], tuple[Finding, ...]]:
    """Write both cards, what people wrote in them kept; return those that changed, and what is still to be written.

    Args:
        confirmed: Entries that somebody has read again since what they are about changed.
        start: A folder of the project.

    Raises:
        NotFound: There are no requirements, or a confirmed entry does not exist.
    """
    local = open_local(start)
    known = _subjects(local, declared(local))
    strange = [name for name in confirmed if not any(one.name == name for ones in known.values() for one in ones)]
    if strange:
        listed = ", ".join(one.name for ones in known.values() for one in ones)
        raise NotFound(f"No card has an entry {strange[0]}.", remedy=f"There are: {listed}.")
    changed: list[str] = []
    found: list[Finding] = []
    for path, text in _texts(local, declared(local)).items():
        place = local.folder / path
        before = place.read_text(encoding="utf-8") if place.exists() else ""
        after = entries.merged(before, text, known[path], confirmed)
        if after != before:
            make_folder(place.parent)
            write_bytes(place, after.encode(), aside=place.parent)
            changed.append(path)
        found += entries.findings(path, after, text, known[path])
    return tuple(changed), tuple(found)


def check_here(start: Path | None = None) -> tuple[Finding, ...]:
    """Return what the cards lack: generated parts that are old, entries that are not written or about something else.

    Raises:
        NotFound: There are no requirements.
    """
    local = open_local(start)
    return _found(local, declared(local))


def checks(local: Local, project: Declared) -> tuple[Check, ...]:
    """Return the check of the cards, for a project that has a model card: having one asks for its being kept."""
    if not (local.folder / MODEL).is_file():
        return ()
    found = _found(local, project)
    if not found:
        return (
            Check("project", "the cards are current", "passed", "Every entry is written, and about what is there."),
        )
    said = "\n".join(f"{one.card}: {one.problem}" for one in found[:10])
    return (Check("project", "the cards are current", "failed", said, {"findings": len(found)}),)


def _found(local: Local, project: Declared) -> tuple[Finding, ...]:
    known, found = _subjects(local, project), list[entries.Finding]()
    for path, text in _texts(local, project).items():
        place = local.folder / path
        before = place.read_text(encoding="utf-8") if place.exists() else ""
        found += entries.findings(path, before, text, known[path])
    return tuple(found)


def _texts(local: Local, project: Declared) -> dict[str, Mapping[str, str]]:
    if project.requirements is None:
        raise NotFound("There is no requirements.yaml, so there is nothing to write a card of.", remedy=HOW_TO_BEGIN)
    addresses = {path: pin.address for path, pin in pins.pins_in(local.folder).items()}
    return {
        MODEL: model_card.blocks(project.requirements, project.failure_modes),
        DATA: data_card.blocks(project, addresses),
    }


def _subjects(local: Local, project: Declared) -> dict[str, tuple[Subject, ...]]:
    requirements = project.requirements
    addresses = {path: pin.address for path, pin in pins.pins_in(local.folder).items()}
    return {
        MODEL: () if requirements is None else model_card.subjects(requirements),
        DATA: data_card.subjects(project, addresses),
    }
