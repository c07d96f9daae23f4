"""The scope is a pure function: it says of each row why the model may not be used on it."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.build.data.table import Column, Table
from roadworthy.declare.contract import ColumnRule, Contract
from roadworthy.declare.requirements import InputRule, Inputs, OutputRule, Requirements
from roadworthy.operate.serve.guard import Answer, Guard, OutOfScope, answer
from roadworthy.operate.serve.scope import Rule, of_inputs, reasons

NUMBERS = st.floats(-1e6, 1e6) | st.none()


def numbers(values: list[float | None]) -> Column:
    """Return a column as a request brings it."""
    gone = np.array([value is None for value in values], dtype=bool)
    return Column(np.array([np.nan if value is None else value for value in values]), gone if gone.any() else None)


@given(values=st.lists(NUMBERS, min_size=1), low=st.floats(-100, 0), high=st.floats(0, 100), missing=st.booleans())
def test_a_row_is_out_of_scope_exactly_when_its_value_is(
    values: list[float | None], low: float, high: float, *, missing: bool
) -> None:
    """However many rows there are, each is judged by its own value."""
    found = reasons(Table({"wind": numbers(values)}), {"wind": Rule("number", low, high, missing=missing)})

    assert [bool(why) for why in found] == [
        not missing if value is None else not low <= value <= high for value in values
    ]


@pytest.mark.parametrize(
    ("column", "rule", "says"),
    [
        (Column(np.array([130.0])), Rule("number", 0, 120, unit="mph"), "x is 130 mph, above 120"),
        (Column(np.array([-1])), Rule("integer", 0), "x is -1, below 0"),
        (Column(np.array([0]), np.array([True])), Rule("integer", 1, missing=False), "x is missing"),
        (Column(np.array([0]), np.array([True])), Rule("integer", 1), None),
        (Column(np.array(["ZZ"], dtype=object)), Rule(allowed=frozenset({"UA"})), "x is 'ZZ', which is not among"),
        (Column(np.array([""], dtype=object), np.array([True])), Rule(allowed=frozenset({"UA"})), None),
        (Column(np.array([""], dtype=object), np.array([True])), Rule("text", missing=False), "x is missing"),
        (Column(np.array(["n1"], dtype=object)), Rule(pattern=re.compile("N[0-9]+")), "not of the form N"),
        (Column(np.array([3.0])), Rule(allowed=frozenset({1, 2})), "x is 3, which is not among"),
        (Column(np.array([True])), Rule("boolean"), None),
        (
            Column(np.array(["1999-01-01"], dtype="datetime64[us]")),
            Rule("time", "2013-01-01"),
            "x is 1999-01-01T00:00:00.000000, below '2013-01-01'",
        ),
    ],
)
def test_a_reason_names_the_column_the_value_and_the_bound(column: Column, rule: Rule, says: str | None) -> None:
    """Whoever reads a flagged prediction sees what was wrong with it."""
    [found] = reasons(Table({"x": column}), {"x": rule})

    assert (found == ()) if says is None else (says in found[0])


def test_the_scope_is_the_contracts_unless_the_requirements_say_otherwise() -> None:
    """An override changes what it names, and leaves the rest."""
    requirements = Requirements(
        "roadworthy/v1alpha1",
        model="delay",
        task="binary_classification",
        inputs=Inputs(("wind", "hour", "free"), "flights", {"wind": InputRule(max=120, missing="allowed")}),
        outputs={"probability": OutputRule()},
    )
    columns = {
        "wind": ColumnRule(type="number", min=0, max=90, missing=0),
        "hour": ColumnRule(type="integer", missing=0),
    }
    contract = Contract("roadworthy/v1alpha1", "flights", columns)

    assert of_inputs(requirements, {"flights": contract}) == {
        "wind": Rule("number", 0, 120, missing=True),
        "hour": Rule("integer", missing=False),
        "free": Rule(),
    }


class Says:
    """A predictor that answers the same to every row, and remembers how many it was asked about."""

    def __init__(self, value: float) -> None:
        self.value = value
        self.asked: list[list[float]] = []

    def predict(self, table: Table, *, timeout: float) -> Table:
        """Answer."""
        assert timeout > 0
        self.asked.append(table["wind"].values.tolist())
        return Table({"probability": Column(np.full(len(table), self.value))})


def guarded(policy: OutOfScope, model: Says, baseline: Says | None, *winds: float) -> Answer:
    """Return the answer under a scope of 0 to 120 for the wind, and 0 to 1 for the answer."""
    guard = Guard({"wind": Rule("number", 0, 120)}, {"probability": Rule("number", 0, 1)}, policy)
    return answer(guard, Table({"wind": Column(np.array(winds))}), model, baseline, timeout=1)


def test_flagged_rows_are_answered_all_the_same() -> None:
    """Under `flag` the model is asked once, for every row."""
    model = Says(0.5)
    found = guarded("flag", model, None, 10.0, 200.0)

    assert model.asked == [[10.0, 200.0]]
    assert found.verdicts == ("in_scope", "flagged")
    assert found.outputs["probability"].values.tolist() == [0.5, 0.5]


@pytest.mark.parametrize("winds", [(10.0, 200.0, 20.0), (200.0,), (10.0,)])
def test_refused_rows_never_reach_the_model(winds: tuple[float, ...]) -> None:
    """Under `refuse` they have no output; the others keep their places."""
    model = Says(0.5)
    found = guarded("refuse", model, None, *winds)
    inside = [wind for wind in winds if wind <= 120]

    assert model.asked == ([inside] if inside else [])
    assert found.outputs["probability"].is_missing().tolist() == [wind > 120 for wind in winds]
    assert found.verdicts == tuple("refused" if wind > 120 else "in_scope" for wind in winds)


def test_rows_fall_back_to_the_baseline() -> None:
    """Under `fallback` each row is answered by one of the two; without a baseline it is refused."""
    model, baseline = Says(0.5), Says(0.1)
    found = guarded("fallback", model, baseline, 200.0, 10.0)
    without = guarded("fallback", model, None, 200.0, 10.0)

    assert (model.asked[0], baseline.asked) == ([10.0], [[200.0]])
    assert found.outputs["probability"].values.tolist() == [0.1, 0.5]
    assert found.verdicts == ("fallback", "in_scope")
    assert without.verdicts == ("refused", "in_scope")


def test_an_answer_that_the_model_should_not_give_is_guarded() -> None:
    """An output out of range is treated as an input out of range is."""
    flagged = guarded("flag", Says(1.5), None, 10.0)
    replaced = guarded("fallback", Says(1.5), Says(0.1), 10.0)

    assert (flagged.verdicts, flagged.reasons) == (("flagged",), (("probability is 1.5, above 1",),))
    assert (replaced.verdicts, replaced.outputs["probability"].values.tolist()) == (("fallback",), [0.1])
