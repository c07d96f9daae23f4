"""The ML Test Score: its 28 tests, and what executing them is worth."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from roadworthy.declare.requirements import Behaviour, Inputs, OutputRule, Quality, Requirements, SliceRule
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.records.record import Record
from roadworthy.prove.readiness.catalogue import SECTIONS, items
from roadworthy.prove.readiness.gather import of_record, of_requests
from roadworthy.prove.readiness.score import Executed, readiness

if TYPE_CHECKING:
    from roadworthy.prove.readiness.score import Point

NOW = datetime(2026, 3, 1, tzinfo=UTC)
MONTH = timedelta(days=30)
ADDRESS = Address("blake3:" + "0" * 64)
WANTED = Requirements(
    "roadworthy/v1alpha1",
    "late",
    "binary_classification",
    Inputs(("wind",)),
    {"probability": OutputRule()},
    baseline="baseline",
    quality=(Quality("roc_auc", better_than="baseline"),),
    slices=(SliceRule("night", "hour > 20", "roc_auc", at_least=0.6),),
    behaviour=(Behaviour("spelling is no reason", "invariance", {"carrier": "lower_case"}),),
)


def done(what: str, of: str = "one", *, days: float = 1, good: bool = True, automatic: bool = False) -> Executed:
    """Return something that was executed some days ago."""
    return Executed(what, "record", NOW - timedelta(days=days), of, good, "said", automatic)


def point(name: str, *executed: Executed) -> Point:
    """Return what the test *name* scores for what was executed."""
    return next(one for one in readiness(executed, NOW, MONTH).points if one.item.id == name)


def test_there_are_seven_tests_in_each_of_four_sections() -> None:
    """The catalogue is the paper's: 28 tests, each with its next step."""
    assert [sum(item.section == section for item in items()) for section in SECTIONS] == [7, 7, 7, 7]
    assert len({item.id for item in items()}) == 28
    assert all(item.next and item.command for item in items())


@pytest.mark.parametrize(
    ("executed", "score"),
    [
        ((), 0.0),
        ((done("check:data"),), 0.5),
        ((done("check:data"), done("check:data", "two")), 1.0),
        ((done("check:data", automatic=True),), 1.0),
        ((done("check:data", days=31), done("check:data", "two", days=40)), 0.0),
        ((done("check:data", days=31), done("check:data", "two")), 0.5),
        ((done("hand:data-1"),), 0.5),
        ((done("hand:data-1", days=31),), 0.0),
        ((done("check:data", days=2), done("check:data", "two", days=3), done("check:data", "three", good=False)), 0.0),
    ],
)
def test_what_was_executed_counts_by_the_rule(executed: tuple[Executed, ...], score: float) -> None:
    """Nothing is 0, once or by hand is a half, again and again is 1; what is too old or came out badly is nothing."""
    assert point("data-1", *executed).score == score


def test_all_that_a_test_asks_must_be_there() -> None:
    """A test with two kinds of evidence scores nothing for one of them."""
    slices = (done("check:slice"), done("check:slice", "two"))

    assert point("model-6", *slices).score == 0.0
    assert point("model-6", *slices, done("redteam:slices")).score == 0.5
    assert point("model-6", *slices, done("redteam:slices"), done("redteam:slices", "two")).score == 1.0


def test_the_score_is_the_least_of_the_sections() -> None:
    """Much in three sections is worth nothing without the fourth, and the next step is there."""
    everything = [
        done(what, automatic=True) for item in items() if item.section != "monitoring" for what in item.evidence
    ]
    found = readiness(everything, NOW, MONTH)

    assert found.sections["data"] >= 5
    assert found.score == found.sections["monitoring"] < 1.5
    assert found.next is not None
    assert found.next.item.section == "monitoring"
    assert readiness((), NOW, MONTH).score == 0


def checked(section: str, name: str, verdict: str = "passed", **facts: object) -> dict[str, object]:
    """Return a check as a proof's record has it."""
    return {"section": section, "name": name, "verdict": verdict, "summary": "It holds.", "facts": facts}


def shown(kind: str, body: dict[str, object]) -> dict[str, bool]:
    """Return what a record shows to have been executed, and whether it came out well."""
    record = Record(kind, body, "ada", "2026-02-01T00:00:00Z")
    return {one.what: one.good for one in of_record(ADDRESS, record, WANTED)}


def test_a_proof_shows_the_checks_that_were_made() -> None:
    """Each kind of check that was run is evidence; what was not run, or is made of every model, is none of data."""
    checks = [
        checked("data", "flights: wind known in time"),
        checked("data", "reference: has rows", always=True),
        checked("evaluation", "roc_auc better than baseline"),
        checked("evaluation", "night: roc_auc at least 0.6", "failed"),
        checked("evaluation", "latency p99"),
        checked("behaviour", "spelling is no reason"),
        checked("behaviour", "answers each row by itself", always=True),
        checked("project", "tests/test_features.py::test_hours", "not_run"),
    ]

    assert shown("proof", {"dirty": False, "commit": "c", "checks": checks}) == {
        "check:data": True,
        "check:known": True,
        "check:baseline": True,
        "check:slice": False,
        "check:latency": True,
        "check:invariance": True,
        "check:apart": True,
    }
    assert shown("proof", {"dirty": True, "commit": "c", "checks": checks}) == {}


def test_other_records_show_what_they_are_of() -> None:
    """What a red team found, an input worth nothing, a rollback, a day of requests: each is told as it was."""
    attacked: dict[str, object] = {
        "commit": "c",
        "attacks": ["weak slices", "noise: wind"],
        "findings": [{"kind": "weak_slice"}],
    }
    deployed = {"version": "v1.0.0", "environment": "production", "tag": "late#production#2", "rollback": True}
    requests = [{"at": "2026-02-27T10:00:00.000Z"}, {"at": "2026-02-27T11:00:00.000Z"}, {"at": "2026-02-28T01:00:00Z"}]

    assert shown("redteam", attacked) == {"redteam:slices": False, "redteam:noise": True}
    assert shown("features", {"commit": "c", "idle": ["wind"]}) == {"features": False}
    assert shown("deployment", deployed) == {"deployment": True, "rollback": True}
    assert shown("attestation", {"test": "model-4", "made": "x", "said": "Lost 0.01."}) == {"hand:model-4": True}
    assert [(one.of, one.said[:2]) for one in of_requests(requests, "here")] == [
        ("2026-02-27", "2 "),
        ("2026-02-28", "1 "),
    ]


def test_the_explanation_maps_every_test() -> None:
    """Whoever reads the page sees each of the 28 with what counts for it."""
    page = (Path(__file__).parents[2] / "docs" / "explanation" / "readiness.md").read_text(encoding="utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| `")]

    assert [f"| `{item.id}` | {item.title} |" for item in items()] == [
        "|".join(row.split("|")[:3]) + "|" for row in rows
    ]
