"""Tables that stand together from several parts of a review: tests by verdict, slices with their flips, stages."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from review_rows_story import explored
from review_story import better
from roadworthy.declare.pipeline import Pipeline, Stage
from roadworthy.prove.gate.verdicts import ORDER
from roadworthy.prove.proof import Check
from roadworthy.prove.readiness.catalogue import items
from roadworthy.prove.readiness.score import Executed, readiness
from roadworthy.prove.review.changes import stages
from roadworthy.prove.review.comparison import CheckRow
from roadworthy.prove.review.drawn.readiness import change_of
from roadworthy.prove.review.listed.tables import by_verdict, slices
from roadworthy.prove.review.page import render


def row(section: str, verdict: str, before: str | None) -> CheckRow:
    """Return a check with its verdict now, and at the base."""
    return CheckRow(Check(section, "c", verdict, "said"), verdict, before)  # type: ignore[arg-type] # words of the test


def test_each_section_counts_its_verdicts_and_what_became_of_them() -> None:
    """Newly failed and newly passed were otherwise at the base; of tests that it lacks nothing is told."""
    data, behaviour = by_verdict(
        [
            row("data", "passed", "failed"), row("data", "failed", "passed"), row("data", "failed", "failed"),
            row("behaviour", "failed", None),
        ]
    )  # fmt: skip

    assert dict(zip(ORDER, data.counts, strict=True))["failed"] == 2
    assert (data.worse, data.better) == (1, 1)
    assert (behaviour.worse, behaviour.better) == (None, None)


def test_a_slice_has_the_flips_among_its_rows() -> None:
    """Broken and fixed rows of a declared slice are those that the table of changed predictions filters for."""
    found = explored(better())
    told = found.flipped
    assert told is not None
    night = next(one for one in slices(found) if one.row.name == "night")
    inside = [fixed for fixed, mask in zip(told.fixed, told.mask, strict=True) if mask & 1]

    assert night.group == 0
    assert (night.broken, night.fixed) == (inside.count(False), inside.count(True))
    assert next(one for one in slices(found) if one.row.name == "short hops").broken is None
    assert {one.group for one in slices(replace(found, flipped=None))} == {None}


def test_stages_differ_by_what_is_declared() -> None:
    """A command or an input that changed is told by the stage's name; a new stage with all that it says."""
    before = Pipeline(stages={"train": Stage(cmd=("python a.py",), deps=("x",))})
    after = Pipeline(stages={"train": Stage(cmd=("python b.py",), deps=("x",)), "new": Stage(cmd=("true",))})
    found = {one.name: (one.before, one.after) for one in stages(before, after)}

    assert found["train.cmd"] == ('["python a.py"]', '["python b.py"]')
    assert found["new.cmd"] == (None, '["true"]')
    assert "train.deps" not in found
    assert stages(before, before) == ()


def test_readiness_is_told_by_the_tests_that_move() -> None:
    """A data test that was executed for the change alone counts with it, and not without."""
    at = datetime(2026, 11, 22, tzinfo=UTC)
    item = next(one for one in items() if one.evidence)
    done = [Executed(what, "blake3:1", at, "c1", good=True, said="ok") for what in item.evidence]
    without, with_it = (readiness(one, at, timedelta(days=1)) for one in ([], done))
    found = change_of(without, with_it)
    html = render(replace(explored(better()), readiness=found))

    assert (found.before, found.after) == (without.score, with_it.score)
    assert (found.moved[0].before, found.moved[0].after) == (0.0, 0.5)
    assert item.title in found.moved[0].name
    assert "test of readiness" in html
    assert change_of(with_it, with_it).moved == ()
