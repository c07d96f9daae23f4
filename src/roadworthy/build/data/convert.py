"""A table in text as parquet: each column gets the narrowest type that every one of its values has."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Final

import duckdb

from roadworthy.build.data.query import connect, first_line, literal, quoted, scan_of, write_query
from roadworthy.errors import IntegrityError
from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

# What R and pandas write for a missing value: a file that uses it among numbers uses it everywhere.
_MISSING: Final = "NA"
_FIRST_ROWS: Final = 1000
# Type: what every value has that is of it. A code with leading zeros or a number with more digits than a double
# holds stays text: read as a number, it would be another one.
_TESTS: Final = {
    "BOOLEAN": "lower({c}) IN ('true', 'false')",
    "BIGINT": "CAST(try_cast({c} AS BIGINT) AS VARCHAR) = {c}",
    "DOUBLE": "try_cast({c} AS DOUBLE) IS NOT NULL AND NOT regexp_full_match({c}, '[-+]?(0[0-9].*|[0-9]{{16,}})')",
    "DATE": "CAST(try_cast({c} AS DATE) AS VARCHAR) = {c}",
    "TIMESTAMP": "length({c}) > 10 AND try_cast({c} AS TIMESTAMP) IS NOT NULL",
}


def to_parquet(file: Path, to: Path) -> None:
    """Write the table in *file* (csv with a header, tsv, json or parquet) to *to* as parquet, its rows in their order.

    The same file gives the same bytes, with one version of DuckDB.

    Raises:
        IntegrityError: *file* is no table.
        StorageError: The disk is full or the folder is read-only.
    """
    if file.suffix == ".parquet":
        with storage_errors(to):
            shutil.copyfile(file, to)
        return
    try:
        with connect() as connection:
            is_text = file.name.endswith((".csv", ".tsv", ".csv.gz", ".tsv.gz"))
            query = _typed(connection, file) if is_text else f"SELECT * FROM {scan_of(file)}"  # noqa: S608 - quoted
            write_query(connection, query, to)
    except duckdb.Error as fault:
        raise IntegrityError(
            f"{file.name} cannot be read as a table: {first_line(fault)}", remedy="Name another file or version."
        ) from fault


def _typed(connection: duckdb.DuckDBPyConnection, file: Path) -> str:
    """Return the query for what *file* holds, in the types that its values have."""
    if not file.stat().st_size:
        raise IntegrityError(f"{file.name} is empty.", remedy="Name another file or version.")
    scan = f"read_csv({literal(str(file))}, all_varchar = true, header = true)"
    connection.execute(f"CREATE TEMP TABLE rows AS SELECT * FROM {scan}")  # noqa: S608 - quoted
    names = connection.table("rows").columns
    # Whatever fails among the first rows fails: the rest is asked of every row, which costs more.
    left = _hold(connection, dict.fromkeys(names, tuple(_TESTS)), f"(SELECT * FROM rows LIMIT {_FIRST_ROWS})")  # noqa: S608 - a constant
    kinds = {name: next(iter(found), None) for name, found in _hold(connection, left, "rows").items()}
    marked = _uses_marker(connection, [name for name, kind in kinds.items() if kind is not None])
    columns = []
    for name, kind in kinds.items():
        value = f"nullif({quoted(name)}, '{_MISSING}')" if marked else quoted(name)
        columns.append(f"{value if kind is None else f'CAST({value} AS {kind})'} AS {quoted(name)}")
    return f"SELECT {', '.join(columns)} FROM rows"  # noqa: S608 - every name is quoted


def _hold(
    connection: duckdb.DuckDBPyConnection, asked: Mapping[str, tuple[str, ...]], rows: str
) -> Mapping[str, tuple[str, ...]]:
    """Return, of the types *asked* of each column, those that all its values in *rows* have; none if it has none."""
    tests = [(name, kind) for name, kinds in asked.items() for kind in kinds]
    if not tests:
        return asked
    columns = [
        f"bool_and(coalesce({_TESTS[kind].format(c=quoted(name))}, false)) FILTER ({quoted(name)} <> '{_MISSING}')"
        for name, kind in tests
    ]
    (answer,) = connection.execute(f"SELECT {', '.join(columns)} FROM {rows}").fetchall()  # noqa: S608 - quoted
    # No value at all (None): among the first rows that says nothing; of every row, that the column is of no type.
    held = {test for test, holds in zip(tests, answer, strict=True) if holds or (holds is None and rows != "rows")}
    return {name: tuple(kind for kind in kinds if (name, kind) in held) for name, kinds in asked.items()}


def _uses_marker(connection: duckdb.DuckDBPyConnection, names: list[str]) -> bool:
    if not names:
        return False
    asked = " OR ".join(f"{quoted(name)} = '{_MISSING}'" for name in names)
    found = connection.execute(f"SELECT 1 FROM rows WHERE {asked} LIMIT 1").fetchall()  # noqa: S608 - quoted
    return bool(found)
