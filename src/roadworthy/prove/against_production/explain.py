"""Which inputs explain why the candidate answers otherwise than production: of a row, and of the broken rows together.

An input's part in a row's change is how much less the two models differ there once the input is set to an ordinary
value in the question to both. An input that one of the two no longer heeds, or heeds otherwise, carries the change; one
that both take alike carries none.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.table import Column, Table
from roadworthy.prove.evaluate.scored import numbers

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.build.data.table import Floats, Integers
    from roadworthy.declare.requirements import Task
    from roadworthy.prove.behaviour.vacuous import Predict
    from roadworthy.prove.measures import Pull

_MOST_ROWS = 200
_MOST_ASKED = 40_000  # questions to each model
_AT_ONCE = 5_000
_TOLD = 5
_LEAST = 0.05  # of the change: less is not told
_NONE = 1e-12


@dataclass(frozen=True, slots=True)
class Both:
    """The two models, as they are asked, and which columns at least one of them is given."""

    production: Predict
    candidate: Predict
    inputs: tuple[str, ...]
    task: Task


@dataclass(frozen=True, slots=True)
class Pulls:
    """Parts of the change: *each* of shape (rows, inputs), *change* of shape (rows,); candidate minus production."""

    inputs: tuple[str, ...]
    each: Floats
    change: Floats

    def of_row(self, number: int) -> list[Pull]:
        """Return the inputs that carry the change of one row, the heaviest first, as shares of it."""
        change = float(self.change[number])
        return [] if abs(change) < _NONE else self._told(self.each[number] / change)

    def together(self) -> list[Pull]:
        """Return the inputs that carry the changes of all rows, the heaviest first, as shares of all change."""
        whole = float(np.abs(self.change).sum())
        if whole < _NONE:
            return []
        signed = np.sign(self.change)[:, None] * self.each
        return self._told(signed.sum(axis=0) / whole)

    def _told(self, shares: Floats) -> list[Pull]:
        order = np.argsort(-shares, kind="stable")[:_TOLD]
        return [{"input": self.inputs[at], "share": float(shares[at])} for at in order if shares[at] >= _LEAST]


def explain(both: Both, rows: Table, label: str, chosen: Sequence[int]) -> Pulls:
    """Return what carries the change on the rows *chosen* among *rows*.

    An ordinary value is the median of the known numbers of *rows*, and the most frequent value of anything else.

    Raises:
        ModelError: A model does not answer as it declares.

    Source:
        Robnik-Šikonja and Kononenko (2008), "Explaining Classifications for Individual Instances": the difference that
        an attribute's value makes; here of the difference between two models.
    """
    few = rows.take(np.asarray(chosen, dtype=np.int64))
    change = _apart(both, few, label)
    step = max(1, _AT_ONCE // max(1, len(few)))
    parts = [
        _without(both, few, label, {name: _ordinary(rows[name], len(few)) for name in both.inputs[at : at + step]})
        for at in range(0, len(both.inputs), step)
    ]
    each: Floats = (change[None, :] - np.concatenate(parts)).T
    return Pulls(both.inputs, each, change)


def _without(both: Both, few: Table, label: str, ordinary: Mapping[str, Column]) -> Floats:
    """Return how far the models differ on *few* with each of the inputs set to *ordinary*: shape (inputs, rows)."""
    count = len(few)
    asked = few.take(np.tile(np.arange(count), len(ordinary)))
    for at, (name, column) in enumerate(ordinary.items()):
        asked = asked.with_column(name, _put(asked[name], column, at * count))
    return _apart(both, asked, label).reshape(len(ordinary), count)


def _apart(both: Both, asked: Table, label: str) -> Floats:
    return _said(both, asked, label, both.candidate) - _said(both, asked, label, both.production)


def choose(broken: Integers, shown: Sequence[int], inputs: int) -> list[int]:
    """Return which broken rows are looked into: those that are *shown*, and others evenly over the table.

    The more *inputs* there are, the fewer rows: both models are asked about each input of each row.
    """
    others = [int(at) for at in broken if int(at) not in set(shown)]
    room = max(0, min(_MOST_ROWS, _MOST_ASKED // max(1, inputs)) - len(shown))
    step = max(1, -(-len(others) // room)) if room else 1
    return [*shown, *others[::step][:room]]


def _said(both: Both, asked: Table, label: str, predict: Predict) -> Floats:
    """Return one number a row: the score; of classes, the chance of the true one (or whether it was said)."""
    said = predict(asked)
    if both.task != "multiclass":
        return numbers(said[said.names[0]])
    truth = asked[label].values.astype(str)
    if len(said.names) == 1:
        same: Floats = (said[said.names[0]].values.astype(str) == truth).astype(np.float64)
        return same
    chances = np.stack([numbers(said[name]) for name in said.names], axis=1)
    of_truth: Floats = (chances * (np.asarray(said.names)[None, :] == truth[:, None])).sum(axis=1)
    return of_truth


def _ordinary(column: Column, count: int) -> Column:
    known = column.values[~column.is_missing()]
    if not len(known):
        return column.take(np.zeros(count, dtype=np.int64))
    if known.dtype.kind in "iuf":
        middle = np.sort(known)[len(known) // 2]
    else:
        names, counts = np.unique(known.astype(str) if known.dtype.kind == "O" else known, return_counts=True)
        middle = names[counts.argmax()]
    values = np.full(count, str(middle) if known.dtype.kind == "O" else middle, dtype=column.values.dtype)
    return Column(values, None)


def _put(column: Column, ordinary: Column, start: int) -> Column:
    values, gone = column.values.copy(), column.is_missing()
    values[start : start + len(ordinary)] = ordinary.values
    gone[start : start + len(ordinary)] = ordinary.is_missing()
    return Column(values, gone if gone.any() else None)
