"""Bootstrap intervals: paired, repeatable, and as wide as theory says."""

from __future__ import annotations

import numpy as np
import pytest

from roadworthy.prove.evaluate.interval import interval, resample, weights
from roadworthy.prove.evaluate.metric import METRICS
from roadworthy.prove.evaluate.scored import Scored
from roadworthy.prove.evaluate.sheet import fill


def answers(shift: float, *, rows: int = 2000, seed: int = 5) -> Scored:
    """Return scores that rise with the truth by *shift*, over noise that depends on the seed alone."""
    random = np.random.default_rng(seed)
    truth = (random.random(rows) < 0.3).astype(np.float64)
    score = 1 / (1 + np.exp(-(random.normal(size=rows) + shift * truth)))
    flagged = score >= 0.5
    return Scored(score, truth, flagged.astype(np.float64), flagged == (truth == 1.0))


def test_each_weighting_draws_as_many_rows_as_there_are() -> None:
    """A resampling has the size of the sample, and is the same whenever it is asked for."""
    once, again = list(weights(50, runs=8)), list(weights(50, runs=8))

    assert all(weight.sum() == 50 for weight in once)
    assert all((first == second).all() for first, second in zip(once, again, strict=True))
    assert len({tuple(weight) for weight in once}) == 8


def test_the_interval_of_a_mean_is_as_wide_as_theory_says() -> None:
    """For a mean, the bootstrap's interval is close to ± 1.96 standard errors."""
    losses = np.random.default_rng(3).normal(size=4000)
    drawn = resample([lambda weight: float(weight @ losses / weight.sum())], 4000, runs=400)
    found = interval(float(losses.mean()), drawn[:, 0])
    half = 1.96 * losses.std() / np.sqrt(4000)

    assert found["low"] is not None
    assert found["high"] is not None
    assert found["high"] - found["low"] == pytest.approx(2 * half, rel=0.15)
    assert found["low"] < losses.mean() < found["high"]


def test_a_difference_pairs() -> None:
    """Two models that err on the same rows differ more surely than their own intervals would say."""
    sheet = fill({"candidate": answers(1.0), "baseline": answers(0.9)}, {"": (METRICS["roc_auc"],)}, {})
    ours, theirs = sheet.get("candidate", "roc_auc"), sheet.get("baseline", "roc_auc")
    assert ours is not None
    assert theirs is not None
    apart, together = ours.interval(), ours.minus(theirs)

    assert together["low"] is not None
    assert together["high"] is not None
    assert apart["low"] is not None
    assert apart["high"] is not None
    assert together["high"] - together["low"] < (apart["high"] - apart["low"]) / 5
    assert together["low"] > 0


def test_a_model_does_not_differ_from_itself() -> None:
    """The difference of equal answers is 0, with an interval of width 0."""
    sheet = fill({"candidate": answers(1.0), "production": answers(1.0)}, {"": (METRICS["roc_auc"],)}, {})
    ours, theirs = sheet.get("candidate", "roc_auc"), sheet.get("production", "roc_auc")
    assert ours is not None
    assert theirs is not None

    assert ours.minus(theirs) == {"value": 0.0, "low": 0.0, "high": 0.0}


def test_what_is_undefined_is_none() -> None:
    """An AUC of rows of one class is not a number, and is not shown as one."""
    alone = Scored(np.array([0.1, 0.2]), np.zeros(2), np.zeros(2), np.ones(2, dtype=np.bool_))
    cell = fill({"candidate": alone}, {"": (METRICS["roc_auc"],)}, {}).get("candidate", "roc_auc")
    assert cell is not None

    assert cell.interval() == {"value": None, "low": None, "high": None}


def test_a_slice_is_measured_on_its_rows_alone() -> None:
    """The metric of a slice is that of its rows, taken out."""
    everyone = answers(1.0)
    some = everyone.score > 0.4
    sheet = fill({"candidate": everyone}, {"high": (METRICS["roc_auc"],)}, {"high": some})
    cell = sheet.get("candidate", "roc_auc", "high")
    assert cell is not None

    assert cell.value == METRICS["roc_auc"].value(everyone.take(some))
    assert sheet.rows == {"": 2000, "high": int(some.sum())}
