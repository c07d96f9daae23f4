"""The status of a failure mode: guarded, flagged, accepted until a day; and its twins."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from roadworthy.build.data.table import Bools, Column, Table
from roadworthy.declare.failure_mode import Accepted, FailureMode, Found
from roadworthy.declare.requirements import Inputs, OutputRule, Requirements
from roadworthy.prove.behaviour import failure_mode
from roadworthy.prove.behaviour.failure_mode import Examples, Model

WANTED = Requirements(
    "roadworthy/v1alpha1", "delay", "binary_classification", Inputs(("wind",)), {"probability": OutputRule()}
)
MODE = FailureMode(
    "roadworthy/v1alpha1",
    "storms are calm",
    Found("2013-06-01", "person"),
    "ada",
    "high",
    "failure_modes/FM-001.parquet",
    expect="probability > 0.5",
)


def rows(*winds: float) -> Table:
    """Return rows with these winds."""
    return Table({"wind": Column(np.array(winds))})


def breeze(given: Table) -> Table:
    """Answer with a hundredth of the wind."""
    return Table({"probability": Column(given["wind"].values.astype(np.float64) / 100)})


def guard(given: Table) -> Bools:
    """Flag whatever blows harder than 60."""
    return np.asarray(given["wind"].values.astype(np.float64) > 60)


@pytest.mark.parametrize(
    ("mode", "winds", "verdict"),
    [
        (MODE, (70.0, 80.0), "passed"),
        (MODE, (40.0,), "failed"),
        (replace(MODE, status="guarded", expect="probability > 0.9"), (70.0, 80.0), "passed"),
        (replace(MODE, status="guarded", expect="probability > 0.9"), (70.0, 50.0), "failed"),
        (replace(MODE, expect="flagged"), (70.0, 200.0), "passed"),
        (replace(MODE, expect="flagged"), (70.0, 50.0), "failed"),
        (replace(MODE, status="accepted", accepted=Accepted("2999-01-01", "rare")), (40.0,), "passed"),
        (replace(MODE, status="accepted", accepted=Accepted("2001-01-01", "rare")), (40.0,), "failed"),
    ],
)
def test_a_status_holds_no_longer_than_it_says(mode: FailureMode, winds: tuple[float, ...], verdict: str) -> None:
    """An open mode is to be right, a guarded one right or flagged, an accepted one lived with until its day."""
    found = failure_mode.check("FM-001", mode, Examples(rows(*winds), None), WANTED, Model(breeze, None, guard))

    assert found.verdict == verdict, found.summary


def test_an_acceptance_that_is_over_says_so() -> None:
    """Whoever reads the failed check sees that it was accepted, until when, and that this is over."""
    mode = replace(MODE, status="accepted", accepted=Accepted("2001-01-01", "rare"))
    found = failure_mode.check("FM-001", mode, Examples(rows(40), None), WANTED, Model(breeze, None))

    assert "accepted until 2001-01-01, which is over" in found.summary
    assert found.facts["accepted_until"] == "2001-01-01"


def test_a_model_that_learnt_the_examples_fails_their_twins() -> None:
    """Examples that are right do not suffice where rows like them are wrong."""
    mode = replace(MODE, held_out="failure_modes/FM-001-twins.parquet")
    found = failure_mode.check("FM-001", mode, Examples(rows(70), None, rows(40, 80)), WANTED, Model(breeze, None))

    assert found.verdict == "failed"
    assert "Of 2 twins, 50 %." in found.summary
    assert [example["wind"] for example in found.examples] == [40.0]


def test_nobody_is_flagged_where_there_is_no_guard() -> None:
    """An expectation of the guard fails where nobody can say what it flags."""
    mode = replace(MODE, expect="flagged")
    found = failure_mode.check("FM-001", mode, Examples(rows(500), None), WANTED, Model(breeze, None))

    assert found.verdict == "failed"
