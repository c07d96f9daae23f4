"""Flips, the noise floor and the gate."""

from __future__ import annotations

import threading
import time
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.build.data import query
from roadworthy.build.data.table import Column, Table
from roadworthy.errors import StageFailed
from roadworthy.prove.against_production.flips import Flips, flips, furthest
from roadworthy.prove.against_production.gate import Limits, judge, needs_floor, shares
from roadworthy.prove.against_production.noise_floor import NotMeasured, Twins, measure
from roadworthy.prove.against_production.resample import bootstrap, resample, seed
from roadworthy.prove.against_production.student import chance_above, one_more, quantile
from roadworthy.prove.evaluate.metric import METRICS
from roadworthy.prove.evaluate.scored import Scored

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.build.data.table import Bools
    from roadworthy.prove.measures import Interval

ROWS = 20_000
LIMITS = Limits(excess=0.005, upgrade_ratio=0.75)
BETTER: Interval = {"value": 0.02, "low": 0.015, "high": 0.025}
WORSE: Interval = {"value": -0.02, "low": -0.025, "high": -0.015}
GAIN = (METRICS["roc_auc"], BETTER)
LOSS = (METRICS["roc_auc"], WORSE)


def right(values: Bools) -> Scored:
    """Return answers that are right as *values* say."""
    zeros = np.zeros(len(values))
    return Scored(zeros, zeros, zeros, values)


def some(share: float, which: int) -> Bools:
    """Return a mask of about *share* of the rows, another for each *which*."""
    mask: Bools = np.random.default_rng(which).random(ROWS) < share
    return mask


def changed(negative: float, positive: float) -> Flips:
    """Return flips of about these shares, on different rows."""
    drawn = np.random.default_rng(1).random(ROWS)
    return Flips(drawn < negative, drawn > 1 - positive)


def twins(share: float, count: int = 5) -> Bools:
    """Return the negative flips of *count* twins."""
    return np.stack([some(share, 100 + number) for number in range(count)])


masks = st.lists(st.tuples(st.booleans(), st.booleans()), min_size=1, max_size=50)


@given(masks)
def test_flips_are_where_being_right_changes(pairs: list[tuple[bool, bool]]) -> None:
    """Negative and positive flips never meet, and account for the whole change in accuracy."""
    before = np.array([was for was, _ in pairs])
    after = np.array([now for _, now in pairs])
    found = flips(right(before), right(after))

    assert not (found.negative & found.positive).any()
    assert found.positive.sum() - found.negative.sum() == after.sum() - before.sum()
    assert flips(right(after), right(before)).negative.tolist() == found.positive.tolist()
    assert not flips(right(before), right(before)).negative.any()


def test_the_furthest_flips_are_shown_first() -> None:
    """Of many flips, those whose score moved most tell most."""
    production, candidate = np.array([0.1, 0.2, 0.3, 0.4]), np.array([0.2, 0.9, 0.3, 0.0])

    assert furthest(np.array([True, True, False, True]), production, candidate, 2) == [1, 3]


def test_flips_within_the_noise_pass() -> None:
    """What re-training production would break as well is nobody's fault."""
    found = shares(changed(0.032, 0.03), twins(0.03))
    judgement = judge(found, changed(0.032, 0.03), LIMITS, LOSS)

    assert needs_floor(found, LIMITS)
    assert judgement.outcome == "within_noise"
    assert found.floor is not None
    assert found.floor["value"] == pytest.approx(0.03, abs=0.002)


def test_flips_above_the_noise_block() -> None:
    """More broken rows than noise explains, without a gain that pays for them, are refused with the numbers."""
    made = changed(0.10, 0.067)
    judgement = judge(shares(made, twins(0.03)), made, LIMITS, LOSS)

    assert judgement.outcome == "blocked"
    assert "above the noise floor" in judgement.reason
    assert "roc_auc changes by -0.0200" in judgement.reason


def test_an_upgrade_pays_for_its_flips() -> None:
    """A sure gain in the primary metric at a good ratio passes, and lists the cost."""
    made = changed(0.07, 0.107)
    judgement = judge(shares(made, twins(0.03)), made, LIMITS, GAIN)

    assert judgement.outcome == "upgrade"
    assert "at the cost of" in judgement.reason


def test_a_gain_does_not_pay_any_price() -> None:
    """At a worse ratio than is allowed, a better metric is no excuse; nor is a metric that is not declared."""
    made = changed(0.10, 0.11)
    found = shares(made, twins(0.03))

    assert judge(found, made, LIMITS, GAIN).outcome == "blocked"
    assert judge(found, made, LIMITS, None).outcome == "blocked"


def test_few_flips_need_no_noise_floor() -> None:
    """Where even a floor of zero lets the candidate through, nothing is trained again."""
    made = changed(0.004, 0.001)
    found = shares(made, None)

    assert not needs_floor(found, LIMITS)
    assert judge(found, made, LIMITS, LOSS).outcome == "within_noise"


def test_a_floor_that_nobody_asked_for_has_no_empty_reason() -> None:
    """Where no limit is set, nothing is trained again, and the sentence ends where it should."""
    made = changed(0.07, 0.01)
    judgement = judge(shares(made, None), made, LIMITS, LOSS)

    assert judgement.reason.endswith("; the noise floor was not measured.")


