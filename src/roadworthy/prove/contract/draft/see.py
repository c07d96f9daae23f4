"""A dataset in numbers, from as few scans as there can be: what a draft is written from and a difference is told by."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from decimal import Decimal
from typing import TYPE_CHECKING, Final, cast

from roadworthy.prove.contract import sql
from roadworthy.prove.contract.structure import is_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from roadworthy.declare.requirements import ColumnType
    from roadworthy.prove.contract.scan import Scan

_TYPES: Final[tuple[ColumnType, ...]] = ("integer", "number", "boolean", "text", "time")
_LISTED = 30  # different texts, at the most, that are listed one by one


@dataclass(frozen=True, slots=True)
class Column:
    """One column as it was seen.

    Attributes:
        kind: Its SQL type.
        type: The declared type that fits; None where none does.
        present: The rows with a value; NaN is none.
        distinct: About how many different values, to a few per cent.
        low, high: The smallest and the largest value of numbers, and of times as ISO 8601; None elsewhere.
        mean: The mean of numbers; the share of true ones.
        values: All different texts, where there are few; else empty.
        lengths: The number of characters of the shortest and of the longest text.
    """

    kind: str
    type: ColumnType | None
    present: int
    distinct: int
    low: float | str | None = None
    high: float | str | None = None
    mean: float | None = None
    values: tuple[str, ...] = ()
    lengths: tuple[int, int] | None = None


@dataclass(frozen=True, slots=True)
class Seen:
    """A whole table; the columns in their order."""

    rows: int
    columns: Mapping[str, Column]

    def missing(self, name: str) -> float:
        """Return the share of rows without a value in the column *name*."""
        return (self.rows - self.columns[name].present) / self.rows if self.rows else 0.0


def see(opened: Scan, view: str = "rows") -> Seen:
    """Return what stands in *view*: two scans, of which the second lists the texts of columns that have few.

    Raises:
        UsageError: It cannot be read.
    """
    types = opened.types(view)
    fits = {name: next((one for one in _TYPES if is_of(kind, one)), None) for name, kind in types.items()}
    asked = [(name, part) for name, kind in types.items() for part in _asked(name, kind, fits[name])]
    answers = iter(opened.measure([("The table", "count(*)"), *((f"`{name}`", part) for name, part in asked)], view))
    rows = _whole(next(answers))
    columns = {}
    for name, kind in types.items():
        columns[name] = _column(kind, fits[name], [next(answers) for _ in _asked(name, kind, fits[name])])
    few = [name for name, one in columns.items() if one.type == "text" and 0 < one.distinct <= _LISTED]
    return Seen(rows, {**columns, **dict(_listed(few, columns, opened, view))})


def _asked(name: str, kind: str, fits: ColumnType | None) -> list[str]:
    column, given = sql.name(name), f"FILTER (NOT ({sql.gone(name, kind)}))"
    common = [sql.present(name, kind), f"approx_count_distinct({column})"]
    match fits:
        case "integer" | "number":
            return [
                *common,
                f"min({column}) {given}",
                f"max({column}) {given}",
                f"avg(CAST({column} AS DOUBLE)) {given}",
            ]
        case "time":
            return [*common, f"CAST(min({column}) AS VARCHAR)", f"CAST(max({column}) AS VARCHAR)"]
        case "boolean":
            return [*common, f"avg(CAST({column} AS DOUBLE))"]
        case "text":
            return [*common, f"min(length({column}))", f"max(length({column}))"]
        case _:
            return common


def _column(kind: str, fits: ColumnType | None, found: Sequence[object]) -> Column:
    for fault in found:
        if isinstance(fault, Exception):
            raise fault
    present, distinct, *more = found
    seen = Column(kind, fits, _whole(present), _whole(distinct))
    match fits:
        case "integer" | "number":
            low, high, mean = (_number(value) for value in more)
            return replace(seen, low=low, high=high, mean=mean)
        case "time" if more[0] is not None:
            return replace(seen, low=str(more[0]), high=str(more[1]))
        case "boolean":
            return replace(seen, mean=_number(more[0]))
        case "text" if more[0] is not None:
            return replace(seen, lengths=(_whole(more[0]), _whole(more[1])))
        case _:
            return seen


def _listed(few: Sequence[str], columns: Mapping[str, Column], opened: Scan, view: str) -> Iterator[tuple[str, Column]]:
    asked = [
        (f"`{name}`", f"list(DISTINCT CAST({sql.name(name)} AS VARCHAR)) FILTER ({sql.name(name)} IS NOT NULL)")
        for name in few
    ]
    for name, found in zip(few, opened.measure(asked, view), strict=True):
        one = columns[name]
        if isinstance(found, list):
            values = tuple(sorted(cast("list[str]", found)))
            yield name, replace(one, distinct=len(values), values=values)


def _whole(value: object) -> int:
    if isinstance(value, Exception):
        raise value
    return int(cast("int", value))


def _number(value: object) -> float | None:
    """Return a finite number; whole ones as such."""
    if isinstance(value, int) and not isinstance(value, bool):
        return value
    if not isinstance(value, float | Decimal) or not math.isfinite(value):
        return None
    return float(value)
