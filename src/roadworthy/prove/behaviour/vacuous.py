"""Tests that cannot fail: a change of what the model does not read, an expectation that a constant meets.

See docs/decisions/0005-a-test-that-cannot-fail-counts-as-failed.md.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.table import Column, Table
from roadworthy.prove.behaviour.judge import distance

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

Predict = Callable[[Table], Table]
_SEED = 1984
_SAMPLE = 10_000  # rows tried first: what a model reads shows in few


def reads(columns: Sequence[str], rows: Table, answers: Table, predict: Predict) -> bool:
    """Whether the model's answers depend on *columns* together, other inputs being as they are.

    The columns' values are shuffled among the rows, all by one permutation, so that they stay values that occur; if no
    answer changes, neither in a sample nor among all rows, the model does not read them here.

    Source:
        Breiman (2001), "Random Forests", section 10: a variable's values permuted among the rows; here any change of
        any answer counts, not a loss of accuracy.
    """
    order = np.random.default_rng(_SEED).permutation(len(rows))
    if len(rows) > _SAMPLE and _moves(columns, rows, answers, order[:_SAMPLE], predict):
        return True
    return _moves(columns, rows, answers, order, predict)


def _moves(columns: Sequence[str], rows: Table, answers: Table, order: NDArray[np.int64], predict: Predict) -> bool:
    shuffled = rows.take(order)
    turned = np.roll(np.arange(len(order)), 1)  # no row keeps its own values
    for name in columns:
        shuffled = shuffled.with_column(name, shuffled[name].take(turned))
    return bool((distance(answers.take(order), predict(shuffled)) > 0).any())


def constant(answers: Table) -> Table:
    """Return what a model that ignores its inputs would say to the same rows: the mean, or the commonest text."""
    return Table({name: _constant(column) for name, column in answers.columns.items()})


def _constant(column: Column) -> Column:
    if column.values.dtype.kind in "biuf":
        return Column(np.full(len(column), column.values.astype(np.float64).mean() if len(column) else 0.0))
    names, counts = np.unique(column.values.astype(str), return_counts=True)
    said = np.empty(len(column), dtype=object)
    said[:] = str(names[counts.argmax()]) if len(names) else ""
    return Column(said)
