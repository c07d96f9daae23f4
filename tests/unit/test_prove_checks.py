"""Checks made of measurements: bounds, rivals, stress, latency, failure modes, and how they are written for CI."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.table import Column, Table
from roadworthy.declare.failure_mode import Accepted, FailureMode, Found
from roadworthy.declare.requirements import (
    Decision,
    Inputs,
    Latency,
    OutputRule,
    Quality,
    Requirements,
    SliceRule,
    Stress,
)
from roadworthy.errors import PredictFailed
from roadworthy.ledger.objects.address import Address
from roadworthy.prove.behaviour import failure_mode, stress
from roadworthy.prove.behaviour.failure_mode import Examples, Model
from roadworthy.prove.behaviour.subject import Subject
from roadworthy.prove.evaluate import latency
from roadworthy.prove.evaluate.evaluate import Elsewhere, evaluate, without_label
from roadworthy.prove.evaluate.quality import Rivals
from roadworthy.prove.evaluate.scored import score
from roadworthy.prove.junit import junit
from roadworthy.prove.proof import Check, Proof
from roadworthy.prove.tried import tried

if TYPE_CHECKING:
    from roadworthy.prove.evaluate.evaluate import Evaluation

ROWS = 3000
RIVALS = Rivals({"baseline": "baseline", "production": "production"}, {"lost": "lost cannot be asked."})
WANTED = Requirements(
    apiVersion="roadworthy/v1alpha1",
    model="delay",
    task="binary_classification",
    inputs=Inputs(("wind", "hour")),
    outputs={"probability": OutputRule()},
    decision=Decision(flag_top=0.2),
    quality=(
        Quality("roc_auc", at_least=0.6, better_than="baseline"),
        Quality("expected_calibration_error", at_most=0.2),
        Quality("roc_auc", better_than="production"),
        Quality("roc_auc", better_than="lost"),
    ),
    slices=(
        SliceRule("night", "hour >= 18", "roc_auc", at_least=0.6),
        SliceRule("noon", "hour = 99", "roc_auc", at_least=0.6),
    ),
)


def table(seed: int = 1) -> tuple[Table, Column]:
    """Return rows and their label, which depends on the wind and the hour."""
    random = np.random.default_rng(seed)
    wind, hour = random.random(ROWS), random.integers(0, 24, ROWS)
    late = random.random(ROWS) < 0.1 + 0.5 * wind * (hour / 24)
    return Table({"wind": Column(wind), "hour": Column(hour)}), Column(late)


def good(rows: Table) -> Table:
    """Predict from the wind and the hour, the way the label is made; a missing wind is an average one."""
    wind = np.where(rows["wind"].is_missing(), 0.5, rows["wind"].values).astype(np.float64)
    return Table({"probability": Column(0.1 + 0.5 * wind * rows["hour"].values.astype(np.float64) / 24)})


def simple(rows: Table) -> Table:
    """Predict from the hour alone."""
    return Table({"probability": Column(0.1 + 0.25 * rows["hour"].values.astype(np.float64) / 24)})


def evaluated(elsewhere: Elsewhere | None = None) -> Evaluation:
    """Evaluate the good model beside the simple one."""
    rows, label = table()
    said = {"candidate": good(rows), "baseline": simple(rows)}
    return evaluate(WANTED, rows, label, said, RIVALS, elsewhere)


def test_each_bound_is_a_check_of_its_own() -> None:
    """Bounds, rivals and slices are checked one by one; what could not be measured is not run, with the reason."""
    found = {check.name: check for check in evaluated().checks}

    assert {name: check.verdict for name, check in found.items()} == {
        "roc_auc at least 0.6": "passed",
        "roc_auc better than baseline": "passed",
        "expected_calibration_error at most 0.2": "passed",
        "roc_auc better than production": "not_run",
        "roc_auc better than lost": "not_run",
        "night: roc_auc at least 0.6": "passed",
        "noon: roc_auc at least 0.6": "not_run",
    }
    assert "Too few rows: 0" in found["noon: roc_auc at least 0.6"].summary
    assert found["roc_auc better than lost"].summary == "lost cannot be asked."


def test_better_means_surely_better() -> None:
    """A model that equals its rival is not better than it; one that is better by chance is not either."""
    rows, label = table()
    jitter = np.random.default_rng(3).normal(scale=1e-4, size=ROWS)
    near = Table({"probability": Column(good(rows)["probability"].values.astype(np.float64) + jitter)})
    for rival in (good(rows), near):
        found = evaluate(WANTED, rows, label, {"candidate": good(rows), "baseline": rival}, RIVALS)
        verdicts = {check.name: check.verdict for check in found.checks}

        assert verdicts["roc_auc better than baseline"] == "failed"


def test_a_first_launch_must_beat_the_baseline_though_nobody_asked() -> None:
    """While nothing is in production, the primary metric is held against the baseline, asked for or not."""
    rows, label = table()
    first, mute = replace(RIVALS, first=True), replace(WANTED, quality=(Quality("roc_auc", at_least=0.6),))
    named = replace(mute, baseline="baseline")
    found = {
        who: {
            check.name: check
            for check in evaluate(asked, rows, label, {"candidate": said, "baseline": simple(rows)}, first).checks
        }
        for who, asked, said in (
            ("better", named, good(rows)),
            ("alike", named, simple(rows)),
            ("asked", replace(WANTED, baseline="baseline"), good(rows)),
            ("unnamed", mute, good(rows)),
        )
    }
    name = "roc_auc better than baseline"

    assert found["better"][name].verdict == "passed"
    assert found["alike"][name].verdict == "failed"
    assert found["asked"][name].facts["first_launch"]
    assert len(found["asked"]) == 7
    assert found["unnamed"]["better than a baseline"].verdict == "not_run"
    assert not found["unnamed"]["better than a baseline"].asked
    assert without_label(named, "No label.", first=True)[-1].name == name


def test_production_is_measured_on_its_own_rows() -> None:
    """Where production has other rows, it is compared with on those, and the candidate's own rows do not matter."""
    rows, label = table(seed=9)
    theirs, ours = score(good(rows), label, WANTED), score(simple(rows), label, WANTED)
    found = evaluated(Elsewhere("production", rows, theirs, ours))
    difference = found.measures["differences"]["production"]

    assert {check.name: check.verdict for check in found.checks}["roc_auc better than production"] == "failed"
    assert difference is not None
    assert difference["roc_auc"]["high"] is not None
    assert difference["roc_auc"]["high"] < 0


