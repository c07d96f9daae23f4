"""Whether the parts that a platform stands on work: its databases, the folder of its buckets, its runners."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from sqlalchemy.exc import SQLAlchemyError

from roadworthy.errors import RoadworthyError

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.app.server.platform import Platform

Name = Literal["database", "buckets", "runners"]
_ROOM = 16 << 20  # bytes, without which hardly anything can be kept


@dataclass(frozen=True, slots=True)
class Part:
    """A part of a platform, and how it is: in words that tell a stranger nothing of the machine."""

    name: Name
    works: bool
    says: str


def examine(platform: Platform) -> tuple[Part, ...]:
    """Return how each part is."""
    return (_database(platform), _buckets(platform), _runners(platform))


def _database(platform: Platform) -> Part:
    for what, read in (("index", platform.projects), ("database of accounts", platform.identity.accounts.has_admin)):
        if not _answers(read):
            return Part("database", works=False, says=f"The {what} cannot be read.")
    return Part("database", works=True, says="It is read.")


def _answers(read: Callable[[], object]) -> bool:
    try:
        read()
    except (RoadworthyError, SQLAlchemyError):
        return False
    return True


def _buckets(platform: Platform) -> Part:
    folder = platform.home.bucket("x").parent
    try:
        room = os.statvfs(folder)
    except OSError:
        return Part("buckets", works=False, says="Their folder is not there, or its disk does not answer.")
    if not os.access(folder, os.R_OK | os.W_OK | os.X_OK):
        return Part("buckets", works=False, says="Their folder cannot be written.")
    if room.f_bavail * room.f_frsize < _ROOM:
        return Part("buckets", works=False, says="Their disk is full.")
    return Part("buckets", works=True, says="There is room.")


def _runners(platform: Platform) -> Part:
    failing = [fails for name, fails in platform.processes.failing().items() if name.startswith("runner-")]
    if not failing:
        return Part("runners", works=True, says="There is none on this server.")
    works = len(failing) - sum(failing)
    return Part("runners", works=works > 0, says=f"{works} of {len(failing)} run.")
