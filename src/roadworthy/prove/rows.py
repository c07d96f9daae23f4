"""Rows of a table as JSON, for the examples that a check shows."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.build.data.table import Column, Table

MOST_EXAMPLES = 10
_LONGEST_TEXT = 200
_EXACT = 2**53  # beyond, a JSON number is not exact: it is shown as text


def value(column: Column, row: int) -> object:
    """Return one value as JSON: None when it is missing or not finite, a time as ISO 8601, long text cut."""
    if column.missing is not None and bool(column.missing[row]):
        return None
    found = column.values[row]
    if isinstance(found, np.datetime64):
        return None if np.isnat(found) else str(found).removesuffix(".000000")
    plain = found.item() if isinstance(found, np.generic) else found
    if isinstance(plain, float):
        return plain if math.isfinite(plain) else None
    if isinstance(plain, bool) or (isinstance(plain, int) and abs(plain) <= _EXACT):
        return plain
    return str(plain)[:_LONGEST_TEXT]


def row(table: Table, number: int, names: Sequence[str] | None = None) -> dict[str, object]:
    """Return the row at *number* as column → JSON; of the columns *names* that there are, or of all."""
    wanted = table.names if names is None else [name for name in names if name in table]
    return {name: value(table[name], number) for name in wanted}
