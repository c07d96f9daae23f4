"""Tables in files, and predicates over them: read, written and asked by DuckDB, shut off from files and network."""

from __future__ import annotations

import contextlib
import re
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

import duckdb
import numpy as np

from roadworthy.build.data.table import Bools, Column, Table
from roadworthy.errors import NotFound, RoadworthyError, StorageError, UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

    from numpy.typing import NDArray

_READERS: Final = {
    ".parquet": "read_parquet",
    ".csv": "read_csv",
    ".tsv": "read_csv",
    ".gz": "read_csv",
    ".json": "read_json",
    ".jsonl": "read_json",
    ".ndjson": "read_json",
}
_AS: Final = {
    **dict.fromkeys(
        ("tinyint", "smallint", "integer", "bigint", "utinyint", "usmallint", "uinteger", "ubigint"), "BIGINT"
    ),
    **dict.fromkeys(("hugeint", "uhugeint", "float", "double", "decimal", "sqlnull", "null", '"null"'), "DOUBLE"),
    **dict.fromkeys(
        ("date", "timestamp", "timestamp_s", "timestamp_ms", "timestamp_ns", "timestamp with time zone"), "TIMESTAMP"
    ),
    "boolean": "BOOLEAN",
}
_FIRST_LINE = 300
_ROW = "the row's number"


def read(path: Path) -> Table:
    """Return the table in *path*: parquet, csv or json, by its ending. Times are UTC; nested values become text.

    Raises:
        NotFound: Nothing is there.
        UsageError: It is no such table, or its ending names no format.
    """
    with open_tables({"rows": path}) as connection:
        return fetch(connection, "SELECT * FROM rows")


def write(table: Table, path: Path) -> None:
    """Write *table* to *path* as parquet, whole: the same bytes for the same table.

    Raises:
        StorageError: The disk is full or the folder is read-only.
    """
    with connect() as connection:
        _register(connection, "rows", table)
        write_query(connection, "SELECT * FROM rows", path)


def where(table: Table, predicate: str) -> Bools:
    """Return which rows of *table* the SQL *predicate* holds for, shape (n,); a missing answer is no.

    Raises:
        UsageError: It is no predicate over these columns.
    """
    if not table.names:
        return np.zeros(0, dtype=np.bool_)
    numbered = table.with_column(_ROW, Column(np.arange(len(table))))
    with open_tables({"rows": numbered}) as connection:
        try:
            asked = duckdb.SQLExpression(predicate).alias("answer"), duckdb.ColumnExpression(_ROW)
            answer = connection.table("rows").select(*asked).fetchnumpy()
        except (duckdb.Error, RuntimeError) as fault:
            raise _bad_predicate(predicate, first_line(fault)) from fault
    values, rows = answer.get("answer", np.empty(0)), answer[_ROW]
    if len(values) != len(table) or values.dtype.kind != "b":
        raise _bad_predicate(predicate, "it does not say yes or no of every row")
    # A window function answers in an order of its own.
    return np.asarray(np.ma.filled(values, fill_value=False), dtype=np.bool_)[np.argsort(rows, kind="stable")]


