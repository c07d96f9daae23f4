"""In which of the 28 tests of readiness a change moves its project, and by how much."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.prove.readiness.score import Readiness


@dataclass(frozen=True, slots=True)
class Moved:
    """One test whose score differs, with why it scores no more now (empty where it scores all)."""

    name: str
    before: float
    after: float
    why: str


@dataclass(frozen=True, slots=True)
class ReadinessChange:
    """The score without and with what was executed for the change, and the tests that it moves."""

    before: float
    after: float
    moved: tuple[Moved, ...]


def change_of(before: Readiness, after: Readiness) -> ReadinessChange:
    """Return in what two scores differ."""
    pairs = zip(before.points, after.points, strict=True)
    moved = tuple(
        Moved(f"{new.item.id}: {new.item.title}", old.score, new.score, new.why)
        for old, new in pairs
        if old.score != new.score
    )
    return ReadinessChange(before.score, after.score, moved)
