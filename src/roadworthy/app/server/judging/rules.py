"""The rules of a change's target, held against its own: what it loosens is told, and a maintainer must say so."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from roadworthy.app.server.at_commit import declared_at
from roadworthy.declare.project import FORMAT
from roadworthy.errors import InvalidDeclaration, NotAProject
from roadworthy.prove.loosened import Loosened, loosened

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.app.local import Local
    from roadworthy.declare.project import Declared
    from roadworthy.ledger.repo.commit import Entry

_PIN = ".pin"


def loosened_by(local: Local, commit: str, target: str) -> tuple[str, ...]:
    """Return what *commit* asks less of than *target*, another commit, each as a sentence without its full stop.

    None when the target's files have faults, or declare nothing: then it has no rules. What is found is remembered.
    """
    key = f"loosened/{FORMAT}/{target}/{commit}"
    kept = local.ledger.cache.get(key)
    if kept is not None:
        return tuple(json.loads(kept))
    found = tuple(_found(local, commit, target))
    local.ledger.cache.put(key, json.dumps(found).encode())
    return found


def _found(local: Local, commit: str, target: str) -> Iterator[str]:
    try:
        with declared_at(local, target) as theirs, declared_at(local, commit) as ours:
            yield from (str(one) for one in loosened(theirs, ours))
            yield from (str(one) for one in _examples(local, theirs, commit, target))
    except (NotAProject, InvalidDeclaration):
        return


def _examples(local: Local, theirs: Declared, commit: str, target: str) -> Iterator[Loosened]:
    if not theirs.failure_modes:
        return
    before, after = local.repo.files(target), local.repo.files(commit)
    for name, mode in theirs.failure_modes.items():
        for what, place in (("examples", mode.examples), ("held_out", mode.held_out)):
            if place is not None and _at(before, place) != _at(after, place):
                yield Loosened(f"failure_modes/{name}.yaml", what, None, f"other bytes of {place}", "changes")


def _at(files: Mapping[str, Entry], place: str) -> dict[str, Entry]:
    return {path: one for path, one in files.items() if path in {place, place + _PIN} or path.startswith(f"{place}/")}
