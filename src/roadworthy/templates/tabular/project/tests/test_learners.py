"""What the learners count and add up, on numbers that can be checked by hand."""

import numpy as np
import pandas as pd
import pytest

from flight_delay.encode import late_shares, look_up, numbers
from flight_delay.late_share import LateShare
from flight_delay.trees import Trees


def test_a_share_is_drawn_towards_the_whole():
    """Two of two late, with two more of the average kind, are three quarters; spelling makes no other carrier."""
    shares = late_shares(np.array(["UA", " ua", "DL", "DL"]), np.array([1, 1, 0, 0]), smoothing=2)

    assert shares == {"UA": 0.75, "DL": 0.25}


def test_what_is_unknown_or_missing_is_looked_up_too():
    """Nobody who asks is turned away for a value that training never saw."""
    found = look_up(["dl", "XX", None, float("nan"), pd.NA], {"DL": 0.25}, otherwise=0.5)

    assert found.tolist() == [0.25, 0.5, 0.5, 0.5, 0.5]


@pytest.mark.parametrize(
    "values", [[1, None], [1, np.nan], pd.Series([1, None]), pd.Series([1, pd.NA]), pd.Series([1, None], dtype="Int32")]
)
def test_a_missing_number_is_nan_however_it_is_written(values):
    """Lists, floats, objects and pandas' own integers: what is missing is NaN."""
    np.testing.assert_array_equal(numbers(values), [1, np.nan])


@pytest.mark.parametrize(
    ("carrier", "hour", "chance"), [("UA", 18, 0.75), ("DL", 18, 0.25), ("XX", 18, 0.5), ("UA", 25, 0.5)]
)
def test_the_baseline_looks_up_carrier_and_hour(carrier, hour, chance):
    """An unknown carrier gets its hour's share, an impossible hour that of all flights."""
    rows = {"carrier": np.array(["UA", "DL"]), "hour": np.array([18, 18]), "late": np.array([True, False])}
    learned = LateShare.fit(rows, {"smoothing": 1}, seed=1)
    answer = LateShare(learned).probability({"carrier": np.array([carrier]), "hour": np.array([hour])})

    assert answer.tolist() == [chance]


def test_trees_are_followed_from_question_to_answer():
    """Yes goes left, no goes right, and a missing value where the question says."""
    trees = Trees(
        {
            "start": 10.0,
            "feature": [[0, 1, 1]],
            "threshold": [[5.0, 1.0, 1.0]],
            "missing_is_yes": [[True, False, False]],
            "answer": [[1.0, 2.0, 3.0, 4.0]],
        }
    )
    rows = np.array([[5.0, 1.0], [5.0, 2.0], [6.0, 1.0], [6.0, 2.0], [np.nan, np.nan]])

    assert trees.score(rows).tolist() == [11.0, 12.0, 13.0, 14.0, 12.0]
    assert trees.score(rows[:0]).tolist() == []
