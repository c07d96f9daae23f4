"""The score: what was executed within the age limit, by the rule of the ML Test Score."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.prove.readiness.catalogue import SECTIONS, items

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime, timedelta

    from roadworthy.prove.readiness.catalogue import Item, Section

HAND = "hand:"
_BY_HAND, _AUTOMATED = 0.5, 1.0
_REPEATED = 2  # commits on which the same was executed


@dataclass(frozen=True, slots=True)
class Executed:
    """Something that was executed, and what came of it.

    Attributes:
        what: Which evidence it is: `check:data`, `review` …; `hand:ID` for what a person did.
        record: Where it is kept.
        at: When.
        of: The commit, or what else it was of: executions of different ones show that it is done again and again.
        good: Whether it came out well.
        said: What it says, in a few words.
        automatic: Whether a machine does it on every occasion, without being asked.
    """

    what: str
    record: str
    at: datetime
    of: str
    good: bool
    said: str
    automatic: bool = False


@dataclass(frozen=True, slots=True)
class Point:
    """What one of the 28 tests scores, and why.

    Attributes:
        item: The test.
        score: 0, 0.5 or 1.
        evidence: What it rests on, the newest of each; none for 0.
        why: Why it scores no more, in a sentence; empty for 1.
    """

    item: Item
    score: float
    evidence: tuple[Executed, ...]
    why: str


@dataclass(frozen=True, slots=True)
class Readiness:
    """The points, the sums of the sections, and the score: their minimum."""

    points: tuple[Point, ...]
    sections: dict[Section, float]

    @property
    def score(self) -> float:
        """The minimum of the four sections: a system is as ready as its weakest part."""
        return min(self.sections.values())

    @property
    def next(self) -> Point | None:
        """The best next step: in the weakest section, the test that something automatic can be done for, first."""
        weakest = min(SECTIONS, key=lambda section: self.sections[section])
        open_ = [point for point in self.points if point.item.section == weakest and point.score < _AUTOMATED]
        return max(open_, key=lambda point: (bool(point.item.evidence), -point.score), default=None)


def readiness(executed: Sequence[Executed], now: datetime, limit: timedelta) -> Readiness:
    """Return the score of what was *executed* not longer ago than *limit*.

    A test that was done by hand, with its result written down, scores 0.5; one that is done again and again without a
    person (on at least two commits, or by a machine on every occasion) scores 1. What came out badly when it was last
    done scores nothing. That a file is there scores nothing either.

    Source:
        Breck et al. (2017), as in `catalogue`: section V, "Computing an ML Test Score".
    """
    fresh = [one for one in executed if now - one.at <= limit]
    stale = {one.what for one in executed} - {one.what for one in fresh}
    points = tuple(_point(item, fresh, stale) for item in items())
    sums = {section: sum(point.score for point in points if point.item.section == section) for section in SECTIONS}
    return Readiness(points, sums)


def _point(item: Item, fresh: Sequence[Executed], stale: set[str]) -> Point:
    by_hand = _newest(fresh, f"{HAND}{item.id}")
    found = [_newest(fresh, what) for what in item.evidence]
    lacking = [what for what, one in zip(item.evidence, found, strict=True) if one is None]
    bad = [one for one in found if one is not None and not one.good]
    if bad:
        return Point(item, 0.0, tuple(bad), f"When it was last done, it came out badly: {bad[0].said}")
    whole = tuple(one for one in found if one is not None)
    if not item.evidence or lacking:
        if by_hand is not None:
            return Point(item, _BY_HAND, (by_hand,), "It was done by hand.")
        old = " What there is, is too old." if stale & {*item.evidence, f"{HAND}{item.id}"} else ""
        return Point(item, 0.0, (), f"It was not done.{old}")
    if all(_repeated(fresh, one) for one in whole):
        return Point(item, _AUTOMATED, whole, "")
    return Point(item, _BY_HAND, whole, "It was done once: done again at another commit, it counts as automated.")


def _newest(fresh: Sequence[Executed], what: str) -> Executed | None:
    return max((one for one in fresh if one.what == what), key=lambda one: (one.at, not one.good), default=None)


def _repeated(fresh: Sequence[Executed], one: Executed) -> bool:
    of = {other.of for other in fresh if other.what == one.what and other.good}
    return one.automatic or len(of) >= _REPEATED
