"""The search for weak slices: how often it raises a false alarm, and whether it finds what is there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest

from roadworthy.build.data import query
from roadworthy.build.data.table import Column, Table
from roadworthy.prove.evaluate.detail.weak import LEVEL, search
from roadworthy.prove.evaluate.scored import Scored

if TYPE_CHECKING:
    from roadworthy.build.data.table import Floats

ROWS, TRIALS, DEALS = 600, 200, 199
MOST = 18  # of 200 trials at a chance of 1 in 20, more come about once in 200 studies


def inputs(random: np.random.Generator) -> Table:
    """Return six inputs, numbers and names."""
    return Table(
        {
            f"x{place}": Column(random.normal(size=ROWS))
            if place % 2
            else Column(random.integers(0, 5, ROWS).astype(str).astype(object))
            for place in range(6)
        }
    )


def answers(said: Floats, truth: Floats) -> Scored:
    """Return answers beside the truth."""
    return Scored(said, truth, said, np.abs(said - truth) < 1)


@pytest.mark.parametrize("task", ["regression", "binary_classification"])
def test_a_model_that_is_weak_nowhere_is_seldom_accused(task: str) -> None:
    """Where no input has to do with the loss, even a heavy-tailed one, a slice is named in about one of 20 searches."""
    alarms = 0
    for seed in range(TRIALS):
        random = np.random.default_rng(seed)
        rows = inputs(random)
        said = np.zeros(ROWS) if task == "regression" else random.random(ROWS)
        came = random.standard_t(3, size=ROWS) if task == "regression" else random.random(ROWS) < said
        truth = np.asarray(came, dtype=np.float64)
        alarms += bool(search(rows, rows.names, answers(said, truth), task, deals=DEALS)["found"])

    assert LEVEL == 0.05
    assert alarms <= MOST


def test_a_planted_weakness_is_found_and_named() -> None:
    """A model that guesses wildly where one input is high and another has one value is said to be weak there."""
    found = 0
    for seed in range(20):
        random = np.random.default_rng(seed)
        rows = inputs(random)
        planted = query.where(rows, "x1 > 0.3 AND x2 IN ('1', '2')")
        truth = random.normal(size=ROWS) * np.where(planted, 3.0, 1.0)
        slices = search(rows, rows.names, answers(np.zeros(ROWS), truth), "regression", deals=DEALS)["found"]
        named = " ".join(one["where"] for one in slices)
        found += "x1" in named or "x2" in named

    assert found >= 19
