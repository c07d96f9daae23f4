"""Where flips are, which rules pick them out, which inputs carry them, and which slices they harm."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.build.data.query import where
from roadworthy.build.data.table import Column, Table
from roadworthy.declare.requirements import Decision, Inputs, OutputRule, Requirements, SliceRule, Task
from roadworthy.prove.against_production import breakdown, slices
from roadworthy.prove.against_production.explain import Both, choose, explain
from roadworthy.prove.against_production.field import Field
from roadworthy.prove.against_production.flips import Flips, flips
from roadworthy.prove.against_production.noise_floor import NotMeasured, Twins
from roadworthy.prove.against_production.rules import rules
from roadworthy.prove.against_production.traffic import look_at
from roadworthy.prove.evaluate.scored import numbers, score

if TYPE_CHECKING:
    from roadworthy.build.data.table import Bools, Floats

ROWS = 6000
TASK: Task = "binary_classification"
DRAWN = np.random.default_rng(3)
WIND = DRAWN.integers(0, 40, ROWS).astype(np.float64)
HOUR = DRAWN.integers(0, 24, ROWS)
CARRIER = np.array(["EV", "UA", "it's"], dtype=object)[DRAWN.integers(0, 3, ROWS)]
INPUTS = Table({"wind speed": Column(WIND, WIND == 7), "hour": Column(HOUR), "carrier": Column(CARRIER)})


def field(task: Task, production: Table, candidate: Table, label: Column, decision: Decision | None = None) -> Field:
    """Return the rows of comparison with what both said."""
    wanted = Requirements(
        "roadworthy/v1alpha1", "m", task, Inputs(INPUTS.names), dict.fromkeys(production.names, OutputRule()),
        decision=decision,
    )  # fmt: skip
    rows = INPUTS.take(np.arange(len(label))).with_column("truth", label)
    rows = rows.with_column("id", Column(np.arange(len(label))))
    was, now = score(production, label, wanted), score(candidate, label, wanted)
    return Field("production", task, rows, "truth", ("id",), was, now, production, candidate)


def chances(values: Floats) -> Table:
    """Return what a binary model says."""
    return Table({"probability": Column(values)})


def test_broken_rows_are_found_as_a_rule() -> None:
    """Rows broken where it blows in the evening are told as a predicate that says so, with its support and lift."""
    windy = (WIND >= 25) & (HOUR >= 17) & (WIND != 7)
    broken = windy & (DRAWN.random(ROWS) < 0.6)
    [first, *_] = rules(INPUTS, broken)
    picked = where(INPUTS, first["where"])

    assert (picked & windy).sum() > 0.8 * picked.sum()
    assert '"wind speed" >= 2' in first["where"]
    assert "hour >= 1" in first["where"]
    assert first["lift"] > 4
    assert first["broken"] == pytest.approx(first["share"] * first["rows"])


def test_rows_broken_without_a_cause_make_no_rule() -> None:
    """Of broken rows that lie anywhere, hardly ever is a rule told: found by chance, it does not hold elsewhere."""
    told = [len(rules(INPUTS, np.random.default_rng(seed).random(ROWS) < 0.03)) for seed in range(12)]

    assert sum(told) <= 1


def test_odd_values_are_quoted_in_a_rule() -> None:
    """A rule over names and texts with quotes and spaces is still a predicate."""
    [first, *_] = rules(INPUTS, (CARRIER == "it's") & (DRAWN.random(ROWS) < 0.3))

    assert first["where"] == "carrier = 'it''s'"
    assert (where(INPUTS, first["where"]) == (CARRIER == "it's")).all()


def test_few_broken_rows_are_not_generalised() -> None:
    """A handful of rows is listed, not made a rule of."""
    broken = np.zeros(ROWS, dtype=np.bool_)
    broken[:10] = True

    assert rules(INPUTS, broken) == []


def test_the_input_that_was_lost_carries_the_change() -> None:
    """Where the candidate no longer heeds the wind, the wind explains the change, of a row and of all together."""
    both = Both(
        lambda rows: chances(0.1 + 0.02 * numbers(rows["wind speed"]) + 0.01 * numbers(rows["hour"])),
        lambda rows: chances(0.5 + 0.01 * numbers(rows["hour"])),
        INPUTS.names,
        "binary_classification",
    )
    windy = np.flatnonzero(WIND == 39)
    pulls = explain(both, INPUTS.with_column("truth", Column(HOUR)), "truth", choose(windy, [int(windy[3])], 3))

    assert [one["input"] for one in pulls.together()] == ["wind speed"]
    assert pulls.of_row(0)[0]["input"] == "wind speed"
    assert pulls.of_row(0)[0]["share"] == pytest.approx(0.02 * (39 - np.median(WIND[WIND != 7])) / 0.38, rel=0.01)


def test_classes_are_explained_by_the_chance_of_the_true_one() -> None:
    """Of classes, what changes is the chance of the class that was true; or whether it was said."""
    rows = INPUTS.with_column("truth", Column(CARRIER))
    right, wrong = Table({"said": Column(CARRIER)}), Table({"said": Column(np.roll(CARRIER, 1))})

    def named(asked: Table) -> Table:
        return Table({"said": asked["carrier"]})

    def never(asked: Table) -> Table:
        return Table({"said": Column(np.full(len(asked), "none", dtype=object))})

    pulls = explain(Both(named, never, ("hour", "carrier"), "multiclass"), rows, "truth", [0, 1, 2, 3, 4, 5])
    held = field("multiclass", right, wrong, Column(CARRIER))

    assert set(np.unique(pulls.change)) == {-1.0}
    assert [one["input"] for one in pulls.together()] == ["carrier"]
    assert all(
        move["before"] == move["truth"] for move in breakdown.moves(held, flips(held.production, held.candidate))
    )


def test_flips_are_counted_by_decision_certainty_and_cost() -> None:
    """Missed and needlessly flagged rows are told apart, by how sure production was, and by what they cost."""
    truth = Column(np.array([True, True, False, False] * 10))
    was = chances(np.array([0.9, 0.6, 0.4, 0.1] * 10))
    now = chances(np.array([0.9, 0.4, 0.6, 0.1] * 10))
    decision = Decision(costs={"miss": 1.0, "false_alarm": 1.0})
    held = field("binary_classification", was, now, truth, decision)
    found = flips(held.production, held.candidate)
    paid = breakdown.cost(held, Decision(costs={"miss": 5.0, "false_alarm": 1.0}))

    assert breakdown.moves(held, found) == [
        {"truth": "no", "before": "not flagged", "after": "flagged", "rows": 10, "broken": 10},
        {"truth": "yes", "before": "flagged", "after": "not flagged", "rows": 10, "broken": 10},
    ]
    assert sum(band["negative"] for band in breakdown.bands(held, found)[:2]) == 20
    assert paid is not None
    assert paid["before"] == 0
    assert paid["after"] == pytest.approx(1.5)
    assert paid["change"]["low"] is not None
    assert paid["change"]["low"] > 0.5


def test_the_digest_names_exactly_the_broken_rows() -> None:
    """The same rows in another order are the same regression; one more or less is another."""
    truth = Column(np.array([True] * 8))
    held = field("binary_classification", chances(np.full(8, 0.9)), chances(np.full(8, 0.1)), truth)
    some = Flips(np.arange(8) < 3, np.zeros(8, dtype=np.bool_))
    turned = replace(held, rows=held.rows.take(np.arange(8)[::-1]))
    same = Flips(some.negative[::-1], some.positive)
    more = Flips(np.arange(8) < 4, some.positive)

    assert breakdown.digest(held, some) == breakdown.digest(turned, same)
    assert breakdown.digest(held, some) != breakdown.digest(held, more)


def some_twins(harm: float) -> Twins:
    """Return five twins that break this share of the rows more than they mend, each a little differently."""
    draw = np.random.default_rng(8)
    negative = np.stack([draw.random(ROWS) < 0.02 + harm + 0.002 * number for number in range(5)])
    positive = np.stack([draw.random(ROWS) < 0.02 for _ in range(5)])
    return Twins(negative, positive & ~negative, 1.0)


def judged(broken: Bools, mended: Bools, twins: Twins | NotMeasured | None) -> dict[str, str]:
    """Return what is said of a windy, a late and a tiny slice."""
    held = field(
        "binary_classification", chances(np.full(ROWS, 0.9)), chances(np.full(ROWS, 0.9)),
        Column(np.ones(ROWS, dtype=np.bool_)),
    )  # fmt: skip
    declared = [
        SliceRule("windy", '"wind speed" >= 30', "roc_auc"), SliceRule("late", "hour >= 18", "roc_auc"),
        SliceRule("tiny", "id < 5", "roc_auc"),
    ]  # fmt: skip
    of = slices.slices_of(declared, held)
    said = slices.judge(Flips(broken, mended), of, twins, 0.005)
    return {
        check.name.partition(":")[0]: check.verdict for check in slices.checks(said, "v1", "the budget was spent", "d")
    }


def test_a_harmed_slice_is_found_among_others() -> None:
    """Rows broken where it blows harm that slice alone; a slice of five rows is not judged, and says so."""
    broken = (WIND >= 30) & (DRAWN.random(ROWS) < 0.2)
    none = np.zeros(ROWS, dtype=np.bool_)
    of = judged(broken, none, some_twins(0.0))

    assert of["windy"] == "failed"
    assert of["tiny"] == "not_run"
    assert judged(broken, none, NotMeasured("the budget was spent"))["windy"] == "not_run"


def test_a_slice_that_training_harms_as_much_is_not_harmed() -> None:
    """What re-training would cost a slice as well is nobody's fault, however sure it is."""
    draw = np.random.default_rng(9)
    broken = draw.random(ROWS) < 0.06

    assert judged(broken, np.zeros(ROWS, dtype=np.bool_), some_twins(0.04))["windy"] == "passed"


