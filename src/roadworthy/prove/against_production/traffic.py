"""Requests that production answered, asked of both: how many would be decided otherwise; their truth is unknown."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.prove.against_production.breakdown import decided
from roadworthy.prove.evaluate.decision import cutoff
from roadworthy.prove.evaluate.scored import numbers

if TYPE_CHECKING:
    from roadworthy.build.data.table import Bools, Floats, Table
    from roadworthy.prove.against_production.explain import Both
    from roadworthy.prove.against_production.field import Field
    from roadworthy.prove.measures import Traffic

MOST_ROWS = 2_000
_SURE = 1.96


def look_at(both: Both, field: Field, rows: Table, since: str, tolerance: float | None) -> Traffic | None:
    """Return how many of the requests *rows* the candidate decides otherwise than production; None without rows.

    A share of the best-scored rows says nothing of a few requests, so the cutoffs that it gave among the rows of
    comparison are used; of numbers, those count that differ by more than *tolerance* of production's.

    Raises:
        ModelError: A model does not answer as it declares.

    Source:
        Wilson (1927), "Probable Inference, the Law of Succession, and Statistical Inference": the interval.
    """
    if not len(rows):
        return None
    was, now = both.production(rows), both.candidate(rows)
    changed = int(_changed(field, was, now, tolerance).sum())
    low, high = _wilson(changed, len(rows))
    return {"rows": len(rows), "since": since, "changed": changed, "low": low, "high": high}


def _changed(field: Field, was: Table, now: Table, tolerance: float | None) -> Bools:
    if field.task == "multiclass":
        nothing = np.zeros(0)
        differs: Bools = decided(field, was, nothing) != decided(field, now, nothing)
        return differs
    before, after = numbers(was[was.names[0]]), numbers(now[now.names[0]])
    if field.task == "regression":
        apart: Bools = np.abs(after - before) > (tolerance or 0.0) * np.abs(before)
        return apart
    flagged: Bools = _flagged(before, field.production.score, field.production.decided)
    other: Bools = flagged != _flagged(after, field.candidate.score, field.candidate.decided)
    return other


def _flagged(said: Floats, score: Floats, decided_: Floats) -> Bools:
    lowest = cutoff(score, decided_ == 1.0)
    flagged: Bools = said >= (math.inf if lowest is None else lowest)
    return flagged


def _wilson(hits: int, rows: int) -> tuple[float, float]:
    share, squared = hits / rows, _SURE**2
    middle, below = share + squared / (2 * rows), 1 + squared / rows
    width = _SURE * math.sqrt(share * (1 - share) / rows + squared / (4 * rows**2))
    return max(0.0, (middle - width) / below), min(1.0, (middle + width) / below)
