"""A table of rows as columns: what crosses from files to tests, models, and back."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]
Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Column:
    """Values of one column, shape (n,): bool, int64, float64, datetime64[us] or object (str).

    Where `missing` is true, the value is meaningless (0, NaN, ""). None means nothing is missing.
    """

    values: NDArray[np.generic]
    missing: Bools | None = None

    def __len__(self) -> int:
        return len(self.values)

    def take(self, rows: NDArray[np.generic]) -> Column:
        """Return the values at *rows*: indices, or a mask of shape (n,)."""
        return Column(self.values[rows], None if self.missing is None else self.missing[rows])

    def part(self, low: int, high: int) -> Column:
        """Return the values from *low* up to *high*, without copying them."""
        return Column(self.values[low:high], None if self.missing is None else self.missing[low:high])

    def is_missing(self) -> Bools:
        """Return which values are missing, NaN included: shape (n,)."""
        mask = np.zeros(len(self.values), dtype=np.bool_) if self.missing is None else self.missing
        if self.values.dtype.kind == "f":
            mask = mask | np.isnan(self.values.astype(np.float64))
        return mask


@dataclass(frozen=True, slots=True)
class Table:
    """Columns of one length, in order."""

    columns: Mapping[str, Column]

    def __len__(self) -> int:
        return len(next(iter(self.columns.values()), ()))

    def __getitem__(self, name: str) -> Column:
        return self.columns[name]

    def __contains__(self, name: object) -> bool:
        return name in self.columns

    @property
    def names(self) -> tuple[str, ...]:
        """The columns' names, in order."""
        return tuple(self.columns)

    def take(self, rows: NDArray[np.generic]) -> Table:
        """Return the rows at *rows*: indices, or a mask of shape (n,)."""
        return Table({name: column.take(rows) for name, column in self.columns.items()})

    def part(self, low: int, high: int) -> Table:
        """Return the rows from *low* up to *high*, without copying them."""
        return Table({name: column.part(low, high) for name, column in self.columns.items()})

    def select(self, names: Sequence[str]) -> Table:
        """Return the columns *names*, in that order.

        Raises:
            KeyError: A column is not there.
        """
        return Table({name: self.columns[name] for name in names})

    def with_column(self, name: str, column: Column) -> Table:
        """Return this table with *column* added or put in place of the one of that name."""
        return Table({**self.columns, name: column})