@given(st.dictionaries(st.text(max_size=3), st.floats(0, 1), max_size=8))
def test_corrected_chances_are_no_smaller_and_keep_their_order(found: dict[str, float]) -> None:
    """Correcting for many slices never makes one surer, nor one that was less sure surer than another."""
    corrected = slices.holm(found)
    ordered = sorted(found, key=lambda name: found[name])

    assert all(found[name] <= corrected[name] <= 1 for name in found)
    assert [corrected[name] for name in ordered] == sorted(corrected.values())


@pytest.mark.parametrize(("heads", "throws", "chance"), [(0, 0, 1.0), (5, 5, 1 / 32), (8, 10, 56 / 1024), (3, 5, 0.5)])
def test_chances_of_a_fair_coin_are_exact(heads: int, throws: int, chance: float) -> None:
    """The exact test of McNemar is that of a coin."""
    assert slices.at_least(heads, throws) == pytest.approx(chance)


def test_traffic_is_decided_by_the_cutoffs_of_the_rows_of_comparison() -> None:
    """Of requests without a truth, it is counted how many are decided otherwise, with an interval; none of no rows."""
    truth = Column(np.arange(40) < 10)
    was, now = chances(np.linspace(1, 0, 40)), chances(np.linspace(0.5, 0, 40))
    held = field("binary_classification", was, now, truth, Decision(flag_top=0.25))
    asked = INPUTS.take(np.arange(200))
    both = Both(
        lambda rows: chances(np.full(len(rows), 0.9)),
        lambda rows: chances(np.where(np.arange(len(rows)) < 50, 0.1, 0.6)),
        INPUTS.names, "binary_classification",
    )  # fmt: skip
    found = look_at(both, held, asked, "2026-11-01", None)

    assert found is not None
    assert (found["rows"], found["changed"]) == (200, 50)
    assert found["low"] < 0.25 < found["high"]
    assert look_at(both, held, asked.take(np.arange(0)), "", None) is None