@contextlib.contextmanager
def open_tables(
    tables: Mapping[str, Table | Path], *, threads: int | None = None, memory: int | None = None
) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection that sees *tables* under their names, and else nothing: no files, network or settings.

    Args:
        tables: By name; a path is a file, or a folder of files of one kind.
        threads: How many it may use; by default one for each processor.
        memory: Bytes that it may hold; what is more lies on the disk meanwhile. None: all that there are.

    Raises:
        NotFound: A path is not there.
        UsageError: A path is no table.
    """
    with contextlib.ExitStack() as stack:
        connection = stack.enter_context(connect(threads=threads))
        spill = ""
        if memory is not None:
            spill = stack.enter_context(tempfile.TemporaryDirectory(prefix="roadworthy-", ignore_cleanup_errors=True))
            connection.execute(f"SET memory_limit = '{memory // 2**10:d}KiB'")
        for name, table in tables.items():
            if isinstance(table, Table):
                _register(connection, name, table)
        paths = {name: path.absolute() for name, path in tables.items() if isinstance(path, Path)}
        allow(connection, paths.values())
        shut(connection, spill)
        for name, path in paths.items():
            try:
                connection.execute(f"CREATE VIEW {quoted(name)} AS SELECT * FROM {scan_of(path)}")  # noqa: S608 - quoted
            except duckdb.Error as fault:
                raise _no_table(path, first_line(fault)) from fault
        yield connection


@contextlib.contextmanager
def connect(*, threads: int | None = None) -> Iterator[duckdb.DuckDBPyConnection]:
    """Yield a connection of its own, in memory, that keeps the order of rows and sees no Python variable."""
    connection = duckdb.connect(":memory:")
    try:
        connection.execute("SET python_enable_replacements = false")
        connection.execute("SET autoinstall_known_extensions = false")
        connection.execute("SET preserve_insertion_order = true")
        connection.execute("SET enable_progress_bar = false")
        connection.execute("SET TimeZone = 'UTC'")
        if threads is not None:
            connection.execute(f"SET threads = {threads:d}")
        yield connection
    finally:
        connection.close()


def allow(connection: duckdb.DuckDBPyConnection, paths: Iterable[Path]) -> None:
    """Let *connection* read *paths*, files and folders, once it is shut."""
    there = [file for path in paths for file in (_files_in(path) if path.is_dir() else [path.absolute()])]
    connection.execute("SET allowed_paths = ?", [[name for file in there for name in (str(file), _plain(file))]])


def shut(connection: duckdb.DuckDBPyConnection, spill: str = "") -> None:
    """Take from *connection* every file but the allowed ones, the network, and the means to change that.

    *spill* is a folder for what does not fit into its memory.
    """
    connection.execute("SET temp_directory = ?", [spill])
    connection.execute("SET enable_external_access = false")
    connection.execute("SET lock_configuration = true")


def fetch(connection: duckdb.DuckDBPyConnection, query: str) -> Table:
    """Return what *query* answers, as a table.

    Raises:
        UsageError: DuckDB refuses it.
    """
    try:
        found = connection.sql(query)
        casts = [
            f"CAST({quoted(name)} AS {_cast(str(kind))}) AS {quoted(name)}"
            for name, kind in zip(found.columns, found.types, strict=True)
        ]
        answer = found.project(", ".join(casts)).fetchnumpy()
    except duckdb.Error as fault:
        raise UsageError(
            f"The query cannot be answered: {first_line(fault)}", remedy=f"Mend it: {query[:_FIRST_LINE]}"
        ) from fault
    return Table({name: _column(values) for name, values in answer.items()})


def write_query(connection: duckdb.DuckDBPyConnection, query: str, path: Path) -> None:
    """Write what *query* answers to *path* as parquet, whole; *connection* must not be shut.

    Raises:
        StorageError: The disk is full or the folder is read-only.
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(prefix=".aside-", dir=path.parent) as aside:
            draft = Path(aside) / "table.parquet"
            connection.execute(f"COPY ({query}) TO {literal(str(draft))} (FORMAT parquet, COMPRESSION zstd)")
            draft.replace(path)
    except (OSError, duckdb.IOException) as fault:
        raise StorageError(
            f"{path} cannot be written: {first_line(fault)}", remedy="Make room, or make its folder writable."
        ) from fault


def scan_of(path: Path) -> str:
    """Return the SQL that reads the table in *path*.

    Raises:
        NotFound: Nothing is there.
        UsageError: Its ending names no format.
    """
    if path.is_dir():
        return _scan_of_folder(path)
    reader = _READERS.get(path.suffix.lower())
    if reader is None:
        raise _no_table(path, f"its ending is none of {', '.join(_READERS)}")
    if not path.exists():
        raise NotFound(f"The table {path} is not there.", remedy="Fetch it, or run the stage that makes it.")
    # A folder called `date=2013` must not become a column.
    return f"{reader}({literal(_plain(path))}, hive_partitioning = false)"


