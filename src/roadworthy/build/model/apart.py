"""Whether a model answers each row by itself, in whatever order and company it is asked about it.

An answer has no names on its rows: a model that sorts, reverses or averages over what it is given returns as many rows
as it was asked for, and each caller gets another one's.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from roadworthy.build.data.table import Bools, Column, Table

_SEED = 1999
_NOISE = 1e-5  # of the largest answer: what sums of 32-bit numbers in another order may differ by


@dataclass(frozen=True, slots=True)
class Stray:
    """A row that got two answers.

    Attributes:
        row: Its place in the rows asked about.
        when: How it was asked the second time: `again` is the very same question.
        before, after: The two answers, of one row each.
    """

    row: int
    when: Literal["alone", "in another order", "again"]
    before: Table
    after: Table


def stray(predict: Callable[[Table], Table], rows: Table, *, alone: int) -> Stray | None:
    """Return a row of *rows* that gets another answer in another order, or by itself; None when none does.

    Args:
        predict: Asks the model.
        rows: At least two rows, which should get different answers.
        alone: How many of them are asked by themselves.

    Raises:
        ModelError: The model does not answer as it declares.
    """
    whole = predict(rows)
    order = _order(len(rows))
    turned = predict(rows.take(order)).take(np.argsort(order))
    found = _first(whole, turned, "in another order", _noise(whole))
    for place in range(min(alone, len(rows))):
        found = found or _alone(predict, rows, whole, place)
    if found is None:
        return None
    return _first(whole, predict(rows), "again", _noise(whole)) or found


def _order(count: int) -> NDArray[np.int64]:
    """Return an order in which no row keeps its place."""
    shuffled = np.random.default_rng(_SEED).permutation(count)
    order = np.empty(count, dtype=np.int64)
    order[shuffled] = np.roll(shuffled, 1)
    return order


def _alone(predict: Callable[[Table], Table], rows: Table, whole: Table, place: int) -> Stray | None:
    here = np.array([place])
    found = _first(whole.take(here), predict(rows.take(here)), "alone", _noise(whole))
    return None if found is None else Stray(place, "alone", found.before, found.after)


def _first(
    before: Table, after: Table, when: Literal["alone", "in another order", "again"], noise: dict[str, float]
) -> Stray | None:
    apart = np.zeros(len(before), dtype=np.bool_)
    for name in before.names:
        apart |= _differs(before[name], after[name], noise[name])
    if not apart.any():
        return None
    row = int(np.argmax(apart))
    return Stray(row, when, before.take(np.array([row])), after.take(np.array([row])))


def _noise(whole: Table) -> dict[str, float]:
    return {
        name: _NOISE * float(np.abs(column.values.astype(np.float64)).max()) if _is_number(column) else 0.0
        for name, column in whole.columns.items()
    }


def _differs(before: Column, after: Column, noise: float) -> Bools:
    if _is_number(before) and _is_number(after):
        far: Bools = np.abs(after.values.astype(np.float64) - before.values.astype(np.float64)) > noise
        return far
    return np.asarray(before.values != after.values, dtype=np.bool_)


def _is_number(column: Column) -> bool:
    return column.values.dtype.kind in "fiu"
