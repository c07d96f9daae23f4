"""Model tests: changes, judgements, and the tests that could not fail."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.build.data.table import Column, Table
from roadworthy.declare.contract import ColumnRule, Contract
from roadworthy.declare.requirements import Behaviour, InputRule, Inputs, Requirements
from roadworthy.errors import PredictFailed, UsageError
from roadworthy.prove.behaviour import apart, missing
from roadworthy.prove.behaviour.change import apply
from roadworthy.prove.behaviour.check import check
from roadworthy.prove.behaviour.subject import Subject

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

ROWS = 400


def table(rows: int = ROWS) -> Table:
    """Return inputs of a model of delays."""
    random = np.random.default_rng(7)
    carriers = np.array(["UA", "AA", "DL"], dtype=object)[random.integers(0, 3, rows)]
    wind = random.integers(0, 40, rows).astype(np.float64)
    return Table(
        {
            "carrier": Column(carriers),
            "wind_speed": Column(wind, random.random(rows) < 0.1),
            "hour": Column(random.integers(0, 24, rows)),
        }
    )


def said(values: NDArray[np.float64]) -> Table:
    """Return the outputs of a model."""
    return Table({"probability": Column(values)})


def windy(rows: Table) -> Table:
    """Predict from the wind, and from the carrier whatever its spelling."""
    wind = np.where(rows["wind_speed"].is_missing(), 10.0, rows["wind_speed"].values)
    united = np.array([carrier.upper() == "UA" for carrier in rows["carrier"].values])
    return said(np.asarray(wind, dtype=np.float64) / 100 + 0.1 * united)


def spelling(rows: Table) -> Table:
    """Predict from the carrier's spelling, as a careless model does."""
    return said(np.array([0.3 if carrier == "UA" else 0.1 for carrier in rows["carrier"].values]))


def constant(rows: Table) -> Table:
    """Predict the same for everybody."""
    return said(np.full(len(rows), 0.2))


def subject(predict: Callable[[Table], Table], *, rows: Table | None = None, is_baseline: bool = False) -> Subject:
    """Return a model under test."""
    asked = table() if rows is None else rows
    return Subject(asked, asked.names, predict(asked), predict, is_baseline=is_baseline, key=())


WIND = Behaviour("wind", "directional", {"wind_speed": "+20"}, expect="not_lower", share=0.95)
SPELLING = Behaviour("spelling", "invariance", {"carrier": "lower_case"}, within=0.0)
CALM = Behaviour("calm", "minimum_functionality", where="wind_speed < 5", expect="probability < 0.16", share=0.9)


@pytest.mark.parametrize("test", [WIND, SPELLING, CALM], ids=lambda test: test.name)
def test_a_sound_model_passes(test: Behaviour) -> None:
    """A model that behaves as declared passes each kind of test."""
    found = check(test, subject(windy))

    assert (found.verdict, found.section, found.name) == ("passed", "behaviour", test.name)


def test_a_broken_direction_fails_with_its_rows() -> None:
    """A model that says the contrary fails, and shows inputs and outputs before and after."""
    found = check(WIND, subject(lambda rows: said(1 - windy(rows)["probability"].values.astype(np.float64))))
    example = found.examples[0]

    assert found.verdict == "failed"
    assert found.facts["share"] == 0.0
    assert example["wind_speed (changed)"] == pytest.approx(float(str(example["wind_speed"])) + 20)
    assert float(str(example["probability (changed)"])) < float(str(example["probability"]))
    assert len(found.examples) == 10


def test_a_careless_model_fails_invariance() -> None:
    """A model that reads the spelling fails in the rows where it matters."""
    found = check(SPELLING, subject(spelling))

    assert found.verdict == "failed"
    assert all(example["carrier"] == "UA" for example in found.examples)


def test_missing_values_are_not_judged_under_arithmetic() -> None:
    """A missing wind plus 20 is missing: such rows are not altered, and not counted."""
    found = check(WIND, subject(windy))

    assert found.facts["rows"] == ROWS - int(table()["wind_speed"].is_missing().sum())


def test_a_change_that_the_model_does_not_read_is_vacuous() -> None:
    """A test on columns that do not matter to the model cannot fail, so it counts as failed, and says why."""
    found = check(WIND, subject(spelling))

    assert found.verdict == "failed"
    assert "Vacuous" in found.summary
    assert "does not read wind_speed" in found.summary


