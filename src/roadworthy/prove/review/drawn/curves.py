"""What a decision would do at every threshold: how much is flagged, found, wrongly flagged and missed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from roadworthy.prove.evaluate.scored import Scored

_POINTS = 60


@dataclass(frozen=True, slots=True)
class Point:
    """One threshold: the lowest score that is flagged, and shares of all rows.

    `found`: rightly flagged; `wrong`: wrongly flagged; `missed`: to be flagged, and not.
    """

    threshold: float
    flagged: float
    found: float
    wrong: float
    missed: float

    @property
    def precision(self) -> float | None:
        """The share of what is flagged that is flagged rightly."""
        return self.found / self.flagged if self.flagged else None

    @property
    def recall(self) -> float | None:
        """The share of what is to be flagged that is."""
        return self.found / (self.found + self.missed) if self.found + self.missed else None


@dataclass(frozen=True, slots=True)
class Curve:
    """What a decision would do at about sixty thresholds, the highest first; `now`: at the declared decision."""

    points: tuple[Point, ...]
    now: Point | None = None


def curve(scored: Scored) -> Curve | None:
    """Return the curve of answers to yes or no; None for other tasks, and without rows of both kinds."""
    rows = len(scored)
    decided, truth = scored.decided, scored.truth
    if not rows or not np.isin(decided, (0.0, 1.0)).all() or not np.isin(truth, (0.0, 1.0)).all():
        return None
    if truth.min() == truth.max():
        return None
    order = np.argsort(-scored.score, kind="stable")
    score, late = scored.score[order], truth[order]
    found = np.cumsum(late)
    # A threshold flags all rows of one score or none: only the last of equal scores is a place to stop.
    ends = np.flatnonzero(np.append(score[1:] != score[:-1], True))
    chosen = ends[np.unique(np.linspace(0, len(ends) - 1, min(_POINTS, len(ends))).round().astype(np.int64))]

    def point(at: int) -> Point:
        right = float(found[at])
        return Point(
            float(score[at]), (at + 1) / rows, right / rows, (at + 1 - right) / rows, (float(found[-1]) - right) / rows
        )

    flagged = decided == 1.0
    right = float((flagged & (truth == 1.0)).sum())
    many = float(flagged.sum())
    now = Point(
        float(scored.score[flagged].min()) if many else float("inf"),
        many / rows, right / rows, (many - right) / rows, (float(found[-1]) - right) / rows,
    )  # fmt: skip
    return Curve(tuple(point(int(at)) for at in chosen), now)
