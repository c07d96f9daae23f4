"""Reference rows that are in the training data, in real files: by key, whole, and where that says nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from roadworthy.build.data import query
from roadworthy.build.data.table import Column, Table
from roadworthy.declare.pipeline import Dataset
from roadworthy.prove.contract import seen

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.prove.proof import Check


def rows(first: int, last: int, *, coarse: bool = False) -> Table:
    """Return rows with a number each, whose values are the same for the same number."""
    number = np.arange(first, last)
    value = number % 3 if coarse else number * 1.5
    return Table({"row": Column(number), "x": Column(np.asarray(value, dtype=np.float64))})


def checked(folder: Path, reference: Table, training: Table, key: tuple[str, ...]) -> Check:
    """Return the check of two files."""
    tables = {"test": reference, "train": training}
    for name, table in tables.items():
        query.write(table if key else table.select(["x"]), folder / f"{name}.parquet")
    ours, theirs = ((Dataset(f"{name}.parquet", key), folder / f"{name}.parquet") for name in tables)
    (found,) = seen.check(ours, theirs)
    return found


@pytest.mark.parametrize("key", [("row",), ()])
def test_rows_that_were_learned_from_are_counted_and_shown(tmp_path: Path, key: tuple[str, ...]) -> None:
    """With a key or without one, an overlap of a quarter fails with its count and ten rows; no overlap passes."""
    apart = checked(tmp_path, rows(100, 200), rows(0, 100), key)
    mixed = checked(tmp_path, rows(75, 175), rows(0, 100), key)

    assert apart.verdict == "passed"
    assert mixed.verdict == "failed"
    assert mixed.summary.startswith("25 of 100 rows of test.parquet are in train.parquet too")
    assert len(mixed.examples) == 10
    assert not apart.asked


def test_one_row_in_a_hundred_may_be_equal_by_chance_but_not_by_key(tmp_path: Path) -> None:
    """A key that stands in both is one row too many; a whole row that is equal may be another one."""
    by_key = checked(tmp_path, rows(99, 199), rows(0, 100), ("row",))
    whole = checked(tmp_path, rows(99, 199), rows(0, 100), ())

    assert by_key.verdict == "failed"
    assert whole.verdict == "passed"


def test_rows_that_repeat_by_themselves_are_not_judged(tmp_path: Path) -> None:
    """Of rows without a key that repeat by themselves, being equal says nothing; that it is the same file does."""
    found = checked(tmp_path, rows(100, 200, coarse=True), rows(0, 100, coarse=True), ())

    both = Dataset("test.parquet"), tmp_path / "test.parquet"
    (same,) = seen.check(both, both)

    assert found.verdict == "not_run"
    assert same.verdict == "failed"
    assert "Name a `key`" in found.summary
