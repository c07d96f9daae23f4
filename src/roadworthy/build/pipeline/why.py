"""Why a stage would run, or need not: told without running anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from roadworthy.build.pipeline import key as keys
from roadworthy.build.pipeline import made as records
from roadworthy.build.pipeline.inputs import Inputs
from roadworthy.errors import IntegrityError, NotFound, PipelineError, UsageError
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.inside import inside
from roadworthy.ledger.objects.push import parts_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.build.pipeline.inputs import Setting
    from roadworthy.build.pipeline.key import Change, Parts
    from roadworthy.build.pipeline.made import Made
    from roadworthy.build.pipeline.stage import Stage
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.item import Item

UNCHANGED = "nothing changed"
RESTORED = "run before with the same inputs"
UNWATCHED = "nobody watched what it opened when it ran"
LOST = "nothing changed, and what it wrote is kept no more"


@dataclass(frozen=True, slots=True)
class Outlook:
    """What `run` would do with a stage.

    Attributes:
        state: `unchanged`; `restore`: only bring its outputs back; `run`; `perhaps`: after a stage before it has run;
            `frozen`; `blocked`: an input is missing.
        why: One line.
        changes: What differs from the key that its outputs were last made with.
        key: Its key as things are; empty when it cannot be told yet.
    """

    state: Literal["unchanged", "restore", "run", "perhaps", "frozen", "blocked"]
    why: str
    changes: tuple[Change, ...] = ()
    key: str = ""


@dataclass(frozen=True, slots=True)
class Coming:
    """An input that is not there, and that a run would bring first.

    Attributes:
        whence: Where from, in words: `its source`.
        item: What it is, when its pin says so.
    """

    whence: str
    item: Item | None


def outlook(setting: Setting, coming: Mapping[str, Coming] | None = None) -> dict[str, Outlook]:
    """Return what `run` would do with every stage, as far as it can be told before any has run.

    Args:
        setting: Where, and with what.
        coming: Inputs that are not there and that the run would bring, by path.

    Raises:
        PipelineError: A parameter is not there.
    """
    coming = coming or {}
    made = {path: one.item for path, one in coming.items() if one.item is not None}
    inputs = Inputs(setting, made)
    found: dict[str, Outlook] = {}
    for name, stage in setting.graph.stages.items():
        waiting = [need for need in setting.graph.upstream[name] if found[need].state in {"run", "perhaps", "blocked"}]
        if stage.frozen:
            found[name] = Outlook("frozen", "declared frozen")
        elif waiting:
            found[name] = Outlook("perhaps", f"when {', '.join(waiting)} has run")
        else:
            found[name] = _after(setting, stage, coming) or _one(setting, stage, inputs, made)
            first = _first(stage, coming)
            if found[name].state != "blocked" and first not in found[name].why:
                found[name] = replace(found[name], why=f"{found[name].why}; {first}")
    return found


def reason(ledger: Ledger, stage: Stage, parts: Parts) -> str:
    """Return why *stage*, whose key has no record, has to run with *parts*."""
    if stage.always_changed:
        return "declared always_changed"
    last = records.last(ledger, stage.name)
    if last is None:
        return "not run before"
    return keys.sentence(keys.differences(last[1], parts)) or "its record or its outputs are lost or damaged"


def in_place(setting: Setting, made: Made) -> bool:
    """Return whether all that a stage wrote is in its place, as it was recorded."""
    files = setting.ledger.files
    try:
        return all(tree.address_of(inside(setting.folder, path), files) == item for path, item in made.outputs.items())
    except (NotFound, UsageError, IntegrityError):
        return False


def is_kept(ledger: Ledger, stage: Stage, made: Made) -> bool:
    """Return whether the ledger has all that *stage* wrote, of the right size; no byte of it is read."""
    wanted = [made.outputs[out.path] for out in stage.outs if out.is_kept and out.path in made.outputs]
    try:
        parts = [part for item in wanted for part in parts_of(item, ledger.objects)]
    except (NotFound, IntegrityError):
        return False
    sizes = [(part.size, ledger.objects.size(part.address)) for part in parts]
    return all(found is not None and size in {0, found} for size, found in sizes)  # 0: a listing, read just now


def _after(setting: Setting, stage: Stage, coming: Mapping[str, Coming]) -> Outlook | None:
    """Return that *stage* would run on what is brought first, when nobody can tell yet what that is."""
    is_unknown = any(path in coming and coming[path].item is None for path in stage.deps)
    is_there = all(path in coming or (setting.folder / path).exists() for path in stage.deps)
    return Outlook("run", _first(stage, coming)) if is_unknown and is_there else None


def _first(stage: Stage, coming: Mapping[str, Coming]) -> str:
    places: dict[str, list[str]] = {}
    for path in stage.deps:
        if path in coming and not stage.frozen:
            places.setdefault(coming[path].whence, []).append(path)
    return "; ".join(
        f"{', '.join(paths)} would {'each ' if len(paths) > 1 else ''}be brought from {whence} first"
        for whence, paths in places.items()
    )


def _one(setting: Setting, stage: Stage, inputs: Inputs, known: dict[str, Item]) -> Outlook:
    try:
        parts = inputs.parts(stage)
    except (NotFound, PipelineError) as fault:
        return Outlook("blocked", fault.problem)
    key = keys.digest(parts)
    made = None if stage.always_changed else records.find(setting.ledger, key)
    if made is None:
        last = records.last(setting.ledger, stage.name)
        changes = keys.differences(last[1], parts) if last else ()
        return Outlook("run", reason(setting.ledger, stage, parts), changes, key)
    known.update(made.outputs)
    if not in_place(setting, made):
        return Outlook("restore", RESTORED, (), key)
    is_whole = is_kept(setting.ledger, stage, made)
    return Outlook("unchanged", UNCHANGED, (), key) if is_whole else Outlook("restore", LOST, (), key)
