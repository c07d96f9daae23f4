"""A read-only look at data files by SQL: these files and nothing else."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import duckdb

from roadworthy.build.data import query
from roadworthy.errors import UsageError
from roadworthy.prove.contract import sql

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from roadworthy.build.data.table import Table


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

    def some(self, asked: str, most: int) -> Table:
        """Return up to *most* rows of the query *asked*.

        Raises:
            UsageError: It cannot be carried out.
        """
        return query.fetch(self._connection, sql.select("*", f"({asked})", f"LIMIT {most}"))


@contextmanager
def scan(files: Mapping[str, Path]) -> Iterator[Scan]:
    """Open *files* (view → path of a table) for reading, and shut everything else.

    Raises:
        NotFound: A file is not there.
        UsageError: A file is no table.
    """
    with query.open_tables(files) as connection:
        yield Scan(connection)
