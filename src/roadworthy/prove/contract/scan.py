"""A read-only look at data files by SQL: these files and nothing else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

import duckdb

from roadworthy.build.data import query
from roadworthy.errors import UsageError
from roadworthy.prove.contract import sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from roadworthy.build.data.table import Table

MEMORY: Final = 2**28  # bytes; what needs more lies on the disk meanwhile
_AT_ONCE = 400  # measures in one query: DuckDB plans more of them ever more slowly
_SAMPLE = 50_000  # rows; a share is known to half a per cent then, and a distance between distributions to one


class Scan:
    """Views over data files, asked by SQL."""

    def __init__(self, connection: duckdb.DuckDBPyConnection) -> None:
        self._connection = connection

    def types(self, view: str = "rows") -> dict[str, str]:
        """Return the columns of *view* and their SQL types, in order."""
        described = self._connection.execute(f"DESCRIBE {sql.name(view)}").fetchall()
        return {str(column[0]): str(column[1]) for column in described}

    def one(self, asked: str, asked_by: str) -> tuple[object, ...]:
        """Return the one row that the query *asked* has.

        Raises:
            UsageError: It cannot be carried out; *asked_by* names the rule that holds it.
        """
        try:
            return tuple(next(iter(self._connection.execute(asked).fetchall()), ()))
        except duckdb.Error as fault:
            raise UsageError(
                f"{asked_by} cannot be asked of the data: {query.first_line(fault)}",
                remedy="Mend it: it may read the columns of the dataset, and no other file.",
            ) from fault

    def measure(self, measures: Sequence[tuple[str, str]], view: str = "rows") -> list[object]:
        """Return what each of *measures* (who asks, an aggregate over *view*) is, from as few scans as there can be.

        One that cannot be asked gives its UsageError, and takes no other with it.
        """
        if len(measures) > _AT_ONCE:
            parts = [measures[at : at + _AT_ONCE] for at in range(0, len(measures), _AT_ONCE)]
            return [found for part in parts for found in self.measure(part, view)]
        if not measures:
            return []
        try:
            asked = sql.select(", ".join(measure for _, measure in measures), sql.name(view))
            return list(self.one(asked, measures[0][0]))
        except UsageError as fault:
            if len(measures) == 1:
                return [fault]
            half = len(measures) // 2
            return [*self.measure(measures[:half], view), *self.measure(measures[half:], view)]

    def column(self, asked: str) -> Mapping[str, object]:
        """Return the answer to the query *asked* as arrays, as DuckDB has them."""
        return self._connection.execute(asked).fetchnumpy()

    def some(self, asked: str, most: int) -> Table:
        """Return up to *most* rows of the query *asked*.

        Raises:
            UsageError: It cannot be carried out.
        """
        return query.fetch(self._connection, sql.select("*", f"({asked})", f"LIMIT {most}"))

    def sample(self, columns: Sequence[str], rows: int, view: str = "rows") -> Table:
        """Return *columns* of 25,000 to 50,000 of the *rows* of *view*, or of all: the same each time, spread over it.

        Raises:
            UsageError: They cannot be read.
        """
        names = sql.names(tuple(columns))
        every = -(-rows // _SAMPLE)
        if every <= 1:
            return query.fetch(self._connection, sql.select(names, sql.name(view)))
        number = sql.name(sql.unused("row", columns))
        numbered = sql.select(f"row_number() OVER () AS {number}, {names}", sql.name(view))
        return query.fetch(self._connection, sql.select(names, f"({numbered})", f"WHERE hash({number}) % {every} = 0"))

    def is_query(self, text: str) -> bool:
        """Return whether *text* is one query, and nothing but a query."""
        try:
            statements = self._connection.extract_statements(text)
        except duckdb.Error:
            return True  # it says itself what is wrong with it
        return len(statements) == 1 and statements[0].type == duckdb.StatementType.SELECT


@contextmanager
def scan(files: Mapping[str, Path], memory: int = MEMORY) -> Iterator[Scan]:
    """Open *files* (view → path of a table) for reading, and shut everything else.

    Raises:
        NotFound: A file is not there.
        UsageError: A file is no table.
    """
    with query.open_tables(files, memory=memory) as connection:
        yield Scan(connection)
