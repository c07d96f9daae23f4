"""Tables in text become parquet, each column in the narrowest type that all of its values have."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from roadworthy.build.data.convert import to_parquet
from roadworthy.build.data.query import read
from roadworthy.errors import IntegrityError

if TYPE_CHECKING:
    from pathlib import Path

MANY = 30_000


@pytest.mark.parametrize(
    ("lines", "kind", "first", "missing"),
    [
        (["1", "-2"], "int64", 1, 0),
        (["1", "2.5", "1e3"], "float64", 1.0, 0),
        (["true", "FALSE"], "bool", True, 0),
        (["2013-01-01", "2013-01-02"], "datetime64[us]", None, 0),
        (["2013-01-01T10:00:00Z", "2013-01-02 11:00:00"], "datetime64[us]", None, 0),
        (["007", "123"], "object", "007", 0),
        (["12345678901234567890", "1"], "object", "12345678901234567890", 0),
        (["9E", "AA"], "object", "9E", 0),
        (["1", "NA", "3"], "int64", 1, 1),
        (["x", "NA"], "object", "x", 0),
        (["1"] * MANY + ["2.5"], "float64", 1.0, 0),
        (["1"] * MANY + ["x"], "object", "1", 0),
        (["NA"] * MANY + ["7"], "int64", None, MANY),
        (["NA", "NA"], "object", "NA", 0),
    ],
)
def test_a_column_gets_the_type_of_all_its_values(
    tmp_path: Path, lines: list[str], kind: str, first: object, missing: int
) -> None:
    """No value is changed to fit: one that does not, however late in the file, makes the column wider."""
    (tmp_path / "x.csv").write_text("value\n" + "\n".join(lines) + "\n")
    to_parquet(tmp_path / "x.csv", tmp_path / "x.parquet")
    column = read(tmp_path / "x.parquet")["value"]

    assert (column.values.dtype.name, len(column), int(column.is_missing().sum())) == (kind, len(lines), missing)
    assert first is None or column.values[0] == first


def test_a_mark_that_is_used_among_numbers_is_missing_everywhere(tmp_path: Path) -> None:
    """Where numbers are written `NA`, texts are too."""
    (tmp_path / "x.csv").write_text("number,text\n1,NA\nNA,x\n")
    to_parquet(tmp_path / "x.csv", tmp_path / "x.parquet")
    table = read(tmp_path / "x.parquet")

    assert table["number"].is_missing().tolist() == [False, True]
    assert table["text"].is_missing().tolist() == [True, False]


def test_rows_keep_their_order_and_bytes_repeat(tmp_path: Path) -> None:
    """The same file gives the same bytes, with the rows as they stood."""
    (tmp_path / "x.csv").write_text("a,b\n" + "".join(f"{-number},t{number % 7}\n" for number in range(200_000)))
    for name in ("one.parquet", "two.parquet"):
        to_parquet(tmp_path / "x.csv", tmp_path / name)
    values = read(tmp_path / "one.parquet")["a"].values.tolist()

    assert values == [-number for number in range(200_000)]
    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


def test_parquet_stays_as_it_is(tmp_path: Path) -> None:
    """What is parquet already keeps its bytes."""
    (tmp_path / "x.csv").write_text("a\n1\n")
    to_parquet(tmp_path / "x.csv", tmp_path / "one.parquet")
    to_parquet(tmp_path / "one.parquet", tmp_path / "two.parquet")

    assert (tmp_path / "one.parquet").read_bytes() == (tmp_path / "two.parquet").read_bytes()


@pytest.mark.parametrize(("name", "data"), [("x.csv", b""), ("x.json", b"{"), ("x.csv", b"\x00\xff" * 50)])
def test_what_is_no_table_is_refused(tmp_path: Path, name: str, data: bytes) -> None:
    """An empty or binary file is an error with its name, not an empty table."""
    (tmp_path / name).write_bytes(data)

    with pytest.raises(IntegrityError, match=name):
        to_parquet(tmp_path / name, tmp_path / "out.parquet")
    assert not (tmp_path / "out.parquet").exists()
