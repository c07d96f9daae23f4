"""Comparing two ends of a change: whom the candidate is held against, and what the verdict is."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from review_story import better, comparison, lost_weather, without_production
from roadworthy.declare.requirements import Quality
from roadworthy.ledger.objects.address import Address
from roadworthy.prove.proof import Check, Proof
from roadworthy.prove.review import words
from roadworthy.prove.review.compare import compare, judge
from roadworthy.prove.review.comparison import Side
from roadworthy.prove.review.evidence import Evidence
from roadworthy.prove.review.gates import gates, outcome

if TYPE_CHECKING:
    from roadworthy.prove.measures import Interval

FINE = Check("data", "keys", "passed", "Fine.")


def proof(*checks: Check, dirty: bool = False, production: str | None = None) -> Proof:
    """Return a proof of *checks* that measured nothing."""
    return Proof(
        Address.of(b"run"), "c" * 40, dirty, "delay", Address.of(b"model"), is_baseline=False, production=production,
        checks=checks,
    )  # fmt: skip


def test_one_artifact_is_one_rival() -> None:
    """The base, production and the baseline are told once where they are the same model."""
    [rival] = comparison(better()).rivals

    assert rival.roles == ("base", "production", "baseline")
    assert rival.title == "main = production v0.1.0 = the baseline"


def test_different_artifacts_are_rivals_of_their_own() -> None:
    """A baseline that is not in production is held against the candidate besides production."""
    found = comparison(lost_weather())
    primary = next(row for row in found.metrics if row.primary)

    assert [rival.roles for rival in found.rivals] == [("base", "production"), ("baseline",)]
    assert primary.versus[0].judgement == "worse"
    assert primary.versus[1].value != primary.versus[0].value


def test_rows_of_production_are_told() -> None:
    """Where production was measured on rows that are not the candidate's, the metrics say so."""
    story = lost_weather()
    tested = story.head.proof
    assert tested is not None
    apart = replace(tested, predictions={"candidate": tested.predictions["candidate"]})

    assert all(not rival.note for rival in comparison(story).rivals)
    assert (
        "own frozen reference rows" in comparison(replace(story, head=replace(story.head, proof=apart))).rivals[0].note
    )


def test_the_base_is_paired_where_the_proof_does_not_hold_it() -> None:
    """A base that is neither production nor baseline is compared on the same rows, and its flips are not judged."""
    story = without_production()
    other = replace(story.head, artifacts={})
    found = comparison(replace(story, head=other))

    assert [rival.roles for rival in found.rivals] == [("base",), ("baseline",)]
    assert [(one.rival.roles, one.judged) for one in found.flips] == [(("base",), False)]
    assert found.metrics[0].versus[0].difference is not None
    assert found.movement is not None


@pytest.mark.parametrize(
    ("low", "high", "better_way", "expected"),
    [
        (0.1, 0.2, "higher", "better"),
        (0.1, 0.2, "lower", "worse"),
        (-0.2, -0.1, "lower", "better"),
        (-0.2, -0.1, "higher", "worse"),
        (-0.1, 0.1, "higher", "unclear"),
        (0.0, 0.1, "higher", "unclear"),
        (0.0, 0.0, "higher", "equal"),
        (None, None, "higher", "unknown"),
    ],
)
def test_a_difference_is_sure_only_beyond_its_interval(
    low: float | None, high: float | None, better_way: str, expected: str
) -> None:
    """Better and worse are said only of a difference whose whole interval lies on one side of 0."""
    difference: Interval = {"value": 0.0 if low is None else (low + (high or 0.0)) / 2, "low": low, "high": high}

    assert judge(difference, better_way) == expected


def test_a_failed_check_blocks_and_is_named() -> None:
    """One failed check is a gate of its own that says no, whatever else passed."""
    found = gates(
        proof(Check("behaviour", "more wind", "failed", "Holds for 3%"), Check("data", "keys", "passed", "Fine.")), None
    )

    assert outcome(found) == "blocked"
    assert [(gate.section, gate.name, gate.reason) for gate in found if gate.verdict == "failed"] == [
        ("Behaviour", "more wind", "Holds for 3%")
    ]


def test_refusals_are_told_by_section_the_weightiest_first() -> None:
    """Production comes before data; of several checks the first is told and the others are named."""
    checks = [Check("data", f"column {at}", "failed", f"{at} rows\nmore") for at in range(6)]
    flips = Check("against_production", "flips", "failed", "Too many.")
    found = words.refused(
        compare(Evidence(Side("main", "a" * 40)), Evidence(Side("x", "b" * 40), proof=proof(*checks, flips)), ())
    )

    assert [(one.section, one.what) for one in found] == [("Against production", "flips"), ("Data", "6 checks")]
    assert found[1].why == "column 0: 0 rows. Also column 1, column 2, column 3 and 2 more."


def test_what_was_not_run_is_told_and_blocks_nothing() -> None:
    """A check that was not run is no refusal, and stands among the notes."""
    checks = (FINE, Check("stress", "feed down", "not_run", "No rows."))
    head = Evidence(Side("x", "b" * 40), proof=proof(*checks))
    found = compare(Evidence(Side("main", "a" * 40)), head, ())

    assert found.outcome == "ready"
    assert any("Not run: feed down" in note for note in found.notes)


