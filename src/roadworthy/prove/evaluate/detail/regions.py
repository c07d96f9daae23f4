"""Regions of the inputs that can be named: a value, an interval, or two of them together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import literal, quoted
from roadworthy.prove.evaluate.scored import numbers

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.build.data.table import Bools, Column, Table

_MOST_VALUES = 30
_FINE = 10  # parts of a number's range from which intervals are made
_WIDEST = 0.6  # share of the rows: a region is a part
_FEW_DISTINCT = 12


@dataclass(frozen=True, slots=True)
class Region:
    """Rows with something in common.

    Attributes:
        columns: The inputs that it speaks of.
        where: The same as SQL.
        rows: Which rows lie in it: shape (n,).
        exact: Whether its bounds were values of text, not cuts in a range.
    """

    columns: tuple[str, ...]
    where: str
    rows: Bools
    exact: bool


def of_table(table: Table, names: Sequence[str], fewest: int) -> tuple[Region, ...]:
    """Return the regions of one input each that hold at least *fewest* rows and no more than three fifths."""
    found = [region for name in names for region in _of_column(name, table[name])]
    most = _WIDEST * len(table)
    return tuple(region for region in found if fewest <= int(region.rows.sum()) <= most)


def both(one: Region, other: Region) -> Region:
    """Return the rows in *one* and in *other*."""
    exact = one.exact and other.exact
    where = f"{one.where} AND {other.where}"
    return Region((*one.columns, *other.columns), where, one.rows & other.rows, exact)


def _of_column(name: str, column: Column) -> Iterator[Region]:
    gone = column.is_missing()
    if gone.any():
        yield Region((name,), f"{quoted(name)} IS NULL", gone, exact=True)
    if column.values.dtype.kind in "Ob":
        yield from _values(name, column, gone)
    elif column.values.dtype.kind in "iuf":
        yield from _intervals(name, column, ~gone)


def _values(name: str, column: Column, gone: Bools) -> Iterator[Region]:
    values = column.values.astype(str)
    listed, counts = np.unique(values[~gone], return_counts=True)
    for value in listed[np.argsort(-counts, kind="stable")][:_MOST_VALUES]:
        said = f"{quoted(name)} = {literal(str(value))}"
        yield Region((name,), said, (values == value) & ~gone, exact=True)


def _intervals(name: str, column: Column, known: Bools) -> Iterator[Region]:
    """Yield every stretch between two cuts: at the tenths of the rows, rounded so that they can be read."""
    values = numbers(column)
    held = values[known]
    distinct = np.unique(held)
    if len(distinct) < 2:  # noqa: PLR2004 - one value has no inside
        return
    if len(distinct) <= _FEW_DISTINCT:
        cuts = distinct
    else:
        cuts = np.unique([float(f"{cut:.4g}") for cut in np.quantile(held, np.linspace(0, 1, _FINE + 1)[:-1])])
    for first, cut in enumerate(cuts):
        low = cut if first else -np.inf
        for last in range(first + 1, len(cuts) + 1):
            high = cuts[last] if last < len(cuts) else np.inf
            inside = known & (values >= low) & (values < high)
            yield Region((name,), _between(name, low, high), inside, exact=False)


def _between(name: str, low: float, high: float) -> str:
    said = [f"{quoted(name)} >= {low:.12g}"] if np.isfinite(low) else []
    said += [f"{quoted(name)} < {high:.12g}"] if np.isfinite(high) else []
    return " AND ".join(said) or f"{quoted(name)} IS NOT NULL"
