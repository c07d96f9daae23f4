"""Tables in files, and predicates over them, shut off from everything else."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.build.data.profile import profile
from roadworthy.build.data.query import fetch, open_tables, read, where, write
from roadworthy.build.data.table import Column, Table
from roadworthy.errors import NotFound, StorageError, UsageError

if TYPE_CHECKING:
    from numpy.typing import NDArray

KINDS: dict[str, tuple[st.SearchStrategy[Any], Any]] = {
    "bool": (st.booleans(), np.bool_),
    "int64": (st.integers(-(2**63), 2**63 - 1), np.int64),
    "float64": (st.floats(allow_nan=False), np.float64),
    "object": (st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), max_size=5), np.object_),
    "datetime64[us]": (st.integers(-(2**50), 2**50), np.dtype("datetime64[us]")),
}
FLIGHTS = Table(
    {
        "carrier": Column(np.array(["UA", "AA", "", "B6"], dtype=object), np.array([False, False, True, False])),
        "hour": Column(np.array([9, 21, 6, 22])),
        "wind speed": Column(np.array([3.5, np.nan, 12.0, 0.0])),
        "scheduled": Column(
            np.array(["2013-01-01T09", "2013-01-01T21", "2013-01-02T06", "NaT"], dtype="datetime64[us]")
        ),
    }
)


@st.composite
def tables(draw: st.DrawFn) -> Table:
    """Draw a table of any kinds of columns, with values missing."""
    rows = draw(st.integers(1, 5))
    columns: dict[str, Column] = {}
    for number, kind in enumerate(draw(st.lists(st.sampled_from(sorted(KINDS)), min_size=1, max_size=4))):
        values, dtype = KINDS[kind]
        drawn: NDArray[np.generic] = np.array(
            draw(st.lists(values, min_size=rows, max_size=rows)), dtype=np.dtype(dtype)
        )
        missing = np.array(draw(st.lists(st.booleans(), min_size=rows, max_size=rows)))
        columns[f'{number} "{kind}"'] = Column(drawn, missing if missing.any() else None)
    return Table(columns)


def values(table: Table) -> dict[str, list[object]]:
    """Return the columns as lists, with None for what is missing."""
    return {
        name: [None if gone else value for value, gone in zip(column.values.tolist(), column.is_missing(), strict=True)]
        for name, column in table.columns.items()
    }


@settings(max_examples=8, deadline=None)
@given(table=tables())
def test_a_table_comes_back_as_it_was_written(table: Table) -> None:
    """Values, types, order and what is missing survive the file; written again, the bytes are the same."""
    with tempfile.TemporaryDirectory() as name:
        path = Path(name, "table.parquet")
        write(table, path)
        once = path.read_bytes()
        write(table, path)
        found = read(path)

        assert values(found) == values(table)
        assert path.read_bytes() == once
        assert [one.name for one in Path(name).iterdir()] == ["table.parquet"]
        kinds = {name: column.values.dtype for name, column in table.columns.items() if not column.is_missing().all()}
        assert {name: found[name].values.dtype for name in kinds} == kinds


@pytest.mark.parametrize(
    ("predicate", "rows"),
    [
        ("hour >= 20", [1, 3]),
        ("carrier = 'UA' or carrier = 'B6'", [0, 3]),
        ('"wind speed" < 5', [0, 3]),
        ("carrier is null", [2]),
        ("carrier <> 'UA'", [1, 3]),
        ("scheduled >= timestamp '2013-01-01 20:00:00'", [1, 2]),
        ("hour in (6, 9)", [0, 2]),
        ("row_number() over (order by hour) = 1", [2]),
        ("hour > (select avg(hour) from rows)", [1, 3]),
        ("true", [0, 1, 2, 3]),
        ("cast(null as boolean)", []),
    ],
)
def test_a_predicate_holds_for_its_rows(predicate: str, rows: list[int]) -> None:
    """The answer is a row's own, in the order of the table; a missing value gives no."""
    assert np.flatnonzero(where(FLIGHTS, predicate)).tolist() == rows


@pytest.mark.parametrize(
    "predicate",
    [
        "hours >= 20",
        "hour",
        "",
        "hour >",
        "true, false",
        "true; drop table rows",
        "true) from rows where (false",
        "count(*) > 1",
        "unnest([true, false])",
        "*",
        "cast(carrier as integer) > 1",
        "1 / 0",
        "error('no')",
    ],
)
def test_a_bad_predicate_is_named(predicate: str) -> None:
    """What is no yes or no of every row is refused with its text and what is wrong."""
    with pytest.raises(UsageError) as refused:
        where(FLIGHTS, predicate)
    assert repr(predicate) in refused.value.problem
    assert "e.g." in refused.value.remedy


def test_a_mistyped_column_is_told_with_the_right_one() -> None:
    """The error names the column that was probably meant."""
    with pytest.raises(UsageError, match='"hour"'):
        where(FLIGHTS, "hours >= 20")


