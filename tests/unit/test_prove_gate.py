"""The list of verdicts: the same lines in every form, and what the regressions are about in words."""

from __future__ import annotations

import json
import xml.etree.ElementTree as ET
from dataclasses import replace
from datetime import date
from typing import TYPE_CHECKING

import pytest

from review_story import comparison, lost_weather
from roadworthy.app.gate import lines
from roadworthy.prove.gate import show, words
from roadworthy.prove.gate.acceptance import Acceptance, Accepted, acceptable
from roadworthy.prove.gate.show import Listed
from roadworthy.prove.gate.verdicts import ORDER, counted, says_no
from roadworthy.prove.gate.verdicts import lines as lines_of
from roadworthy.prove.proof import Check
from roadworthy.prove.review import page
from roadworthy.prove.review.compare import compare
from roadworthy.prove.review.feedback.markdown import render as summary
from roadworthy.prove.review.feedback.marks import code, prose

if TYPE_CHECKING:
    from roadworthy.prove.measures import AgainstProduction

FLIPS = Check("against_production", "flips against v1", "failed", "10 % newly wrong.", {"digest": "d"})
CHECKS = (
    Check("data", "keys <b>", "passed", "Unique."),
    Check("behaviour", "more is never less", "failed", "Vacuous, so it counts as failed: x.", {"vacuous": True}),
    Check("stress", "feed down", "not_run", "There are no rows."),
    FLIPS,
    Check("project", "test_a", "failed", "It raised.\nTwice."),
)
ACCEPTED = Accepted({FLIPS.name: Acceptance(FLIPS.name, "Ada", date(2027, 1, 31), "A strike.", local=True)})
MEASURE: AgainstProduction = {
    **comparison(lost_weather()).flips[0].measure,
    "slices": [{
        "name": "night", "where": "hour >= 20", "rows": 900, "negative": 90, "positive": 20, "harm": 0.08,
        "floor": 0.001, "chance": 1e-6, "outcome": "harmed",
    }],
    "rules": [
        {"where": "wind_speed >= 15", "rows": 400, "broken": 50, "share": 0.125, "lift": 2.5, "of_broken": 0.4}
    ],
    "inputs": [{"input": "wind_speed", "share": 0.61}, {"input": "visibility", "share": 0.2}],
    "moves": [{"truth": "yes", "before": "flagged", "after": "not flagged", "rows": 80, "broken": 80}],
    "bands": [{"name": "surest quarter", "rows": 375, "negative": 10, "positive": 2}],
    "cost": {"before": 0.4, "after": 0.5, "change": {"value": 0.1, "low": 0.08, "high": 0.12}},
    "traffic": {"rows": 500, "since": "2026-11-01T00:00:00Z", "changed": 25, "low": 0.03, "high": 0.07},
}  # fmt: skip


def listed(accepted: Accepted = ACCEPTED) -> Listed:
    """Return a list with each verdict."""
    return Listed("main", "feature", "b" * 40, "h" * 40, lines_of(CHECKS, accepted), tuple(words.told(MEASURE)))


def test_every_verdict_has_its_word() -> None:
    """Passed, failed, accepted, not run and vacuous are told apart; an acceptance says who, until when and why."""
    found = {line.name: line for line in listed().lines}

    assert {line.verdict for line in found.values()} == set(ORDER)
    assert found["flips against v1"].verdict == "accepted"
    assert "Accepted by Ada, on this machine alone, until 2027-01-31: A strike." in found["flips against v1"].reason
    assert counted(listed().lines) == "1 failed, 1 vacuous, 1 accepted, 1 not run, 1 passed"


def test_what_is_accepted_does_not_block_and_what_is_vacuous_does() -> None:
    """An acceptance lifts its own check alone."""
    assert not says_no(lines_of((FLIPS,), ACCEPTED))
    assert says_no(lines_of((FLIPS,), Accepted({})))
    assert says_no(lines_of((CHECKS[1],), ACCEPTED))
    assert not says_no(lines_of((CHECKS[2],), ACCEPTED))


def test_only_listed_regressions_can_be_accepted() -> None:
    """A behaviour that does not hold is no regression of rows: what must hold is changed in requirements.yaml."""
    assert acceptable(FLIPS)
    assert not acceptable(CHECKS[1])
    assert not acceptable(replace(FLIPS, verdict="passed"))


def test_all_forms_hold_the_same_lines() -> None:
    """JSON, JUnit and Markdown list the same checks with the same verdicts, and hostile names are harmless."""
    document = json.loads(json.dumps(show.document(listed())))
    cases = ET.fromstring(show.junit(listed())).findall(".//testcase")  # noqa: S314 - our own
    text = show.markdown(listed(), code, prose)

    assert [one["name"] for one in document["verdicts"]] == [check.name for check in CHECKS]
    assert [case.get("name") for case in cases] == [check.name for check in CHECKS]
    assert [len(case.findall("failure")) for case in cases] == [0, 1, 0, 0, 1]
    assert [len(case.findall("skipped")) for case in cases] == [0, 0, 1, 0, 0]
    assert text.count("\n| ") == len(CHECKS) + 1
    assert "| ! | Against production | accepted | `flips against v1` |" in text
    assert "`keys <b>`" in text


def test_the_regressions_are_told_in_words() -> None:
    """Which slice, rule, inputs and decisions, how sure, at what cost, and in how much of the traffic."""
    said = "\n".join(words.told(MEASURE))

    assert "The slice `night` (hour >= 20) is harmed: of its 900 rows, 90 are newly wrong and 20 newly right." in said
    assert "Broken most where `wind_speed >= 15`: 50 of 400 rows there (12.5 %), 2.5 times the share of all" in said
    assert "The inputs that carry the change of the broken rows: wind_speed 61 %, visibility 20 %." in said
    assert "80 from flagged to not flagged (truth: yes)" in said
    assert "0.4 a row before, 0.5 now, +0.1 [+0.08, +0.12]" in said
    assert "25 would be decided otherwise (3.0 % to 7.0 % of all" in said


def test_a_proof_of_before_has_nothing_further_to_tell() -> None:
    """What older proofs did not measure is left out, and not guessed."""
    old = {
        name: value
        for name, value in MEASURE.items()
        if name not in {"slices", "rules", "inputs", "moves", "bands", "cost", "traffic"}
    }

    assert words.told(old) == []  # type: ignore[arg-type] # as it was stored


@pytest.mark.parametrize("accepting", [False, True])
def test_the_review_says_what_the_gate_says(*, accepting: bool) -> None:
    """The page, its summary and the list of verdicts agree on what was accepted and whether the change is refused."""
    story = lost_weather()
    proof = story.head.proof
    assert proof is not None
    failed = next(check for check in proof.checks if check.verdict == "failed")
    one = Acceptance(failed.name, "Ada", date(2027, 1, 31), "A strike.", local=True)
    accepted = Accepted({failed.name: one} if accepting else {}, ("An acceptance is stale.",))
    found = compare(story.base, replace(story.head, accepted=accepted), story.files)
    verdicts = {line.name: line.verdict for line in lines(found)}

    assert verdicts[failed.name] == ("accepted" if accepting else "failed")
    assert found.outcome == ("ready" if accepting else "blocked")
    assert ("Accepted by Ada" in page.render(found)) == accepting
    assert ("Accepted by Ada" in summary(found)) == accepting
    assert "An acceptance is stale." in found.notes
