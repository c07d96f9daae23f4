"""Read a project afresh: every fault in its files, between them, and in what they say of its folder."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING

from roadworthy.declare.agreement import folder as in_folder
from roadworthy.declare.agreement import project
from roadworthy.declare.read.whole import read_all
from roadworthy.declare.written import gather

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.declare.fault import Fault
    from roadworthy.declare.written import Unreadable


@dataclass(frozen=True, slots=True)
class Examination:
    """What was read of a project: the files, their faults, and what is knowingly not read."""

    files: tuple[str, ...]
    faults: tuple[Fault, ...]
    notes: tuple[str, ...]


def read_parts(name: str, files: Mapping[str, bytes | Unreadable]) -> tuple[dict[str, object], tuple[Fault, ...]]:
    """Return what the files of the project in a folder called *name* declare, part by part, and every fault."""
    reading = read_all(name, files)
    return reading.parts(), (*reading.faults, *project.faults(reading))


def examine(folder: Path) -> Examination:
    """Return what was read of the project in *folder*, its pins too, with every fault."""
    reading = read_all(folder.absolute().name, gather(folder))
    pins = in_folder.pins(folder)
    found = (
        *reading.faults,
        *project.faults(reading),
        *in_folder.faults(folder, reading),
        *in_folder.pin_faults(folder, pins),
    )
    files = (*reading.documents, *pins)
    return Examination(files, tuple(sorted(found, key=partial(_position, files))), reading.notes)


def _position(files: tuple[str, ...], fault: Fault) -> tuple[int, int, int]:
    where = files.index(fault.file) if fault.file in files else len(files)
    return where, fault.line, fault.column
