"""Asking a model that may refuse some of the rows: it answers the others, and those are told apart."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.table import Table
from roadworthy.errors import ModelError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from roadworthy.build.data.table import Bools
    from roadworthy.prove.behaviour.vacuous import Predict

_MOST_SPLITS = 64  # questions asked to find the rows that a model refuses


@dataclass(frozen=True, slots=True)
class Said:
    """What a model said of rows, as far as it answered.

    Attributes:
        answers: Its answers to the rows that it answered, in their order.
        answered: Which rows those are: shape (n,).
        fault: What it said of the first row that it did not answer.
    """

    answers: Table
    answered: Bools
    fault: str = ""


def ask(predict: Predict, rows: Table) -> Said:
    """Return what a model says of *rows*; where it refuses a table, the rows that it refuses are sought by halving."""
    answered = np.zeros(len(rows), dtype=np.bool_)
    found: dict[int, Table] = {}
    fault, asked = "", 0
    waiting: list[NDArray[np.int64]] = [np.arange(len(rows))]
    while waiting:
        part = waiting.pop()
        asked += 1
        try:
            found[int(part[0]) if len(part) else 0] = predict(rows.take(part))
            answered[part] = True
        except ModelError as error:
            fault = fault or str(error)
            if len(part) > 1 and asked < _MOST_SPLITS:
                half = len(part) // 2
                waiting += [part[half:], part[:half]]
    parts = [found[first] for first in sorted(found)]
    return Said(_joined(parts), answered, fault)


def _joined(parts: list[Table]) -> Table:
    from_parts = parts[0].names if parts else ()
    return Table(
        {name: type(parts[0][name])(np.concatenate([part[name].values for part in parts])) for name in from_parts}
    )
