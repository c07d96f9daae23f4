"""Read a project afresh: every fault in its files and between them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.read.whole import read_all
from roadworthy.declare.written import gather

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.declare.fault import Fault
    from roadworthy.declare.written import Unreadable


def read_parts(name: str, files: Mapping[str, bytes | Unreadable]) -> tuple[dict[str, object], tuple[Fault, ...]]:
    """Return what the files of the project in a folder called *name* declare, part by part, and every fault."""
    reading = read_all(name, files)
    return reading.parts(), reading.faults


def all_faults(folder: Path) -> tuple[Fault, ...]:
    """Return every fault of the project in *folder*."""
    return read_all(folder.name, gather(folder)).faults
