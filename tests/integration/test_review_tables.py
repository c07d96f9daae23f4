"""Two versions of a dataset: rows by key, columns whose values lie otherwise, and nothing shown that must not be."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from roadworthy.build.data import query
from roadworthy.build.data.table import Column, Table
from roadworthy.prove.review.tables.between import Between, between

if TYPE_CHECKING:
    from pathlib import Path


def flights(ids: list[int], wind: list[float | None], carrier: list[str]) -> Table:
    """Return flights."""
    gone = np.array([one is None for one in wind])
    return Table({
        "id": Column(np.array(ids)),
        "wind": Column(np.array([0.0 if one is None else one for one in wind]), gone),
        "carrier": Column(np.array(carrier, dtype=object)),
    })  # fmt: skip


def compared(
    folder: Path, before: Table, after: Table, *, rows_shown: bool = True, key: tuple[str, ...] = ("id",)
) -> Between:
    """Return in what two tables differ, from files."""
    query.write(before, folder / "before.parquet")
    query.write(after, folder / "after.parquet")
    return between(folder / "before.parquet", folder / "after.parquet", key, rows_shown=rows_shown)


OLD = flights([1, 2, 3, 4], [5.0, 6.0, None, 8.0], ["UA", "UA", "B6", "B6"])
NEW = flights([2, 3, 4, 5, 6], [6.0, 7.0, 8.5, 9.0, 9.0], ["UA", "B6", "UA", "UA", "UA"])


def test_rows_are_told_apart_by_their_key(tmp_path: Path) -> None:
    """Those that came, went, changed and stayed are counted, and how often each column changed."""
    found = compared(tmp_path, OLD, NEW).keyed

    assert found is not None
    assert (found.added, found.removed, found.changed, found.same) == (2, 1, 2, 1)
    assert found.by_column == (("wind", 2), ("carrier", 1))
    changed = [one for one in found.examples if one["row"] == "changed"]
    assert changed[0] == {"row": "changed", "id": "3", "what changed": "wind: missing \u2192 7"}
    assert [one["id"] for one in found.examples if one["row"] == "removed"] == ["1"]


def test_what_moved_most_comes_first(tmp_path: Path) -> None:
    """A column's values in the same bins, or by name; missing ones have their own; what is the same is left out."""
    same = OLD.with_column("wind", Column(np.zeros(4)))
    found = compared(tmp_path, OLD, same).shapes

    assert [shape.name for shape in found] == ["wind"]
    assert found[0].moved == 1.0
    assert found[0].labels[-1] == "missing"
    assert found[0].before[-1] == 0.25
    assert sum(found[0].after) == pytest.approx(1.0)


def test_no_value_of_a_row_is_told_where_none_may_be(tmp_path: Path) -> None:
    """With `rows: never` there are counts, and bins of numbers; no key, and no name of a category."""
    found = compared(tmp_path, OLD, NEW, rows_shown=False)

    assert found.keyed is not None
    assert found.keyed.examples == ()
    assert {shape.name for shape in found.shapes} == {"wind", "id"}


@pytest.mark.parametrize(
    ("key", "why"),
    [((), "it has no key"), (("nothing",), "nothing is not in both"), (("carrier",), "more than once before")],
)
def test_without_a_key_that_names_rows_they_are_not_compared(tmp_path: Path, key: tuple[str, ...], why: str) -> None:
    """The reason is told, and the columns' values are compared all the same."""
    found = compared(tmp_path, OLD, NEW, key=key)

    assert found.keyed is None
    assert why in found.why_not
    assert found.shapes


def test_columns_of_hostile_names_and_other_types_are_compared(tmp_path: Path) -> None:
    """A name that would end an SQL name does not; a number that became text differs where it reads so."""
    name = 'a"; DROP TABLE old; --'
    before = OLD.with_column(name, Column(np.array([1, 2, 3, 4])))
    after = OLD.with_column(name, Column(np.array(["1", "2", "3", "x"], dtype=object)))
    found = compared(tmp_path, before, after).keyed

    assert found is not None
    assert found.by_column == ((name, 1),)
    assert (found.added, found.removed, found.same) == (0, 0, 3)


def test_tables_without_rows_differ_in_nothing(tmp_path: Path) -> None:
    """Of two empty tables no row is told, and no column."""
    none = OLD.take(np.zeros(4, dtype=np.bool_))
    found = compared(tmp_path, none, none)

    assert found.keyed is not None
    assert (found.keyed.added, found.keyed.same, found.shapes) == (0, 0, ())