def test_rows_without_a_label_are_left_out_and_counted() -> None:
    """A missing label is no label: such rows are not evaluated, and their number is told."""
    rows, label = table()
    some = Column(label.values, np.arange(ROWS) < 100)
    found = evaluate(WANTED, rows, some, {"candidate": good(rows)}, RIVALS)

    assert found.measures["rows"] == ROWS - 100
    assert found.measures["unlabelled"] == 100


def subject() -> Subject:
    """Return the good model under test."""
    rows, label = table()
    return Subject(rows, ("wind", "hour"), good(rows), good, label=label)


def test_stress_is_held_against_its_bound() -> None:
    """A metric is measured with the inputs disturbed; a disturbance that changes nothing is vacuous."""
    change = {"wind": "missing"}
    holds = stress.check(Stress("calm", change, "roc_auc", at_least=0.5), subject(), WANTED)
    fails = stress.check(Stress("calm", change, "roc_auc", at_least=0.99), subject(), WANTED)
    empty = stress.check(Stress("calm", {"wind": "*1"}, "roc_auc", at_least=0.5), subject(), WANTED)

    assert (holds.verdict, fails.verdict, empty.verdict) == ("passed", "failed", "failed")
    assert "Vacuous" in empty.summary


def test_latency_takes_the_quickest_of_several_times() -> None:
    """A stall of the machine is not the model's; a model that is slow is."""
    rows, _ = table()
    taken = latency.measure(good, rows)
    quick, slow = latency.checks(Latency(p99="10s", p50="10s"), taken), latency.checks(Latency(p99="1ms"), taken + 5)

    assert [check.verdict for check in quick] == ["passed", "passed"]
    assert [check.verdict for check in slow] == ["failed"]


MODE = FailureMode(
    apiVersion="roadworthy/v1alpha1",
    title="storms are calm",
    found=Found("2013-06-01", "person"),
    owner="ada",
    severity="high",
    examples="failure_modes/storms.parquet",
    expect="probability > 0.3",
)


def test_failure_modes_are_asked_every_time() -> None:
    """An open mode fails until its share is right; an accepted one passes until its day, and says so; none is empty."""
    storms = Table({"wind": Column(np.array([0.9, 0.9])), "hour": Column(np.array([23, 1]))})
    examples, model = Examples(storms, None), Model(good, None)
    accepted = FailureMode(**{**vars(MODE), "status": "accepted", "accepted": Accepted("2999-01-01", "rare")})
    lapsed = FailureMode(**{**vars(MODE), "status": "accepted", "accepted": Accepted("2001-01-01", "rare")})
    half = FailureMode(**{**vars(MODE), "share": 0.5})
    found = [failure_mode.check("FM-1", mode, examples, WANTED, model) for mode in (MODE, accepted, lapsed, half)]
    nothing = failure_mode.check("FM-1", MODE, Examples(storms.take(np.zeros(2, dtype=np.bool_)), None), WANTED, model)

    assert [check.verdict for check in found] == ["failed", "passed", "failed", "passed"]
    assert "Accepted until 2999-01-01: rare" in found[1].summary
    assert found[0].examples[0]["hour"] == 1
    assert nothing.verdict == "failed"


def test_labels_of_examples_are_judged_by_the_cutoff_of_the_reference_rows() -> None:
    """A few examples have no best-scored share of their own."""
    storms = Table(
        {
            "wind": Column(np.array([1.0, 0.0])),
            "hour": Column(np.array([23, 1])),
            "late": Column(np.array([True, True])),
        }
    )
    mode = FailureMode(**{**vars(MODE), "expect": "label"})
    right = failure_mode.judge(mode, Examples(storms, "late"), good(storms), WANTED, 0.3)

    assert right.tolist() == [True, False]


def test_what_cannot_be_tried_fails_alone() -> None:
    """An error while a check is made is that check's failure, with the error's own words."""

    def make() -> Check:
        raise PredictFailed("It raised.", remedy="Mend it.")

    assert tried("behaviour", "wind", make) == Check(
        "behaviour", "wind", "failed", "It raised. Mend it.", {"error": "PredictFailed"}
    )


def test_junit_holds_hostile_text() -> None:
    """Names and rows that are no XML are written as what XML can hold, and read back as one document."""
    hostile = "<b>&\x00\x1b]]>\ud800é"
    checks = (
        Check("data", hostile, "failed", hostile, examples=({"name": hostile, "n": 1},)),
        Check("stress", "s", "not_run", "no rows"),
    )
    proof = Proof(Address.of(b"r"), "c" * 40, False, "delay", Address.of(b"a"), False, None, checks)  # noqa: FBT003
    root = ET.fromstring(junit(proof))  # noqa: S314 - our own bytes

    assert root.attrib["tests"] == "2"
    assert root.attrib["failures"] == "1"
    assert root.attrib["skipped"] == "1"
    assert [case.get("name") for case in root.iter("testcase")] == ["<b>&��]]>�é", "s"]
