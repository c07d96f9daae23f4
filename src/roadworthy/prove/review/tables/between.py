"""The rows of two tables by their key: which came, went and changed, and in which columns."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from typing import TYPE_CHECKING

import duckdb

from roadworthy.build.data import query
from roadworthy.build.data.query import quoted
from roadworthy.errors import UsageError
from roadworthy.prove.review.tables.shapes import Shape, shapes
from roadworthy.prove.review.text import plain

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_EXAMPLES, _TOLD = 5, 3
_COLUMNS = 200
_MEMORY = 1 << 30
_THERE = quoted("\N{BULLET} is there")  # a name that no column has


@dataclass(frozen=True, slots=True)
class Keyed:
    """Rows by their key: how many came, went and changed, in which columns; `examples` where rows are shown."""

    added: int
    removed: int
    changed: int
    same: int
    by_column: tuple[tuple[str, int], ...] = ()
    examples: tuple[Mapping[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Between:
    """Two versions of a table: rows by key, or why not; and the columns whose values lie otherwise, the most first."""

    keyed: Keyed | None
    why_not: str
    shapes: tuple[Shape, ...]


def between(before: Path, after: Path, key: Sequence[str], *, rows_shown: bool) -> Between:
    """Return in what two tables differ.

    Args:
        before: The older one.
        after: The newer one.
        key: The columns that name a row.
        rows_shown: Whether values of rows may be shown.

    Raises:
        NotFound: Nothing is there.
        UsageError: It is no table.
    """
    with query.open_tables({"old": before, "new": after}, memory=_MEMORY) as connection, _told():
        types = [_types(connection, table) for table in ("old", "new")]
        shared = [name for name in types[1] if name in types[0]][:_COLUMNS]
        lacking = [name for name in key if name not in shared]
        why_not = "it has no key" if not key else f"{lacking[0]} is not in both" if lacking else ""
        why_not = why_not or _repeated(connection, key)
        keyed = None if why_not else _keyed(connection, key, shared, types, rows_shown=rows_shown)
        kinds = {name: types[1][name] for name in shared if types[0][name] == types[1][name]}
        return Between(keyed, why_not, shapes(connection, kinds, rows_shown=rows_shown))


@contextlib.contextmanager
def _told() -> Iterator[None]:
    try:
        yield
    except duckdb.Error as fault:
        said = query.first_line(fault)
        raise UsageError(f"The two cannot be compared: {said}", remedy="Write both with the same types.") from fault


def _types(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, str]:
    return {str(name): str(kind) for name, kind, *_ in connection.execute(f"DESCRIBE {table}").fetchall()}


def _repeated(connection: duckdb.DuckDBPyConnection, key: Sequence[str]) -> str:
    named = ", ".join(map(quoted, key))
    for table, when in (("old", "before"), ("new", "now")):
        asked = f"SELECT count(*), count(DISTINCT ({named})) FROM {table}"  # noqa: S608 - quoted
        rows, keys = connection.execute(asked).fetchall()[0]
        if rows != keys:
            return f"a key stands there more than once {when}"
    return ""


def _keyed(
    connection: duckdb.DuckDBPyConnection,
    key: Sequence[str],
    shared: Sequence[str],
    types: Sequence[Mapping[str, str]],
    *,
    rows_shown: bool,
) -> Keyed:
    columns = [name for name in shared if name not in key]
    differs = [_differs(name, alike=types[0][name] == types[1][name]) for name in columns]
    both = f"o.{_THERE} AND n.{_THERE}"
    joined = (
        f"(SELECT *, true AS {_THERE} FROM old) o FULL JOIN (SELECT *, true AS {_THERE} FROM new) n ON "  # noqa: S608
        + " AND ".join(f"o.{quoted(name)} IS NOT DISTINCT FROM n.{quoted(name)}" for name in key)
    )
    changed = f"({' OR '.join(differs) or 'false'})"
    asked = [f"o.{_THERE} IS NULL", f"n.{_THERE} IS NULL", f"{both} AND {changed}", f"{both} AND NOT {changed}"]
    asked += [f"{both} AND {one}" for one in differs]
    counts = ", ".join(f"count(*) FILTER ({one})" for one in asked)
    found = [int(one) for one in connection.execute(f"SELECT {counts} FROM {joined}").fetchall()[0]]  # noqa: S608
    by_column = sorted(zip(columns, found[4:], strict=True), key=lambda one: -one[1])
    told = tuple((name, rows) for name, rows in by_column if rows)
    most = [(name, differs[columns.index(name)]) for name, _ in told[:_TOLD]]
    examples = _examples(connection, joined, key, most, both) if rows_shown else ()
    return Keyed(found[0], found[1], found[2], found[3], told, tuple(examples))


def _differs(name: str, *, alike: bool) -> str:
    sides = (f"o.{quoted(name)}", f"n.{quoted(name)}")
    if not alike:
        sides = (f"CAST({sides[0]} AS VARCHAR)", f"CAST({sides[1]} AS VARCHAR)")
    return f"({sides[0]} IS DISTINCT FROM {sides[1]})"


def _examples(
    connection: duckdb.DuckDBPyConnection, joined: str, key: Sequence[str], most: Sequence[tuple[str, str]], both: str
) -> list[Mapping[str, str]]:
    found: list[Mapping[str, str]] = []
    for what, side, where in (("added", "n", f"o.{_THERE} IS NULL"), ("removed", "o", f"n.{_THERE} IS NULL")):
        named = ", ".join(f"{side}.{quoted(name)}" for name in key)
        rows = connection.execute(f"SELECT {named} FROM {joined} WHERE {where} LIMIT {_EXAMPLES}").fetchall()  # noqa: S608
        found += [{"row": what, **_as_text(key, row), "what changed": ""} for row in rows]
    if most:
        columns = [name for name, _ in most]
        named = ", ".join(f"n.{quoted(name)}" for name in key)
        pairs = ", ".join(f"o.{quoted(name)}, n.{quoted(name)}" for name in columns)
        where = f"{both} AND {most[0][1]}"
        rows = connection.execute(
            f"SELECT {named}, {pairs} FROM {joined} WHERE {where} LIMIT {_EXAMPLES}"  # noqa: S608 - quoted
        ).fetchall()
        for row in rows:
            sides = row[len(key) :]
            moved = [
                f"{name}: {_said(sides[2 * at])} \N{RIGHTWARDS ARROW} {_said(sides[2 * at + 1])}"
                for at, name in enumerate(columns)
                if sides[2 * at] != sides[2 * at + 1]
            ]
            found.append({"row": "changed", **_as_text(key, row[: len(key)]), "what changed": "; ".join(moved)})
    return found


def _as_text(names: Sequence[str], values: Sequence[object]) -> dict[str, str]:
    return {name: _said(one) for name, one in zip(names, values, strict=True)}


def _said(value: object) -> str:
    return plain(value if isinstance(value, str | int | float | None) else str(value))[:200]
