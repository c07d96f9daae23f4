"""Read a project afresh: every fault in its files, between them, and in what they say of its folder."""

from __future__ import annotations

import sys
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

from roadworthy.declare.agreement import folder as in_folder
from roadworthy.declare.agreement import project
from roadworthy.declare.read.whole import read_all
from roadworthy.declare.written import gather

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from pathlib import Path

    from roadworthy.declare.fault import Fault
    from roadworthy.declare.read.whole import Reading
    from roadworthy.declare.written import Unreadable


@dataclass(frozen=True, slots=True)
class Examination:
    """What was read of a project: the files, their faults, and what is knowingly not read."""

    files: tuple[str, ...]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]
    reading: Reading

    def with_faults(self, more: Iterable[Fault]) -> Examination:
        """Return this with *more* faults, all in the order of their places."""
        found = sorted((*self.faults, *more), key=partial(_position, self.files))
        return replace(self, faults=tuple(found))


def read_parts(name: str, files: Mapping[str, bytes | Unreadable]) -> tuple[dict[str, object], tuple[Fault, ...]]:
    """Return what the files of the project in a folder called *name* declare, part by part, and every fault."""
    reading = read_all(name, files)
    found = sorted((*reading.faults, *project.faults(reading)), key=partial(_position, tuple(reading.documents)))
    return reading.parts(), tuple(found)


def examine(folder: Path, tracked: frozenset[str] | None = None) -> Examination:
    """Return what was read of the project in *folder*, its pins too, with every fault.

    Args:
        folder: The project's folder.
        tracked: The files in it that git tracks, or would; None when nobody can tell, and then any file will do.
    """
    reading = read_all(folder.absolute().name, gather(folder))
    pins = in_folder.pins(folder)
    found = (
        *reading.faults,
        *project.faults(reading),
        *in_folder.faults(in_folder.Folder(folder, tracked), reading),
        *in_folder.pin_faults(folder, pins),
    )
    files = (*reading.documents, *pins)
    return Examination(files, (), reading.notes, reading).with_faults(found)


def _position(files: tuple[str, ...], fault: Fault) -> tuple[int, int, int]:
    where = files.index(fault.file) if fault.file in files else len(files)
    return where, fault.line or sys.maxsize, fault.column