def test_a_run_that_its_commit_does_not_hold_is_refused() -> None:
    """A proof of a dirty run cannot be merged on."""
    assert outcome(gates(proof(FINE, dirty=True), None)) == "blocked"


@pytest.mark.parametrize("checks", [(), (Check("stress", "feed down", "not_run", "No rows."),)])
def test_a_proof_that_proves_nothing_is_refused(checks: tuple[Check, ...]) -> None:
    """Where no check was run there is nothing to be green about."""
    [refused] = [gate for gate in gates(proof(*checks), None) if gate.verdict == "failed"]

    assert refused.name == "something was tested"


def test_a_bound_of_the_primary_metric_that_was_not_tested_is_refused() -> None:
    """What is asked of the primary metric must have been shown; other metrics may lack their rows."""
    idle = Check("evaluation", "roc_auc at least 0.66", "not_run", "Too few rows.")
    other = Check("evaluation", "recall at least 0.5", "not_run", "Too few rows.")
    primary = Quality("roc_auc", at_least=0.66)

    [refused] = [gate for gate in gates(proof(FINE, idle, other), None, primary) if gate.verdict == "failed"]
    assert (refused.section, refused.name) == ("Evaluation", "roc_auc at least 0.66")
    assert outcome(gates(proof(FINE, other), None, primary)) == "ready"


@pytest.mark.parametrize(("tested", "deployed", "expected"), [
    ("v1.0.0", "v1.0.0", "ready"), ("v1.0.0", "v1.1.0", "blocked"), (None, "v1.0.0", "blocked"), (None, None, "ready"),
])  # fmt: skip
def test_a_test_against_another_production_is_refused(tested: str | None, deployed: str | None, expected: str) -> None:
    """What was deployed since the test was made must be tested against."""
    assert outcome(gates(proof(FINE, production=tested), deployed)) == expected


def test_an_untested_base_is_said_not_hidden() -> None:
    """Without a proof of the base the review still stands, and says how to have the comparison too."""
    story = better()
    found = compare(replace(story.base, proof=None), story.head, story.files)

    assert [rival.roles for rival in found.rivals] == [("production", "baseline")]
    assert any("main has not been tested" in note for note in found.notes)


def test_a_proof_that_measured_nothing_can_be_compared() -> None:
    """A model that could not be asked leaves checks and no measures; the review shows what there is."""
    head = Evidence(Side("x", "b" * 40), proof=proof(Check("evaluation", "the model answers", "failed", "It hung.")))
    found = compare(better().base, head, ())

    assert found.outcome == "blocked"
    assert found.metrics == ()
    assert found.flips == ()


def test_a_check_carries_its_verdict_at_the_base() -> None:
    """What the same check said at the base is kept beside it, so that a new failure can be told from an old one."""
    found = {row.check.name: row.before for row in comparison(lost_weather()).checks}

    assert found["more wind is never safer"] == "passed"
    assert found["negative flips beyond the noise floor"] == "not_run"


def test_requirements_that_move_with_the_model_are_pointed_out() -> None:
    """A change that lowers its own bar says so among the notes."""
    story = better()
    declared = story.base.declared
    assert declared is not None
    assert declared.requirements is not None
    stricter = replace(declared.requirements, quality=(replace(declared.requirements.quality[0], at_least=0.9),))
    base = replace(story.base, declared=replace(declared, requirements=stricter))
    found = compare(base, story.head, story.files)

    assert ("quality.roc_auc.at_least", "0.9", "0.55") in [
        (one.name, one.before, one.after) for one in found.requirements
    ]
    assert any("requirement" in note and "changed with the model" in note for note in found.notes)


def test_a_change_without_a_proof_is_no_comparison() -> None:
    """Nothing is compared that was not tested."""
    with pytest.raises(ValueError, match="without a proof"):
        compare(better().base, replace(better().head, proof=None), ())


def test_a_deployment_that_does_not_count_is_noted() -> None:
    """A reviewer sees that production is not known here, and why."""
    head = Evidence(Side("x", "b" * 40), proof=proof(Check("data", "x", "passed", "Yes.")), unheeded=("Not here.",))
    found = compare(Evidence(Side("main", "a" * 40)), head, ())

    assert "Not here." in found.notes


def test_stages_are_told_by_what_differs_from_the_base() -> None:
    """What the last run on this machine was like is nobody's business: the keys of the two runs are compared."""
    story = better()
    rows = {row.name: row for row in comparison(story).stages}
    alone = compare(replace(story.base, run=None), story.head, story.files)

    assert rows["train"].why.startswith('train.learner: "late_share" → "boosting"')
    assert (rows["train"].differs, rows["prepare"].differs) == (True, False)
    assert rows["prepare"].why == "nothing differs from the base"
    assert {row.why for row in alone.stages} >= {"params: train.learner changed"}
    assert words.stages(comparison(story)).endswith("1 of 3 stages differs from the base.")
    assert "The base's run is not known" in words.stages(alone)


def test_a_stage_that_the_base_does_not_have_is_new() -> None:
    """A stage without a counterpart is called new, and not unchanged."""
    story = better()
    assert story.base.run is not None
    before = {name: stage for name, stage in story.base.run.stages.items() if name != "train"}
    found = compare(replace(story.base, run=replace(story.base.run, stages=before)), story.head, story.files)

    assert [row.why for row in found.stages if row.name == "train"] == ["new: the base has no such stage"]
