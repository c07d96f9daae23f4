"""Metrics agree with their definitions, whatever the weights, the ties and the order of the rows."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.errors import UsageError
from roadworthy.prove.evaluate.metric import METRICS, metric, of_task
from roadworthy.prove.evaluate.scored import Scored

chances = st.integers(0, 20).map(lambda twentieth: twentieth / 20)
rows = st.lists(st.tuples(chances, st.booleans(), st.integers(0, 3)), min_size=1, max_size=40)


def scored(pairs: list[tuple[float, bool, int]]) -> Scored:
    """Return answers that flag from one half on."""
    score = np.array([chance for chance, _, _ in pairs])
    truth = np.array([float(late) for _, late, _ in pairs])
    flagged = score >= 0.5
    return Scored(score, truth, flagged.astype(np.float64), flagged == (truth == 1.0))


def repeated(pairs: list[tuple[float, bool, int]]) -> list[tuple[float, bool, int]]:
    """Return each row as often as its weight says."""
    return [pair for pair in pairs for _ in range(pair[2])]


@given(rows)
def test_auc_is_the_share_of_pairs_in_order(pairs: list[tuple[float, bool, int]]) -> None:
    """The AUC is the chance that a positive row scores above a negative one, a tie counting half."""
    ups = [chance for chance, late, _ in pairs if late]
    downs = [chance for chance, late, _ in pairs if not late]
    wins = [1.0 if up > down else 0.5 if up == down else 0.0 for up in ups for down in downs]
    found = METRICS["roc_auc"].value(scored(pairs))

    assert found == pytest.approx(np.mean(wins)) if wins else math.isnan(found)


@given(rows)
def test_average_precision_is_the_precision_at_each_recalled_positive(pairs: list[tuple[float, bool, int]]) -> None:
    """Average precision is the mean, over positives, of the precision among rows that score at least as high."""
    at_each = [
        np.mean([other_late for other, other_late, _ in pairs if other >= chance]) for chance, late, _ in pairs if late
    ]
    found = METRICS["average_precision"].value(scored(pairs))

    assert found == pytest.approx(np.mean(at_each)) if at_each else math.isnan(found)


@pytest.mark.parametrize("name", [known.name for known in of_task("binary_classification")])
@settings(max_examples=25)
@given(pairs=rows)
def test_a_weight_is_a_repetition(name: str, pairs: list[tuple[float, bool, int]]) -> None:
    """A row of weight k counts as k rows: the bootstrap may weigh instead of copying."""
    weight = np.array([float(count) for _, _, count in pairs])
    weighed = METRICS[name].prepare(scored(pairs))(weight)
    copied = METRICS[name].value(scored(repeated(pairs))) if weight.any() else float("nan")

    assert weighed == pytest.approx(copied, nan_ok=True)


@pytest.mark.parametrize("name", [known.name for known in METRICS.values() if known.name != "macro_f1"])
@settings(max_examples=25)
@given(pairs=rows, seed=st.integers(0, 99))
def test_the_order_of_rows_does_not_matter(name: str, pairs: list[tuple[float, bool, int]], seed: int) -> None:
    """A metric is a property of the rows, not of their order."""
    shuffled = [pairs[place] for place in np.random.default_rng(seed).permutation(len(pairs))]

    assert METRICS[name].value(scored(pairs)) == pytest.approx(METRICS[name].value(scored(shuffled)), nan_ok=True)


@given(rows)
def test_bounds_of_the_metrics(pairs: list[tuple[float, bool, int]]) -> None:
    """Shares lie in [0, 1]."""
    names = ("roc_auc", "average_precision", "expected_calibration_error", "brier_score", "accuracy", "f1")
    values = [METRICS[name].value(scored(pairs)) for name in names]

    assert all(math.isnan(value) or -1e-12 <= value <= 1 + 1e-12 for value in values)


def test_known_values() -> None:
    """The metrics of a small example that was computed by hand."""
    answers = scored([(0.9, True, 1), (0.8, False, 1), (0.6, True, 1), (0.3, False, 1), (0.2, True, 1)])

    assert METRICS["roc_auc"].value(answers) == pytest.approx(3 / 6)
    assert METRICS["precision"].value(answers) == pytest.approx(2 / 3)
    assert METRICS["recall"].value(answers) == pytest.approx(2 / 3)
    assert METRICS["f1"].value(answers) == pytest.approx(2 / 3)
    assert METRICS["accuracy"].value(answers) == pytest.approx(3 / 5)
    assert METRICS["brier_score"].value(answers) == pytest.approx((0.01 + 0.64 + 0.16 + 0.09 + 0.64) / 5)
    assert METRICS["expected_calibration_error"].value(answers) == pytest.approx((0.1 + 0.8 + 0.4 + 0.3 + 0.8) / 5)
    assert METRICS["log_loss"].value(answers) == pytest.approx(
        -(math.log(0.9) + math.log(0.2) + math.log(0.6) + math.log(0.7) + math.log(0.2)) / 5
    )


def test_metrics_of_numbers() -> None:
    """The metrics of a regression, computed by hand."""
    said, truth = np.array([1.0, 2.0, 5.0]), np.array([1.0, 4.0, 4.0])
    answers = Scored(said, truth, said, said == truth)

    assert METRICS["mean_absolute_error"].value(answers) == pytest.approx(1.0)
    assert METRICS["root_mean_squared_error"].value(answers) == pytest.approx(math.sqrt(5 / 3))
    assert METRICS["bias"].value(answers) == pytest.approx(1 / 3)
    assert METRICS["r2"].value(answers) == pytest.approx(1 - 5 / 6)


def test_macro_f1_means_over_the_classes() -> None:
    """Each class counts the same, however rare."""
    said, truth = np.array([0.0, 0.0, 1.0, 2.0]), np.array([0.0, 1.0, 1.0, 2.0])
    answers = Scored(said, truth, said, said == truth)

    assert METRICS["macro_f1"].value(answers) == pytest.approx((2 / 3 + 2 / 3 + 1) / 3)


def test_an_unknown_metric_is_refused_with_a_hint() -> None:
    """A misspelt metric is a mistake of the user, who is told what was meant."""
    with pytest.raises(UsageError, match="Did you mean `roc_auc`"):
        metric("rocauc", "binary_classification")


def test_a_metric_of_another_task_is_refused() -> None:
    """An AUC of a regression means nothing."""
    with pytest.raises(UsageError, match="not for regression"):
        metric("roc_auc", "regression")
