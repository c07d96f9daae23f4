"""What a model answered, held against what it declares: length, columns, their order and types, and NaN."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.table import Column, Table
from roadworthy.errors import BadPrediction

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.declare.requirements import ColumnType, OutputRule

_REMEDY = "Mend what `predict` returns: one row for each input row, in their order, with exactly the declared outputs."
# The kinds of array that each declared type may come as.
_KINDS: dict[ColumnType, str] = {"number": "fib", "integer": "i", "text": "O", "boolean": "b", "time": "M"}
_SHOWN = 20  # columns in a message
_CALLED = {"f": "numbers", "i": "integers", "O": "text", "b": "booleans", "M": "times"}


def check(
    answer: Sequence[tuple[str, Column]], rows: int, outputs: Mapping[str, OutputRule], *, first: int = 0
) -> Table:
    """Return the answer as a table of the declared outputs, numbers as float64.

    Args:
        answer: The columns as they came.
        rows: How many rows were asked about.
        outputs: What is declared; when it is empty, any columns will do.
        first: The number of the first of the rows, where they are part of more.

    Raises:
        BadPrediction: Anything is wrong; the problem names the column, and the row where there is one.
    """
    names = [name for name, _ in answer]
    _check_columns(names, list(outputs) or names)
    table = {}
    for name, column in answer:
        if len(column) != rows:
            raise BadPrediction(f"`predict` returned {len(column)} rows for {rows} rows of input.", remedy=_REMEDY)
        table[name] = _typed(name, column, outputs[name].type if name in outputs else None)
        _check_missing(name, table[name], first)
    return Table(table)


def _check_columns(names: list[str], wanted: list[str]) -> None:
    if names == wanted and names and len(set(names)) == len(names):
        return
    if sorted(names) == sorted(wanted) and names:
        problem = f"`predict` returned its columns in another order: {_listed(names)} instead of {_listed(wanted)}."
    else:
        problem = f"`predict` returned the columns {_listed(names)} instead of {_listed(wanted)}."
    raise BadPrediction(problem, remedy=_REMEDY)


def _listed(names: list[str]) -> str:
    shown = [f"`{name[:80]}`" for name in names[:_SHOWN]]
    return ", ".join([*shown, "…"] if len(names) > _SHOWN else shown) or "(none)"


def _typed(name: str, column: Column, wanted: ColumnType | None) -> Column:
    kind = column.values.dtype.kind
    if wanted is None:
        return column
    if not column.is_missing().all() and kind not in _KINDS[wanted]:
        raise BadPrediction(
            f"`predict` returned {_CALLED.get(kind, kind)} in the column `{name}`, which is declared as {wanted}.",
            remedy=_REMEDY,
        )
    return Column(column.values.astype(np.float64), column.missing) if wanted == "number" and kind in "ib" else column


def _check_missing(name: str, column: Column, since: int) -> None:
    bad, called = column.is_missing(), "NaN" if column.values.dtype.kind == "f" else "nothing"
    if column.values.dtype.kind == "f" and not bad.any():
        bad, called = np.isinf(column.values.astype(np.float64)), "infinity"
    if bad.any():
        first, count = int(np.argmax(bad)), int(bad.sum())
        raise BadPrediction(
            f"`predict` returned {called} in the column `{name}` at row {since + first}, "
            f"and in {count} of {len(bad)} rows.",
            remedy="Mend the model so that it answers every row that is in scope, or refuse such rows in its scope.",
        )
