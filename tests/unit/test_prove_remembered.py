"""Predictions that were made before are found again, and only for the same rows."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.build.data.table import Column, Table
from roadworthy.ledger import ledger as ledgers
from roadworthy.prove.predictor import join
from roadworthy.prove.remembered import Remembered, digest, fetch, keep

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.ledger.ledger import Ledger

texts = st.lists(st.text(max_size=3), min_size=1, max_size=6)


class Counting:
    """A model that counts how often it is asked."""

    def __init__(self) -> None:
        self.asked = 0

    def __call__(self, rows: Table) -> Table:
        """Return twice the input."""
        self.asked += 1
        return Table({"twice": Column(rows["x"].values.astype(np.float64) * 2)})


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """Return an empty ledger."""
    return ledgers.open(tmp_path / ".roadworthy")


def rows(*values: float) -> Table:
    """Return a table with a column that the model is given, and one that it is not."""
    return Table({"x": Column(np.array(values)), "other": Column(np.arange(len(values)))})


def test_the_same_rows_are_asked_about_once(ledger: Ledger) -> None:
    """A named model is remembered beyond the process, by what it is given alone; another name is another model."""
    model = Counting()
    first = Remembered(model, ("x",), ledger, "v1")(rows(1, 2))
    again = Remembered(model, ("x",), ledger, "v1")(rows(1, 2).with_column("other", Column(np.array([7, 8]))))
    Remembered(model, ("x",), ledger, "v2")(rows(1, 2))
    Remembered(model, ("x",), ledger, "v1")(rows(2, 1))

    assert again["twice"].values.tolist() == first["twice"].values.tolist() == [2.0, 4.0]
    assert model.asked == 3


def test_an_unnamed_model_is_not_remembered_beyond_the_process(ledger: Ledger) -> None:
    """What the working tree says today may not be what it says tomorrow."""
    model = Counting()
    today = Remembered(model, ("x",), ledger)
    today(rows(1, 2))
    today(rows(1, 2))
    Remembered(model, ("x",), ledger)(rows(1, 2))

    assert model.asked == 2


def test_a_lost_object_is_asked_for_again(ledger: Ledger) -> None:
    """When the kept predictions are gone, the model is asked, and nothing fails."""
    model = Counting()
    Remembered(model, ("x",), ledger, "v1")(rows(1, 2))
    for address in list(ledger.objects):
        ledger.objects.path(address).unlink()

    assert len(Remembered(model, ("x",), ledger, "v1")(rows(1, 2))) == 2
    assert model.asked == 2


@given(texts, texts)
def test_digests_are_equal_for_equal_rows_alone(one: list[str], other: list[str]) -> None:
    """("ab", "c") is not ("a", "bc"), and an empty text is not a missing one."""

    def held(values: list[str], *, missing: bool | None = None) -> Table:
        column = np.array(values, dtype=object)
        return Table({"t": Column(column, None if missing is None else np.full(len(values), missing))})

    assert (digest(held(one)) == digest(held(other))) == (one == other)
    assert digest(held(one)) != digest(held(one, missing=True))
    assert digest(held(one)) == digest(held(one, missing=False))


def test_tables_are_kept_and_joined_whole(ledger: Ledger) -> None:
    """A kept table comes back as it was; parts of one join to the whole, missing values included."""
    whole = Table({"x": Column(np.array([1.0, 0.0, 3.0]), np.array([False, True, False]))})
    back = fetch(ledger, keep(ledger, whole))
    joined = join([whole.take(np.array([0])), whole.take(np.array([1, 2]))])

    assert back["x"].is_missing().tolist() == [False, True, False]
    assert joined["x"].is_missing().tolist() == [False, True, False]
    assert joined["x"].values.tolist() == [1.0, 0.0, 3.0]
