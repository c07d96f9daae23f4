"""A table in a few numbers: its rows, and of each column its type, how much is missing, and the mean."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from roadworthy.build.data import query
from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

_FLOATS = ("FLOAT", "DOUBLE")
_WITH_MEAN = (*_FLOATS, "DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
              "UINTEGER", "UBIGINT", "BOOLEAN")  # fmt: skip


@dataclass(frozen=True, slots=True)
class ColumnProfile:
    """One column: its SQL type, the share of its rows that are missing (NaN too), and the mean of numbers."""

    type: str
    missing: float
    mean: float | None


@dataclass(frozen=True, slots=True)
class Profile:
    """A whole table; the columns in their order."""

    rows: int
    columns: Mapping[str, ColumnProfile]


def profile(path: Path) -> Profile:
    """Return the profile of the table in *path*, from one scan.

    Raises:
        NotFound: Nothing is there.
        UsageError: It is no table.
    """
    with query.open_tables({"rows": path}) as connection:
        types = {str(name): str(kind) for name, kind, *_ in connection.execute('DESCRIBE "rows"').fetchall()}
        asked = ["count(*)", *(part for name, kind in types.items() for part in _asked(query.quoted(name), kind))]
        try:
            found = connection.execute(f"SELECT {', '.join(asked)} FROM rows").fetchall()[0]  # noqa: S608 - quoted
        except duckdb.Error as fault:
            raise UsageError(
                f"{path.name} cannot be read as a table: {query.first_line(fault)}", remedy="Make it again."
            ) from fault
    rows = int(found[0])
    columns = {
        name: ColumnProfile(kind, 1 - present / rows if rows else 0.0, _number(mean))
        for (name, kind), present, mean in zip(types.items(), found[1::2], found[2::2], strict=True)
    }
    return Profile(rows, columns)


def _asked(column: str, kind: str) -> tuple[str, str]:
    there = f"{column} IS NOT NULL" + (f" AND NOT isnan({column})" if kind in _FLOATS else "")
    mean = f"avg(CAST({column} AS DOUBLE)) FILTER ({there})" if kind.partition("(")[0] in _WITH_MEAN else "NULL"
    return f"count(*) FILTER ({there})", mean


def _number(value: float | None) -> float | None:
    return None if value is None or not math.isfinite(value) else float(value)