def test_without_a_floor_nothing_is_judged_by_it() -> None:
    """When the budget is spent, the gate says that it was not run, rather than guess."""
    made = changed(0.07, 0.01)
    judgement = judge(shares(made, None), made, LIMITS, LOSS, "the budget was spent")

    assert judgement.outcome == "not_judged"
    assert "the budget was spent" in judgement.reason


def test_the_excess_is_paired() -> None:
    """A candidate that is one of the twins exceeds the floor by nothing, whatever the rows drawn."""
    same = np.repeat(twins(0.03, 1), 2, axis=0)
    found = shares(Flips(same[0], ~same[0]), same)

    assert found.excess == {"value": 0.0, "low": 0.0, "high": 0.0}


@pytest.mark.parametrize(("freedom", "known"), [(1, 12.7062), (2, 4.30265), (4, 2.77645), (9, 2.26216), (30, 2.04227)])
def test_quantiles_of_student_are_those_of_the_tables(freedom: int, known: float) -> None:
    """How far one more value may lie is what every table of Student's t says."""
    found = quantile(0.95, freedom)

    assert found == pytest.approx(known, rel=1e-4)
    assert chance_above(found, freedom) == pytest.approx(0.025, rel=1e-6)
    assert chance_above(-found, freedom) == pytest.approx(0.975, rel=1e-6)


def test_one_more_twin_seldom_exceeds_the_floor() -> None:
    """Whatever re-training spreads, a further re-training is held to exceed the others in one of forty cases."""
    drawn = np.random.default_rng(5)
    shares_ = drawn.normal(0.03, 0.004, size=(4000, 6))
    beyond = [each[5] - each[:5].mean() > one_more(each[:5], 0.95) for each in shares_]

    assert np.mean(beyond) == pytest.approx(0.025, abs=0.008)


def test_a_single_twin_is_no_floor() -> None:
    """Of one re-training nobody knows how far the next may lie: it is not run, and the excess has no bounds."""
    made = changed(0.07, 0.01)
    found = shares(made, twins(0.03, 1))

    assert found.excess is not None
    assert found.excess["low"] is None
    assert judge(found, made, LIMITS, LOSS, "one twin").outcome == "not_judged"
    assert isinstance(measure(Retraining(), right(np.ones(9, dtype=np.bool_)), runs=1, budget=9.0), NotMeasured)


class Retraining:
    """A recipe whose twins break a known share of the rows, and count who is at work at once."""

    def __init__(self, seconds: float = 0.0, fail: int | None = None) -> None:
        self.seconds, self.fail = seconds, fail
        self.trained: list[int] = []
        self.lock = threading.Lock()

    def twin(self, number: int) -> Scored:
        """Return a twin that errs on some rows of its own."""
        if number == self.fail:
            raise StageFailed("The stage `train` failed.", remedy="Mend it.")
        time.sleep(self.seconds)
        with self.lock:
            self.trained.append(number)
        return right(~some(0.03, number))


def test_every_twin_is_trained_once_and_kept_in_order() -> None:
    """The noise floor is the same however the twins are scheduled."""
    production = right(np.ones(ROWS, dtype=np.bool_))
    recipe = Retraining()
    found = measure(recipe, production, runs=4, budget=60.0)

    assert isinstance(found, Twins)
    assert sorted(recipe.trained) == [0, 1, 2, 3]
    assert all((found.negative[number] == some(0.03, number)).all() for number in range(4))


def test_a_spent_budget_is_said() -> None:
    """Fewer twins than were asked for are no noise floor."""
    found = measure(Retraining(seconds=0.05), right(np.ones(ROWS, dtype=np.bool_)), runs=50, budget=0.04)

    assert isinstance(found, NotMeasured)
    assert "of 50 twins" in found.reason


def test_a_recipe_that_fails_is_not_hidden() -> None:
    """When production's recipe cannot be followed any more, that is said."""
    recipe = Retraining(fail=0)
    with pytest.raises(StageFailed):
        measure(recipe, right(np.ones(ROWS, dtype=np.bool_)), runs=50, budget=60.0)

    assert len(recipe.trained) < 50


@given(st.integers(1, 500), st.integers(0, 20))
def test_bootstraps_are_repeatable_and_differ(rows: int, number: int) -> None:
    """Each twin has rows and a seed of its own, the same whenever it is trained."""
    drawn = bootstrap(rows, number)

    assert len(drawn) == rows
    assert drawn.min() >= 0
    assert drawn.max() < rows
    assert (drawn == bootstrap(rows, number)).all()
    assert 0 < seed(number) < 2**31
    assert len({seed(each) for each in range(21)}) == 21


def test_a_bootstrapped_table_is_the_same_bytes_each_time(tmp_path: Path) -> None:
    """A twin's table holds rows of the table, as often as they were drawn, and gives the stage the same key again."""
    table, once, again = tmp_path / "t.parquet", tmp_path / "once.parquet", tmp_path / "again" / "t.parquet"
    query.write(Table({"n": Column(np.arange(500)), "x": Column(np.arange(500) / 2)}), table)
    resample(table, once, 3)
    resample(table, again, 3)
    drawn = query.read(once)

    assert once.read_bytes() == again.read_bytes()
    assert drawn["n"].values.tolist() == bootstrap(500, 3).tolist()
    assert drawn["x"].values.tolist() == [number / 2 for number in bootstrap(500, 3)]
