"""Whether a changed input changed the answer as it should: row by row, over the rows that the change altered."""

from __future__ import annotations

from typing import TYPE_CHECKING, Literal

import numpy as np

from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from roadworthy.build.data.table import Bools, Column, Floats, Table

_ROUNDING = 1e-9  # a difference that adding the same numbers in another order can make
Direction = Literal["not_lower", "not_higher", "higher", "lower"]


def directional(before: Column, after: Column, expect: str | None) -> Bools:
    """Return in which rows the output moved (or stayed) as *expect* says: not_lower | not_higher | higher | lower.

    Raises:
        UsageError: *expect* is none of these.

    Source:
        Ribeiro, Wu, Guestrin and Singh (2020), "Beyond Accuracy: Behavioral Testing of NLP Models with CheckList":
        directional expectation tests.
    """
    moved = _floats(after) - _floats(before)
    match expect:
        case "not_lower":
            return moved >= -_ROUNDING
        case "not_higher":
            return moved <= _ROUNDING
        case "higher":
            return moved > _ROUNDING
        case "lower":
            return moved < -_ROUNDING
        case _:
            raise UsageError(
                f"A directional test expects {expect!r}, which is no direction.",
                remedy="Write one of: not_lower, not_higher, higher, lower.",
            )


def invariance(before: Table, after: Table, within: float | None) -> Bools:
    """Return in which rows no output moved by more than *within* (0 by default); text and classes may not move at all.

    Source:
        Ribeiro et al. (2020), as above: invariance tests.
    """
    return distance(before, after) <= (within or 0.0) + _ROUNDING


def distance(before: Table, after: Table) -> Floats:
    """Return how far each row's outputs moved: the largest absolute change; infinite where text changed."""
    furthest = np.zeros(len(before))
    for name in before.names:
        was, now = before[name].values, after[name].values
        if was.dtype.kind in "biuf" and now.dtype.kind in "biuf":
            moved = np.abs(now.astype(np.float64) - was.astype(np.float64))
        else:
            moved = np.where(np.asarray(was != now, dtype=np.bool_), np.inf, 0.0)
        furthest = np.maximum(furthest, moved)
    return furthest


def _floats(column: Column) -> Floats:
    if column.values.dtype.kind not in "biuf":
        raise UsageError(
            f"A directional test needs an output that is a number, but it holds {column.values.dtype}.",
            remedy="Use an invariance or minimum_functionality test for it.",
        )
    return column.values.astype(np.float64)
