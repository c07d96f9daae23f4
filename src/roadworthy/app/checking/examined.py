"""A project's declared files read, and held against each other, its folder, its code and its data."""

from __future__ import annotations

from contextlib import closing
from typing import TYPE_CHECKING

from roadworthy.app.checking import code, predicates, stages
from roadworthy.app.local import STATE
from roadworthy.build.pipeline.grammar.expand import PARAMS
from roadworthy.build.pipeline.grammar.values import ValueFiles
from roadworthy.declare import examine
from roadworthy.errors import GitFailed, NotARepository, NotFound
from roadworthy.ledger.index.cache import Cache
from roadworthy.ledger.index.database import Database
from roadworthy.ledger.index.files import FileIndex
from roadworthy.ledger.repo.repository import Repository

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.declare.examine import Examination


def examined(folder: Path) -> Examination:
    """Return what was read of the project in *folder*, with every fault that can be found without running anything."""
    found = examine.examine(folder, _known_to_git(folder))
    with closing(Database(folder / STATE / "index.db")) as index:
        values = ValueFiles(folder, FileIndex(index), Cache(index), {PARAMS: found.reading.params or {}})
        made = stages.make(folder, found.reading, values)
    more = (*made.faults, *code.faults(folder, found.reading, made), *predicates.faults(folder, found.reading))
    # What is told of a place already may be why it is found wrong again.
    told = {(fault.file, fault.line, fault.column) for fault in found.faults}
    return found.with_faults(fault for fault in more if (fault.file, fault.line, fault.column) not in told)


def _known_to_git(folder: Path) -> frozenset[str] | None:
    """Return the files that git tracks in *folder*, or would if they were added; None without git."""
    try:
        return frozenset(Repository.open(folder).tracked(folder, coming=True))
    except (NotARepository, NotFound, GitFailed):
        return None
