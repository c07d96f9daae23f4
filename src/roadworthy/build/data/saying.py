"""What predicates and queries say, before there are rows: whether they are SQL, and which columns they name."""

from __future__ import annotations

import contextlib
import json
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import duckdb

from roadworthy.build.data.query import allow, connect, first_line, quoted, scan_of, shut
from roadworthy.errors import RoadworthyError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_BEFORE, _AFTER = "SELECT 1 FROM rows WHERE (\n", "\n)"
_UNKNOWN = re.compile(r"with name (?P<name>\S+) does not exist!(?:.*Did you mean \"(?P<near>[^\"]+)\")?", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Wrong:
    """What is wrong with a text: `word` in it, where it stands there, and what was probably meant."""

    problem: str
    word: str = ""
    at: int = 0
    near: str | None = None


@dataclass(frozen=True, slots=True)
class Name:
    """A column that a predicate names, and where it stands in its text."""

    name: str
    at: int


class Reader:
    """Reads predicates and queries without asking them of anything."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def predicate(self, text: str) -> tuple[Name, ...] | Wrong:
        """Return the columns that a predicate names, in order; or why it is none."""
        said = self._parsed(f"{_BEFORE}{text}{_AFTER}")
        if said.get("error"):
            return _not_sql(said, text, len(_BEFORE))
        names = tuple(_names(said["statements"][0]["node"].get("where_clause"), len(_BEFORE)))
        wrong = self._unknown_function(text, names)
        return wrong or tuple(one for one in names if not self._is_constant(one))

    def query(self, text: str) -> Wrong | None:
        """Return why *text* is no query that only reads; None when it is one."""
        said = self._parsed(text)
        return _not_sql(said, text, 0) if said.get("error") else None

    def columns(self, path: Path) -> frozenset[str]:
        """Return the columns of the table in *path*; none when it cannot be read."""
        with contextlib.suppress(duckdb.Error, RoadworthyError):
            described = self._connection.execute(f"DESCRIBE SELECT * FROM {scan_of(path)}").fetchall()  # noqa: S608 - quoted
            return frozenset(str(row[0]) for row in described)
        return frozenset()

    def _parsed(self, text: str) -> Any:
        row = self._connection.execute("SELECT json_serialize_sql(CAST(? AS VARCHAR))", [text]).fetchone()
        return json.loads(row[0]) if row else {"error": True}

    def _unknown_function(self, text: str, names: Iterable[Name]) -> Wrong | None:
        """Return that *text* calls what there is not; what only does not fit the types is left to the data."""
        columns = ", ".join(
            f"NULL AS {quoted(name)}" for name in {one.name.lower(): one.name for one in names}.values()
        )
        source = f"(SELECT {columns or '1'}) AS rows"
        try:
            self._connection.execute(f"EXPLAIN SELECT 1 FROM {source} WHERE (\n{text}\n)")  # noqa: S608 - one expression
        except duckdb.CatalogException as fault:
            found = _UNKNOWN.search(str(fault))
            if found is None:
                return Wrong(first_line(fault))
            name = found["name"]
            return Wrong(f"There is no function or operator `{name}`", name, max(0, text.find(name)), found["near"])
        except duckdb.Error:
            return None
        return None

    def _is_constant(self, name: Name) -> bool:
        """Whether a name stands for something without any column, such as `current_date`."""
        if not re.fullmatch(r"\w+", name.name):
            return False
        try:
            self._connection.execute(f"EXPLAIN SELECT {name.name}")
        except duckdb.Error:
            return False
        return True


@contextlib.contextmanager
def reader(tables: Iterable[Path]) -> Iterator[Reader]:
    """Open a reader that may look at the columns of *tables*, and at nothing else."""
    with connect(threads=1) as connection:
        allow(connection, tables)
        shut(connection)
        yield Reader(connection)


def _not_sql(said: Any, text: str, before: int) -> Wrong:
    message = str(said.get("error_message") or "it cannot be read")
    position = said.get("position")
    at = int(position) - before if position is not None and str(position).isdecimal() else 0
    if not 0 <= at < len(text):
        return Wrong("It ends before it is whole", at=max(0, len(text) - 1))
    found = re.search(r'near "(?P<word>.*)"', message)
    return Wrong(f"It is no SQL: {message}", found["word"] if found else "", at)


def _names(node: Any, before: int, bound: frozenset[str] = frozenset()) -> Iterator[Name]:
    """Yield the columns in a part of a syntax tree; the parameters of lambdas are *bound* inside of them."""
    if isinstance(node, list):
        for one in node:
            yield from _names(one, before, bound)
    if not isinstance(node, dict):
        return
    if node.get("class") == "COLUMN_REF":
        path = [str(part) for part in node.get("column_names", [])]
        name = path[1] if len(path) > 1 and path[0].lower() == "rows" else path[0]
        if name.lower() not in bound:
            yield Name(name, max(0, int(node.get("query_location", before)) - before))
        return
    if node.get("class") == "LAMBDA":
        bound |= {one.name.lower() for one in _names(node.get("lhs"), before)}
        yield from _names(node.get("expr"), before, bound)
        return
    for value in node.values():
        yield from _names(value, before, bound)
