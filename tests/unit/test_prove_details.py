"""What stands behind the metrics: thresholds and costs, matrices, residuals, importance, chances of several classes."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from roadworthy.build.data.table import Column, Table
from roadworthy.declare.requirements import Inputs, OutputRule, Requirements
from roadworthy.prove.evaluate import known
from roadworthy.prove.evaluate.detail import importance, matrix, residuals, thresholds, weak
from roadworthy.prove.evaluate.metric import METRICS
from roadworthy.prove.evaluate.scored import Scored, score
from roadworthy.prove.review import behind

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.build.data.table import Floats
    from roadworthy.declare.requirements import Task


def wanted(task: Task, outputs: Sequence[str], columns: Sequence[str] = ("x",)) -> Requirements:
    """Return the least that says what a model answers."""
    rules = {name: OutputRule() for name in outputs}
    return Requirements("roadworthy/v1alpha1", model="m", task=task, inputs=Inputs(tuple(columns)), outputs=rules)


def classes(chances: Floats, truth: Sequence[str]) -> Scored:
    """Return the answers of a model that states the chance of `a`, `b` and `c`."""
    names = ("a", "b", "c")
    answers = Table({name: Column(chances[:, at]) for at, name in enumerate(names)})
    return score(answers, Column(np.array(truth, dtype=object)), wanted("multiclass", names))


def test_a_threshold_says_whom_it_flags_and_what_it_costs() -> None:
    """Four rows, two of them positive, a miss five times as dear as a false alarm: every cutoff by hand."""
    said, truth = np.array([0.1, 0.4, 0.6, 0.9]), np.array([0.0, 1.0, 0.0, 1.0])
    found = thresholds.curve(Scored(said, truth, said, said > 0), {"miss": 5.0, "false_alarm": 1.0})

    assert [cut["flagged"] for cut in found] == [1.0, 0.75, 0.5, 0.25]
    assert [cut["precision"] for cut in found] == [0.5, pytest.approx(2 / 3), 0.5, 1.0]
    assert [cut["recall"] for cut in found] == [1.0, 1.0, 0.5, 0.5]
    assert [cut["false_alarms"] for cut in found] == [1.0, 0.5, 0.5, 0.0]
    assert [cut["cost"] for cut in found] == [0.5, 0.25, 1.5, 1.25]


def test_rows_of_one_class_have_thresholds_without_what_is_not_defined() -> None:
    """Without positives there is no recall, without negatives no share of false alarms; nothing is NaN."""
    said = np.array([0.2, 0.8])
    (none, *_), (all_, *_) = (
        thresholds.curve(Scored(said, truth, said, said > 0), None) for truth in (np.zeros(2), np.ones(2))
    )

    assert none["recall"] is None
    assert none["cost"] is None
    assert all_["false_alarms"] is None


def test_the_chances_of_several_classes_are_held_to_account() -> None:
    """Log loss, Brier score and calibration of three classes, by hand."""
    chances = np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3], [0.2, 0.3, 0.5], [0.5, 0.3, 0.2]])
    scored = classes(chances, ["a", "b", "c", "b"])
    values = {name: METRICS[name].value(scored) for name in ("log_loss", "brier_score", "accuracy")}

    assert values["accuracy"] == 0.75
    assert values["log_loss"] == pytest.approx(-np.log([0.7, 0.6, 0.5, 0.3]).mean())
    assert values["brier_score"] == pytest.approx((0.14 + 0.26 + 0.38 + 0.78) / 4)
    assert METRICS["expected_calibration_error"].value(scored) == pytest.approx((0.3 + 0.4 + 0.0) / 4)


def test_a_class_that_is_no_output_was_given_no_chance() -> None:
    """A true class that the model cannot name costs the most that there is, and takes no other row with it."""
    scored = classes(np.array([[0.7, 0.2, 0.1], [0.1, 0.6, 0.3]]), ["a", "zebra"])

    assert METRICS["accuracy"].value(scored) == 0.5
    assert METRICS["log_loss"].value(scored) == pytest.approx((-np.log(0.7) - np.log(1e-15)) / 2)


@pytest.mark.parametrize("name", ["log_loss", "brier_score", "expected_calibration_error"])
def test_what_is_no_chance_is_not_taken_for_one(name: str) -> None:
    """Scores that do not add up to 1, and classes named alone, have no log loss: it is undefined, and not guessed."""
    margins = classes(np.array([[7.0, 2.0, 1.0]]), ["a"])
    named = score(
        Table({"kind": Column(np.array(["a", "b"], dtype=object))}),
        Column(np.array(["a", "a"], dtype=object)),
        wanted("multiclass", ["kind"]),
    )

    assert np.isnan(METRICS[name].value(margins))
    assert np.isnan(METRICS[name].value(named))
    assert METRICS["accuracy"].value(named) == 0.5


def test_a_matrix_of_many_classes_keeps_every_row() -> None:
    """Of 10,000 classes the fullest stand by themselves, the rest as one; no row is lost."""
    truth = np.array([f"k{number}" for number in [*range(10_000), *([3] * 50), *([7] * 40)]], dtype=object)
    said = truth.copy()
    said[::2] = "k3"
    scored = score(Table({"kind": Column(said)}), Column(truth), wanted("multiclass", ["kind"]))
    found = matrix.matrix(scored)

    assert len(found["classes"]) == matrix.MOST
    assert found["classes"][-1] == matrix.REST
    assert found["merged"] == 10_000 - matrix.MOST + 1
    assert {"k3", "k7"} <= set(found["classes"])
    assert sum(map(sum, found["counts"])) == len(truth)


def test_residuals_tell_where_too_little_is_said() -> None:
    """A model that says half of the truth misses the more, the more it says; a constant one has one bin."""
    truth = np.arange(1.0, 101.0)
    half = residuals.residuals(Scored(truth / 2, truth, truth / 2, truth > 0))
    constant = residuals.residuals(Scored(np.full(100, 50.5), truth, truth, truth > 0))

    assert len(half) == 10
    assert [part["mean"] for part in half] == sorted(part["mean"] for part in half)
    assert half[0]["rows"] == 10
    assert half[-1]["high"] == 50.0
    assert [part["rows"] for part in constant] == [100]
    assert constant[0]["mean"] == pytest.approx(0.0)
    assert residuals.residuals(Scored(truth[:0], truth[:0], truth[:0], truth[:0] > 0)) == []


def test_an_input_that_the_model_reads_weighs_and_one_that_it_does_not_weighs_nothing() -> None:
    """Shuffling what a model reads costs it, with an interval above 0; shuffling anything else costs nothing."""
    random = np.random.default_rng(5)
    rows = Table({"x": Column(random.normal(size=400)), "idle": Column(random.normal(size=400))})
    label = Column(rows["x"].values.astype(np.float64) * 2.0)
    found = importance.importance(
        wanted("regression", ["y"], ["idle", "x"]),
        rows,
        label,
        METRICS["mean_absolute_error"],
        lambda asked: Table({"y": Column(asked["x"].values.astype(np.float64) * 2.0)}),
    )
    heavy, idle = found["inputs"]

    assert (heavy["input"], idle["input"]) == ("x", "idle")
    assert heavy["loss"]["low"] is not None
    assert heavy["loss"]["low"] > 1.0
    assert idle["loss"] == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_too_few_rows_and_too_many_inputs_are_said() -> None:
    """What was not looked for says so, in the measures and on the page."""
    few = np.zeros(50)
    rows = Table({"x": Column(few)})
    weakness = weak.search(rows, ["x"], Scored(few, few, few, few == 0), "regression")
    names = [f"x{number}" for number in range(2_000)]
    many = importance.importance(
        wanted("regression", ["y"], names), rows, Column(few), METRICS["bias"], lambda asked: asked
    )
    told = behind.said({"weakness": weakness, "importance": many})

    assert weakness["reason"] == "Too few rows: 50, of the 200 that a search needs."
    assert many["reason"] == "2,000 inputs are more than the 100 that are asked about."
    assert len(told) == 2


def test_classes_that_do_not_exist_are_named_with_their_row() -> None:
    """A label that no output is called by, an answer that no label is, one that is allowed: each told by its row."""
    label = Column(np.array(["a", "zebra", "b", "b"], dtype=object))
    chances = Table({name: Column(np.array([1.0, 0.0, 0.0, 0.0])) for name in ("a", "b")})
    said = Table({"kind": Column(np.array(["a", "b", "horse", "b"], dtype=object))})
    listed = replace(
        wanted("multiclass", ["kind"]), outputs={"kind": OutputRule("text", allowed=("a", "b", "horse", "zebra"))}
    )
    (by_output,) = known.check(wanted("multiclass", ["a", "b"]), label, chances)
    (by_name,) = known.check(wanted("multiclass", ["kind"]), label, said)
    (allowed,) = known.check(listed, label, said)

    assert by_output.verdict == by_name.verdict == "failed"
    assert "`zebra` is the label of row 1, and no output is called so" in by_output.summary
    assert "`horse` is what the model says of row 2, which no labelled reference row has" in by_name.summary
    assert "1 of 4" in by_name.summary
    assert allowed.verdict == "passed"


def test_labels_that_tell_nothing_apart_fail() -> None:
    """No rows, no labels, one label: each is a failed check that says which."""
    gone = np.ones(3, dtype=np.bool_)
    asked, answers = wanted("regression", ["y"]), Table({"y": Column(np.zeros(3))})
    said = [
        [check.summary for check in known.check(asked, label, answers) if check.verdict == "failed"]
        for label in (Column(np.zeros(0)), Column(np.zeros(3), gone), Column(np.full(3, 7.0)), Column(np.arange(3.0)))
    ]

    assert said[0][0].startswith("There are no reference rows.")
    assert said[1][0].startswith("None of 3 reference rows")
    assert "(3) has the label 7.0" in said[2][0]
    assert said[3] == []