def test_the_baseline_need_not_read_every_input() -> None:
    """On the neutral first launch, a test of what it does not read is not run, and says why."""
    found = check(WIND, subject(spelling, is_baseline=True))

    assert found.verdict == "not_run"
    assert "does not read wind_speed" in found.summary


def test_an_invariance_that_holds_is_no_proof_of_not_reading() -> None:
    """A model that reads a column, but rightly ignores its spelling, is told from one that does not read it."""
    assert check(SPELLING, subject(windy)).verdict == "passed"
    assert "does not read carrier" in check(SPELLING, subject(constant)).summary


def test_a_change_that_alters_nothing_is_vacuous() -> None:
    """Lower case of lower case changes no row."""
    lower = table()
    texts = np.array([carrier.lower() for carrier in lower["carrier"].values], dtype=object)
    found = check(SPELLING, subject(windy, rows=lower.with_column("carrier", Column(texts))))

    assert found.verdict == "failed"
    assert "alters no row" in found.summary


def test_no_rows_and_no_inputs_are_vacuous() -> None:
    """A test of rows that there are not, or of what is no input, cannot fail."""
    nobody = Behaviour("x", "directional", {"wind_speed": "+1"}, where="hour > 99", expect="not_lower")
    stranger = Behaviour("x", "directional", {"snow": "+1"}, expect="not_lower")

    assert "no row satisfies" in check(nobody, subject(windy)).summary
    assert "snow is no input" in check(stranger, subject(windy)).summary


def test_what_a_constant_model_passes_is_vacuous() -> None:
    """An expectation that a model without eyes meets tests nothing, although the candidate meets it."""
    lenient = Behaviour("calm", "minimum_functionality", where="wind_speed < 5", expect="probability < 0.9", share=0.9)
    found = check(lenient, subject(windy))

    assert found.verdict == "failed"
    assert "a model that always says probability 0.2" in found.summary


def test_minimum_functionality_fails_with_its_rows() -> None:
    """Rows below the minimum are shown with what was said of them."""
    found = check(CALM, subject(lambda rows: said(1 - windy(rows)["probability"].values.astype(np.float64))))

    assert found.verdict == "failed"
    assert all(float(str(example["probability"])) >= 0.16 for example in found.examples)


def test_bad_tests_are_the_users_mistake() -> None:
    """A change, a direction or a predicate that means nothing is said to be so."""
    no_change = Behaviour("x", "directional", {"wind_speed": "twice"}, expect="not_lower")
    no_direction = Behaviour("x", "directional", {"wind_speed": "+1"}, expect="up")
    no_column = Behaviour("x", "minimum_functionality", where="snow > 1", expect="probability < 1")
    wrong_kind = Behaviour("x", "directional", {"carrier": "+1"}, expect="not_lower")

    for test, word in ((no_change, "'twice'"), (no_direction, "'up'"), (no_column, "snow"), (wrong_kind, "carrier")):
        with pytest.raises(UsageError, match=word):
            check(test, subject(windy))


amounts = st.integers(-50, 50)


@given(st.lists(st.one_of(st.none(), amounts), min_size=1, max_size=30), amounts)
def test_addition_and_its_inverse(values: list[int | None], amount: int) -> None:
    """Adding and taking away gives the rows back; missing stays missing; whole numbers stay whole."""
    column = Column(np.array([value or 0 for value in values]), np.array([value is None for value in values]))
    there = apply({"x": f"{amount:+d}"}, Table({"x": column}))
    back = apply({"x": f"{-amount:+d}"}, there.table)

    assert back.table["x"].values.tolist() == column.values.tolist()
    assert back.table["x"].values.dtype.kind == "i"
    assert there.altered.tolist() == [value is not None and amount != 0 for value in values]


