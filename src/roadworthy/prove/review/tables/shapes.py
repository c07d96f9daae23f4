"""How the values of a column lie before and now: shares of rows, in the same bins for both."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.build.data.query import quoted
from roadworthy.prove.review.text import number, visible

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    import duckdb

_BINS = 20
_NAMES = 8
_MOST = 12  # columns that are drawn
_LOOKED = 60  # columns that are looked into
_LEAST = 0.002  # of the rows: what lies less otherwise is not told
_NUMBERS = (
    "FLOAT", "DOUBLE", "DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT", "USMALLINT",
    "UINTEGER", "UBIGINT",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Shape:
    """A column's values in bins, or by name: shares of all rows on each side, missing ones last.

    `moved`: the share of rows that lie in other bins than before, in [0, 1]: half the sum of the differences.
    """

    name: str
    labels: tuple[str, ...]
    before: tuple[float, ...]
    after: tuple[float, ...]

    @property
    def moved(self) -> float:
        """How much lies otherwise, in [0, 1]."""
        return sum(abs(new - old) for old, new in zip(self.before, self.after, strict=True)) / 2


def shapes(connection: duckdb.DuckDBPyConnection, types: Mapping[str, str], *, rows_shown: bool) -> tuple[Shape, ...]:
    """Return the columns of the tables `old` and `new` whose values lie otherwise, what moved most first.

    Columns of text are told of only where values of rows may be shown.

    Source:
        The distance is the total variation distance of the two binned distributions.
    """
    found = []
    for name, kind in list(types.items())[:_LOOKED]:
        if kind.partition("(")[0] in _NUMBERS:
            shape = _of_numbers(connection, name)
        elif kind == "BOOLEAN" or (kind == "VARCHAR" and rows_shown):
            shape = _of_names(connection, name)
        else:
            continue
        if shape is not None and shape.moved >= _LEAST:
            found.append(shape)
    return tuple(sorted(found, key=lambda one: -one.moved)[:_MOST])


def _of_numbers(connection: duckdb.DuckDBPyConnection, name: str) -> Shape | None:
    value = f"CAST({quoted(name)} AS DOUBLE)"
    ends = connection.execute(
        f"SELECT quantile_cont(v, 0.005), quantile_cont(v, 0.995) FROM (SELECT {value} AS v FROM old UNION ALL "  # noqa: S608
        f"SELECT {value} FROM new) WHERE isfinite(v)"
    ).fetchall()[0]
    if ends[0] is None:
        return None
    low, high = float(ends[0]), float(ends[1])
    step = (high - low) / _BINS or 1.0
    place = f"CASE WHEN {value} IS NULL OR NOT isfinite({value}) THEN {_BINS} ELSE least({_BINS - 1}, greatest(0, "
    place += f"CAST(floor(({value} - {low!r}) / {step!r}) AS BIGINT))) END"
    sides = [_counted(connection, place, table) for table in ("old", "new")]
    labels = [f"{number(low + at * step, 3)} to {number(low + (at + 1) * step, 3)}" for at in range(_BINS)]
    return _shape(name, [*labels, "missing"], sides, range(_BINS + 1))


def _of_names(connection: duckdb.DuckDBPyConnection, name: str) -> Shape | None:
    value = f"CAST({quoted(name)} AS VARCHAR)"
    sides = [_counted(connection, f"coalesce({value}, '\N{BULLET} missing')", table) for table in ("old", "new")]
    together = {key: sum(side.get(key, 0) for side in sides) for key in {*sides[0], *sides[1]}}
    missing = "\N{BULLET} missing"
    ranked = sorted((key for key in together if key != missing), key=lambda key: (-together[key], str(key)))
    shown, rest = ranked[:_NAMES], ranked[_NAMES:]
    for side in sides:
        side["\N{BULLET} others"] = sum(side.pop(key, 0) for key in rest)
    keys = [*shown, *(["\N{BULLET} others"] if rest else []), missing]
    return _shape(name, [visible(str(key).removeprefix("\N{BULLET} "), 30) for key in keys], sides, keys)


def _counted(connection: duckdb.DuckDBPyConnection, place: str, table: str) -> dict[object, int]:
    rows = connection.execute(f"SELECT {place}, count(*) FROM {table} GROUP BY 1").fetchall()  # noqa: S608
    return {at: int(many) for at, many in rows}


def _shape(
    name: str, labels: Sequence[str], sides: Sequence[Mapping[object, int]], keys: Sequence[object] | range
) -> Shape | None:
    sums = [sum(side.values()) for side in sides]
    if not all(sums):
        return None
    before, after = (tuple(side.get(key, 0) / whole for key in keys) for side, whole in zip(sides, sums, strict=True))
    return Shape(name, tuple(labels), before, after)