@pytest.mark.parametrize(
    "query",
    [
        "select * from read_csv('{file}')",
        "select * from read_text('{file}')",
        "select * from glob('{folder}/*')",
        "select * from '{file}'",
        "copy (select 1) to '{folder}/new.csv'",
        "copy (select 1) to '{table}'",
        "attach '{folder}/new.db'",
        "install httpfs",
        "load httpfs",
        "set enable_external_access = true",
        "set allowed_paths = ['{file}']",
        "reset lock_configuration",
        "export database '{folder}/all'",
        "select * from secret_of_the_test",
        "select * from read_csv('http://127.0.0.1:9/x')",
        "pragma database_list; select getenv('HOME')",
    ],
)
def test_a_query_reaches_nothing_but_its_tables(tmp_path: Path, query: str) -> None:
    """No file but those that were given, no network, no setting, no Python variable can be reached."""
    secret_of_the_test = {"secret": np.array([1])}
    (tmp_path / "secret.csv").write_text("secret\n1\n")
    table = tmp_path / "table.parquet"
    write(FLIGHTS, table)
    before = table.read_bytes()
    asked = query.format(file=tmp_path / "secret.csv", folder=tmp_path, table=table)

    with open_tables({"rows": table}) as connection:
        assert len(connection.execute("SELECT * FROM rows").fetchall()) == 4
        with pytest.raises(duckdb.Error):
            connection.execute(asked).fetchall()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["secret.csv", "table.parquet"]
    assert table.read_bytes() == before
    assert secret_of_the_test


@pytest.mark.parametrize(
    "name", ["date=2013/table.parquet", "a*b.parquet", "a[b]c.parquet", "it's.parquet", "a?.parquet"]
)
def test_a_path_is_only_a_path(tmp_path: Path, name: str) -> None:
    """A folder called `date=2013` adds no column, and a `*` in a name reads no other file."""
    write(FLIGHTS, tmp_path / name)
    write(FLIGHTS.take(np.array([0])), tmp_path / "axb.parquet")

    assert values(read(tmp_path / name)) == values(FLIGHTS)


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("x.csv", "a,b\n1,x\n2,\n"),
        ("x.json", '[{"a":1,"b":"x"},{"a":2,"b":null}]'),
        ("x.jsonl", '{"a":1,"b":"x"}\n{"a":2}\n'),
    ],
)
def test_tables_in_text_are_read(tmp_path: Path, name: str, text: str) -> None:
    """Csv and json give the same table as parquet does."""
    (tmp_path / name).write_text(text)

    assert values(read(tmp_path / name)) == {"a": [1, 2], "b": ["x", None]}


def test_foreign_types_become_ours(tmp_path: Path) -> None:
    """Decimals, enumerations, dates and nested values of others' files arrive as the five kinds of a column."""
    path = tmp_path / "foreign.parquet"
    duckdb.connect().execute(
        f"""COPY (SELECT 1::TINYINT AS i, 2::HUGEINT AS h, 1.5::DECIMAL(5, 2) AS d, 'a'::ENUM('a', 'b') AS e,
        DATE '2020-01-01' AS day, TIMESTAMPTZ '2020-01-01 00:00+02' AS at, [1, 2] AS l, NULL AS n, 1.5::FLOAT AS f)
        TO '{path}' (FORMAT parquet)"""
    )
    found = read(path)

    assert {name: column.values.dtype.name for name, column in found.columns.items()} == {
        "i": "int64", "h": "float64", "d": "float64", "e": "object", "day": "datetime64[us]", "at": "datetime64[us]",
        "l": "object", "n": "float64", "f": "float64",
    }  # fmt: skip
    assert found["at"].values[0] == np.datetime64("2019-12-31T22:00")
    assert found["n"].is_missing().all()


@pytest.mark.parametrize(
    ("name", "data"), [("x.parquet", b"garbage"), ("x.parquet", b""), ("x.txt", b"a"), ("x.json", b"{")]
)
def test_what_is_no_table_is_a_usage_error(tmp_path: Path, name: str, data: bytes) -> None:
    """Any file in the place of a table is refused with its name."""
    (tmp_path / name).write_bytes(data)

    with pytest.raises(UsageError, match=name):
        read(tmp_path / name)


def test_a_table_that_is_not_there_is_not_found(tmp_path: Path) -> None:
    """A missing file is said to be missing."""
    with pytest.raises(NotFound):
        read(tmp_path / "none.parquet")


def test_a_table_cannot_be_written_where_a_file_stands_in_the_way(tmp_path: Path) -> None:
    """Writing below a file is an error that the user can act on."""
    (tmp_path / "file").write_bytes(b"")

    with pytest.raises(StorageError):
        write(FLIGHTS, tmp_path / "file" / "table.parquet")


def test_a_bad_query_is_told() -> None:
    """What DuckDB refuses is said in one line."""
    with open_tables({"rows": FLIGHTS}) as connection, pytest.raises(UsageError, match="cannot be answered"):
        fetch(connection, "SELECT nothing FROM rows")


def test_a_profile_counts_what_is_missing(tmp_path: Path) -> None:
    """NaN counts as missing as null does; a mean is that of the values that are there, and of numbers alone."""
    path = tmp_path / "flights.parquet"
    write(FLIGHTS, path)
    found = profile(path)
    wind, carrier = found.columns["wind speed"], found.columns["carrier"]

    assert found.rows == 4
    assert wind.missing == 0.25
    assert wind.mean == pytest.approx(15.5 / 3)
    assert (carrier.missing, carrier.mean) == (0.25, None)
    assert found.columns["hour"].mean == 14.5
