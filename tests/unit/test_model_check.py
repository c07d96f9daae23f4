"""An answer is taken only when it is what the model declares."""

from __future__ import annotations

import numpy as np
import pytest

from roadworthy.build.data.table import Column
from roadworthy.build.model.check import check
from roadworthy.declare.requirements import OutputRule
from roadworthy.errors import BadPrediction

OUTPUTS = {"low": OutputRule(), "label": OutputRule(type="text"), "count": OutputRule(type="integer")}


def answer(**columns: list[object]) -> list[tuple[str, Column]]:
    """Return columns as they come from a worker."""
    found = []
    for name, values in columns.items():
        text = any(isinstance(value, str) for value in values)
        gone = np.array([value is None for value in values])
        filled = ["" if value is None else value for value in values]
        found.append((name, Column(np.array(filled if text else values, dtype=object if text else None), gone)))
    return found


def test_a_good_answer_is_taken_with_numbers_as_floats() -> None:
    """What is declared as a number may come as integers."""
    table = check(answer(low=[1, 0], label=["a", "b"], count=[3, 4]), 2, OUTPUTS)

    assert table.names == ("low", "label", "count")
    assert table["low"].values.dtype == np.float64
    assert table["count"].values.dtype == np.int64


@pytest.mark.parametrize(
    ("columns", "says"),
    [
        ({"label": ["a"], "low": [1.0], "count": [1]}, "in another order: `label`, `low`, `count` instead of `low`"),
        ({"low": [1.0], "label": ["a"]}, "the columns `low`, `label` instead of"),
        ({}, r"the columns \(none\) instead of"),
        ({"low": [1.0], "label": ["a"], "count": [1.5]}, "numbers in the column `count`, which is declared as integer"),
        ({"low": [True], "label": ["a"], "count": [1]}, None),
        ({"low": [1.0, 2.0], "label": ["a", "b"], "count": [1, 2]}, "2 rows for 1 rows"),
        ({"low": [1.0], "label": [None, "a"], "count": [1]}, "2 rows for 1 rows"),
    ],
)
def test_another_answer_is_refused(columns: dict[str, list[object]], says: str | None) -> None:
    """Columns, their order, their types and the number of rows must be the declared ones."""
    if says is None:
        assert check(answer(**columns), 1, OUTPUTS)["low"].values.tolist() == [1.0]
        return
    with pytest.raises(BadPrediction, match=says):
        check(answer(**columns), 1, OUTPUTS)


def test_what_is_missing_is_named_by_column_and_row() -> None:
    """A text that is missing is refused as NaN is."""
    with pytest.raises(BadPrediction, match="nothing in the column `label` at row 1, and in 1 of 2 rows"):
        check(answer(low=[1.0, 1.0], label=["a", None], count=[1, 2]), 2, OUTPUTS)


def test_without_a_declaration_any_columns_will_do() -> None:
    """A model that no requirements describe must still answer every row with numbers."""
    assert check(answer(anything=[0.5]), 1, {}).names == ("anything",)
    with pytest.raises(BadPrediction, match="NaN in the column `anything` at row 0"):
        check(answer(anything=[float("nan")]), 1, {})