def test_every_form_of_change() -> None:
    """Each form does what it says, in the rows where it is made."""
    rows = Table(
        {
            "speed": Column(np.array([1, 2, 3])),
            "name": Column(np.array(["a", "B", "c"], dtype=object)),
            "late": Column(np.array([True, False, True])),
            "at": Column(np.array(["2013-01-01"] * 3, dtype="datetime64[us]")),
        }
    )
    first = np.array([True, False, False])

    assert apply({"speed": "*1.5"}, rows).table["speed"].values.tolist() == [1.5, 3.0, 4.5]
    assert apply({"speed": "/2"}, rows).table["speed"].values.tolist() == [0.5, 1.0, 1.5]
    assert apply({"speed": "-1"}, rows, first).table["speed"].values.tolist() == [0, 2, 3]
    assert apply({"name": "upper_case"}, rows).altered.tolist() == [True, False, True]
    assert apply({"speed": "missing"}, rows, first).table["speed"].is_missing().tolist() == [True, False, False]
    assert apply({"name": {"set": "z"}}, rows, first).table["name"].values.tolist() == ["z", "B", "c"]
    assert sorted(apply({"speed": "shuffled"}, rows).table["speed"].values.tolist()) == [1, 2, 3]
    assert apply({"speed": "shuffled"}, rows).altered.all()
    assert apply({"late": {"set": True}}, rows).altered.tolist() == [False, True, False]
    assert apply({"speed": {"set": 2}}, rows).altered.tolist() == [True, False, True]
    assert apply({"at": {"set": "2013-01-01"}}, rows).altered.tolist() == [False, False, False]


def backwards(rows: Table) -> Table:
    """Answer every row, and the last one first."""
    return windy(rows.take(np.arange(len(rows))[::-1]))


def in_order(rows: Table) -> Table:
    """Answer in the order of the answers, as a ranking does."""
    values = windy(rows)["probability"].values
    return said(np.sort(np.asarray(values, dtype=np.float64)))


def in_company(rows: Table) -> Table:
    """Answer how far a row lies above those beside it."""
    values = np.asarray(windy(rows)["probability"].values, dtype=np.float64)
    return said(values - values.mean())


def roughly(rows: Table) -> Table:
    """Answer as sums of 32-bit numbers do, that are added up otherwise in another batch."""
    values = np.asarray(windy(rows)["probability"].values, dtype=np.float64)
    return said(values * (1 + 1e-7 * len(rows)))


@pytest.mark.parametrize("model", [windy, spelling, constant, roughly])
def test_a_model_that_looks_at_one_row_at_a_time_passes(model: Callable[[Table], Table]) -> None:
    """The order and the company of a row change nothing but its last digits."""
    assert apart.check(subject(model)).verdict == "passed"


@pytest.mark.parametrize("model", [backwards, in_order, in_company])
def test_a_model_that_gives_rows_others_answers_is_found(model: Callable[[Table], Table]) -> None:
    """As many answers as rows are not enough: reversed, sorted, or depending on the rows beside, each is shown."""
    check_ = apart.check(subject(model))
    (example,) = check_.examples

    assert check_.verdict == "failed"
    assert "each other's answers" in check_.summary
    assert {"carrier", "wind_speed", "hour", "probability"} < set(example)


def test_a_model_that_rolls_dice_is_called_that() -> None:
    """Two answers to the same question are no matter of order, and are told as what they are."""
    dice = np.random.default_rng(3)
    found = apart.check(subject(lambda rows: said(dice.random(len(rows)))))

    assert found.verdict == "failed"
    assert "the same is asked again" in found.summary


def test_what_is_tried_of_every_model_proves_nothing_of_this_one() -> None:
    """A check that nobody asked for does not make a proof, and without two rows it is not run."""
    found = apart.check(subject(windy))

    assert not found.asked
    assert apart.check(subject(windy, rows=table(1))).verdict == "not_run"


def test_an_input_that_may_be_missing_is_tried_so() -> None:
    """A model that is declared to take a missing value must answer without it; one that raises fails by name."""

    def strict(rows: Table) -> Table:
        if rows["wind_speed"].is_missing().all():
            raise PredictFailed("Input X contains NaN.", remedy="Mend it.")
        return windy(rows)

    assert missing.check("wind_speed", subject(windy)).verdict == "passed"
    with pytest.raises(PredictFailed):
        missing.check("wind_speed", subject(strict))


def test_what_may_be_missing_is_said_by_the_requirements_or_else_the_contract() -> None:
    """An override wins; a share above zero in the contract allows it; what says nothing of it is not tried."""
    columns = {"a": ColumnRule(missing=0.1), "b": ColumnRule(missing=0.1), "c": ColumnRule(missing=0.0)}
    contract = Contract("roadworthy/v1alpha1", "reference", columns)
    override = {"b": InputRule(missing="refused"), "d": InputRule(missing="allowed")}
    inputs = Inputs(("a", "b", "c", "d", "e"), "flights", override)
    declared = Requirements("roadworthy/v1alpha1", "delay", "binary_classification", inputs, {})

    assert missing.allowed(declared, {"flights": contract}) == ("a", "d")