def _scan_of_folder(path: Path) -> str:
    """Return the SQL that reads the files below a folder as one table; `date=2013` in a path below it is a column."""
    files = [file.relative_to(path.absolute()) for file in _files_in(path)]
    endings = {file.suffix.lower() for file in files}
    readers = {_READERS.get(ending) for ending in endings}
    if len(readers) != 1 or None in readers:
        there = f"holds {', '.join(sorted(endings)) or 'no files'}" if files else "is empty"
        raise _no_table(path, f"the folder {there}, not files of one kind")
    (reader,) = readers
    partitioned = all("=" in part for file in files for part in file.parent.parts)
    hive = partitioned and any(file.parent.parts for file in files)
    names = ", ".join(literal(_plain(path.absolute() / file)) for file in files)
    return f"{reader}([{names}], hive_partitioning = {'true' if hive else 'false'})"


def _files_in(folder: Path) -> list[Path]:
    """Return the files below *folder* that are part of its table, by name: none that begins with a dot or `_`."""
    folder = folder.absolute()
    files = [file for file in sorted(folder.rglob("*")) if file.is_file()]
    return [file for file in files if not any(part[:1] in {".", "_"} for part in file.relative_to(folder).parts)]


def _plain(path: Path) -> str:
    """Return the pattern that names *path* alone: a `*` in a name must not name other files."""
    return re.sub(r"([*?\[])", r"[\1]", str(path))


def quoted(name: str) -> str:
    """Return *name* as an SQL identifier."""
    return '"' + name.replace('"', '""') + '"'


def literal(text: str) -> str:
    """Return *text* as an SQL string."""
    return "'" + text.replace("'", "''") + "'"


def first_line(fault: Exception) -> str:
    """Return what DuckDB says is wrong, shortened, on one line."""
    lines = [line.strip() for line in str(fault).splitlines()]
    said = [line for line in lines if line and not line.startswith(("LINE", "^"))]
    return " ".join(said)[:_FIRST_LINE]


def _register(connection: duckdb.DuckDBPyConnection, name: str, table: Table) -> None:
    columns: dict[str, NDArray[np.generic]] = {}
    selected = []
    for number, (column_name, column) in enumerate(table.columns.items()):
        columns[f"v{number}"] = _for_duckdb(column)
        value = f"v{number}"
        if column.missing is not None:
            columns[f"m{number}"] = column.missing
            value = f"CASE WHEN m{number} THEN NULL ELSE v{number} END"
        selected.append(f"{value} AS {quoted(column_name)}")
    connection.register(f"_{name}", columns)
    query = f"SELECT {', '.join(selected)} FROM {quoted('_' + name)}"  # noqa: S608 - every name is quoted
    connection.execute(f"CREATE TEMP VIEW {quoted(name)} AS {query}")


def _for_duckdb(column: Column) -> NDArray[np.generic]:
    # An array of None alone has no type that DuckDB could find.
    if column.values.dtype.kind == "O" and column.missing is not None and column.missing.all():
        return np.full(len(column), "", dtype=object)
    return column.values


def _cast(kind: str) -> str:
    return _AS.get(kind.lower().partition("(")[0].strip(), "VARCHAR")


def _column(values: NDArray[np.generic]) -> Column:
    missing = np.ma.getmaskarray(values) if isinstance(values, np.ma.MaskedArray) else np.zeros(len(values), np.bool_)
    plain = np.ma.getdata(values)
    if plain.dtype.kind == "M":
        plain = plain.astype("datetime64[us]")
    if missing.any():
        plain = plain.copy()
        plain[missing] = {"f": np.nan, "O": "", "b": False, "M": np.datetime64("NaT")}.get(plain.dtype.kind, 0)
    return Column(plain, missing if missing.any() else None)


def _bad_predicate(predicate: str, why: str) -> UsageError:
    return UsageError(
        f"{predicate!r} is not a predicate over the columns: {why}.".replace("..", "."),
        remedy="Write an SQL expression that is true or false for each row, e.g. `hour >= 20 and carrier = 'UA'`.",
    )


def _no_table(path: Path, why: str) -> RoadworthyError:
    return UsageError(
        f"{path} cannot be read as a table: {why}.".replace("..", "."),
        remedy="Give a parquet, csv or json file, or a folder of them.",
    )