@pytest.mark.parametrize(("tolerance", "changed"), [(0.05, 200), (0.2, 0)])
def test_numbers_in_traffic_differ_beyond_the_tolerance(tolerance: float, changed: int) -> None:
    """A prediction that moves within the tolerance is not another decision."""
    held = field("regression", chances(np.ones(4)), chances(np.ones(4)), Column(np.ones(4)), Decision(tolerance=0.1))
    both = Both(
        lambda rows: chances(np.full(len(rows), 10.0)), lambda rows: chances(np.full(len(rows), 11.0)),
        INPUTS.names, "regression",
    )  # fmt: skip
    found = look_at(both, held, INPUTS.take(np.arange(200)), "2026-11-01", tolerance)

    assert found is not None
    assert found["changed"] == changed


def test_many_inputs_are_asked_about_in_parts_of_few_rows() -> None:
    """With hundreds of inputs fewer rows are looked into, in several questions, and the one that counts is found."""
    wide = Table({f"x{number}": Column(np.arange(50.0) * (number == 301)) for number in range(400)})
    both = Both(
        lambda rows: chances(numbers(rows["x301"])), lambda rows: chances(np.zeros(len(rows))), wide.names, TASK
    )
    few = choose(np.arange(40, 50), [49, 48], len(wide.names))
    pulls = explain(both, wide.with_column("truth", Column(np.ones(50))), "truth", few)

    assert few[:2] == [49, 48]
    assert pulls.each.shape == (len(few), 400)
    assert [one["input"] for one in pulls.together()] == ["x301"]
    assert choose(np.arange(50), [1], 40_000) == [1]


def test_one_row_is_compared_like_many() -> None:
    """A single row, broken, is counted, makes no rule, harms no slice, and has no certainty to be told by."""
    held = field(TASK, chances(np.array([0.9])), chances(np.array([0.1])), Column(np.array([True])))
    found = flips(held.production, held.candidate)

    assert breakdown.bands(held, found) == []
    assert breakdown.moves(held, found)[0]["broken"] == 1
    assert rules(held.rows.select(INPUTS.names), found.negative) == []
    assert not slices.suspect(found, slices.slices_of([SliceRule("all", "hour >= 0", "roc_auc")], held), 0.0)
