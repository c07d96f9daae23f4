"""Drafted contracts: whatever stands in a table, its draft reads back and passes on it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st

from roadworthy.build.data import query
from roadworthy.build.data.table import Column, Table
from roadworthy.declare.contract import Contract
from roadworthy.declare.read.file import parse
from roadworthy.errors import NotFound, UsageError
from roadworthy.prove.contract.check import Data, check
from roadworthy.prove.contract.draft.differ import differ
from roadworthy.prove.contract.draft.infer import draft

if TYPE_CHECKING:
    from pathlib import Path

NAMES = st.text(st.characters(codec="utf-8").filter(str.isprintable), min_size=1, max_size=8).filter(str.strip)
VALUES: Any = st.one_of(
    st.lists(st.floats(width=64), min_size=1, max_size=25),
    st.lists(st.integers(-(2**62), 2**62), min_size=1, max_size=25),
    st.lists(st.one_of(st.none(), st.text(st.characters(codec="utf-8"), max_size=12)), min_size=1),
    st.lists(st.booleans(), min_size=1),
    st.lists(st.datetimes().map(np.datetime64), min_size=1),
)


def column(values: list[Any], size: int) -> Column:
    """Return *values*, repeated to *size* rows, as a column."""
    repeated = [values[number % len(values)] for number in range(size)]
    missing = np.array([value is None for value in repeated])
    if any(isinstance(value, str) for value in repeated) or missing.all():
        return Column(np.array(["" if value is None else value for value in repeated], dtype=object), missing)
    found = np.array(repeated)
    return Column(found.astype("datetime64[us]") if found.dtype.kind == "M" else found)


def contract_of(text: str) -> Contract:
    """Return the contract that *text* declares."""
    document = parse(Contract, text.encode(), "contracts/c.yaml")

    assert document.faults == ()
    assert document.value is not None
    return document.value


@settings(max_examples=20, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(columns=st.dictionaries(NAMES, VALUES, min_size=1, max_size=4), size=st.integers(1, 40), labelled=st.booleans())
@example(columns={"no": [0.1, float("inf")], "9E": ["null", "1e3", "#", "- a"]}, size=7, labelled=True)
@example(columns={"x": [5e-324, -5e-324], "y": [2**62, -(2**62)]}, size=12, labelled=False)
@example(columns={"late": [True, False], "x": [None]}, size=30, labelled=True)
def test_a_draft_passes_on_its_own_rows(
    tmp_path: Path, columns: dict[str, list[Any]], size: int, *, labelled: bool
) -> None:
    """Read back, the draft of any table has no fault, and only a label that never varies fails it."""
    unlike = {name.casefold(): name for name in columns}.values()  # SQL sees no difference between `a` and `A`
    table = Table({name: column(columns[name], size) for name in unlike})
    path = tmp_path / "rows.parquet"
    query.write(table, path)
    label = table.names[-1] if labelled else None
    found = check("c", contract_of(draft("rows", Data(path), label)), Data(path))

    assert [one for one in found if one.verdict == "failed" and not one.name.endswith(": varies")] == []
    assert len(found) > 1


def test_a_draft_says_what_was_seen(tmp_path: Path) -> None:
    """Keys, sets, bounds, shares of the label, and what gives it away or is personal stand in the draft."""
    draw, size = np.random.default_rng(5), 600
    late = draw.random(size) < 0.25
    path = tmp_path / "rows.parquet"
    table = {
        "id": Column(np.arange(size)),
        "carrier": Column(np.array(["UA", "NO"], dtype=object)[draw.integers(0, 2, size)]),
        "refund": Column(np.where(late, 100.0, 0.0)),
        "contact": Column(np.array([f"p{number}@example.org" for number in range(size)], dtype=object)),
        "hollow": Column(np.full(size, np.nan)),
        "late": Column(late),
    }
    query.write(Table(table), path)
    text = draft("rows", Data(path, key=("id",)), "late")
    contract = contract_of(text)

    assert contract.table.key == ("id",)
    assert contract.columns["id"].unique
    assert contract.columns["carrier"].allowed == ("NO", "UA")
    assert contract.label is not None
    assert contract.label.leakage is None
    assert "# refund gives the label away." in text
    assert "# contact holds what looks like email" in text
    assert "email" not in contract.privacy.refuse
    assert "iban" in contract.privacy.refuse
    assert "# hollow is left out: no row has a value." in text


def test_nothing_is_drafted_from_nothing(tmp_path: Path) -> None:
    """A table without rows, and one that is not there, are refused."""
    path = tmp_path / "rows.parquet"
    query.write(Table({"x": Column(np.zeros(0))}), path)

    with pytest.raises(UsageError, match="has no rows"):
        draft("rows", Data(path))
    with pytest.raises(NotFound, match="is not there"):
        draft("rows", Data(tmp_path / "none.parquet"))


def test_a_difference_tells_columns_values_and_what_is_missing(tmp_path: Path) -> None:
    """Added, removed and retyped columns, a shift and a gap are told; a column that stayed has not moved."""
    draw, size = np.random.default_rng(9), 500
    before, after = tmp_path / "before.parquet", tmp_path / "after.parquet"
    one = {
        "same": Column(draw.normal(size=size)),
        "shift": Column(draw.normal(size=size)),
        "gap": Column(draw.normal(size=size)),
        "kind": Column(np.arange(size)),
        "old": Column(np.arange(size)),
    }
    other = {
        "same": Column(draw.normal(size=size)),
        "shift": Column(draw.normal(size=size) + 1),
        "gap": Column(np.where(draw.random(size) < 0.3, np.nan, draw.normal(size=size))),
        "kind": Column(np.array([str(number) for number in range(size)], dtype=object)),
        "new": Column(np.arange(size)),
    }
    query.write(Table(one), before)
    query.write(Table(other), after)
    change = differ(before, after)
    found = {one.name: one for one in change.columns}

    assert change.rows == (size, size)
    assert {name: each.schema for name, each in found.items() if each.schema} == {
        "kind": "BIGINT → VARCHAR",
        "old": "removed",
        "new": "added",
    }
    assert {name for name, each in found.items() if each.moved and each.schema is None} == {"shift", "gap"}
    assert found["shift"].distance == pytest.approx(0.38, abs=0.1)
    assert found["gap"].missing_distance == pytest.approx(0.3, abs=0.08)
