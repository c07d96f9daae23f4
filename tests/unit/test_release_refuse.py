"""A release is refused with every reason, each with what to do about it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from roadworthy.build.pipeline.record import Run
from roadworthy.declare.requirements import Quality
from roadworthy.errors import DirtyTree, NotFound, RoadworthyError, TestsFailed, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.operate.release.refuse import Asked, refusals, refuse
from roadworthy.prove.proof import Check, Proof

COMMIT, OTHER = "c" * 40, "d" * 40
RUN = Run(
    project="toy",
    commit=COMMIT,
    dirty=(),
    stages={},
    inputs={},
    params={},
    python_environment={},
    machine={},
    started="2026-05-14T00:00:00Z",
    seconds=1.0,
    address=Address.of(b"run"),
)
PASSED = Check("evaluation", "roc_auc", "passed", "0.71, at least 0.66 was asked.")
FAILED = Check("behaviour", "more wind is never safer", "failed", "0.80 of rows, 0.95 was asked.")
ASKED = Quality("roc_auc", at_least=0.66, better_than="simple")
FEW = "Too few rows: 6, of the 100 that a metric needs here."
IDLE = Check("evaluation", "roc_auc at least 0.66", "not_run", FEW)
UNLABELLED = Check("evaluation", "roc_auc", "not_run", "The reference has no label.")
NOT_BETTER = Check("evaluation", "roc_auc better than simple", "not_run", "This is the baseline itself.")
OTHER_METRIC = Check("evaluation", "recall at least 0.5", "not_run", FEW)
NOT_RUN = Check("against_production", "flips", "not_run", "No version is in production.")
PROOF = Proof(
    run=Address.of(b"run"),
    commit=COMMIT,
    dirty=False,
    model="delay",
    candidate=Address.of(b"model"),
    is_baseline=False,
    production=None,
    checks=(PASSED, NOT_RUN),
)
GOOD = Asked(model="delay", commit=COMMIT, changed=(), run=RUN, proof=PROOF, as_baseline=False)


def test_a_clean_commit_with_a_passed_proof_is_not_refused() -> None:
    """What was not run, with its reason, does not stop a release."""
    assert refusals(GOOD) == ()
    refuse(())


@pytest.mark.parametrize(
    ("asked", "kind", "told"),
    [
        (replace(GOOD, commit=None), NotFound, "no commit yet"),
        (replace(GOOD, changed=("params.yaml",)), DirtyTree, "params.yaml differ"),
        (replace(GOOD, run=None), NotFound, "has not been run"),
        (replace(GOOD, run=replace(RUN, commit=OTHER)), DirtyTree, f"of the commit {OTHER[:12]}"),
        (replace(GOOD, run=replace(RUN, dirty=("a.py", "b.py"))), DirtyTree, "a.py, b.py differed"),
        (replace(GOOD, proof=None), NotFound, "has not been tested"),
        (replace(GOOD, proof=replace(PROOF, model="other")), NotFound, "is other, not delay"),
        (replace(GOOD, proof=replace(PROOF, checks=(PASSED, FAILED))), TestsFailed, "more wind is never safer"),
        (replace(GOOD, proof=replace(PROOF, checks=(IDLE, NOT_RUN))), TestsFailed, FEW),
        (replace(GOOD, proof=replace(PROOF, checks=())), TestsFailed, "Nothing was tested"),
        (replace(GOOD, primary=ASKED, proof=replace(PROOF, checks=(PASSED, IDLE))), TestsFailed, FEW),
        (replace(GOOD, primary=ASKED, proof=replace(PROOF, checks=(PASSED, UNLABELLED))), TestsFailed, "no label"),
        (replace(GOOD, as_baseline=True), UsageError, "is not the baseline"),
        (replace(GOOD, unmade=("build/test.csv",)), NotFound, "build/test.csv was tested, and nothing says where"),
        (replace(GOOD, proof=replace(PROOF, is_baseline=True)), UsageError, "is the baseline itself"),
    ],
)
def test_a_reason_to_refuse(asked: Asked, kind: type[RoadworthyError], told: str) -> None:
    """Each reason is an error of its own kind, which names what is wrong and what to do."""
    (reason,) = refusals(asked)

    assert isinstance(reason, kind)
    assert told in reason.problem
    assert reason.remedy


@pytest.mark.parametrize("check", [NOT_BETTER, OTHER_METRIC, NOT_RUN])
def test_what_need_not_be_run(check: Check) -> None:
    """Only the bounds of the primary metric must have been tested: nobody is better than himself."""
    assert refusals(replace(GOOD, primary=ASKED, proof=replace(PROOF, checks=(PASSED, check)))) == ()


def test_all_reasons_are_told_at_once() -> None:
    """A dirty tree and a failed test are both told, in the kind of the first, each remedy once."""
    asked = replace(GOOD, changed=("a",), run=replace(RUN, dirty=("a",)), proof=replace(PROOF, checks=(FAILED,)))

    with pytest.raises(DirtyTree) as found:
        refuse(refusals(asked))

    assert found.value.problem.count("\n- ") == 3
    assert "more wind is never safer" in found.value.problem
    assert len(set(found.value.remedy.splitlines())) == len(found.value.remedy.splitlines())


def test_what_is_to_be_done_is_said_once() -> None:
    """A dirty tree whose commit was neither run nor tested: commit, and then run and test, each said once."""
    with pytest.raises(DirtyTree) as found:
        refuse(refusals(replace(GOOD, changed=("a",), run=None, proof=None)))

    assert found.value.remedy.splitlines() == [
        "Commit them or put them away.",
        "Run `roadworthy run` and `roadworthy test`, then release again.",
    ]


def test_many_files_and_checks_are_cut_short() -> None:
    """A message stays readable, and says how many more there are."""
    asked = replace(GOOD, changed=tuple(f"f{n}" for n in range(30)), proof=replace(PROOF, checks=(FAILED,) * 30))

    dirty, failed = refusals(asked)

    assert "and 20 more" in dirty.problem
    assert "and 20 more" in failed.problem


def test_a_first_release_that_was_not_held_against_the_baseline_is_refused() -> None:
    """What was not tested does not beat the baseline: only the baseline itself may be launched so."""
    unbeaten = replace(NOT_BETTER, facts={"first_launch": True})
    asked = replace(GOOD, proof=replace(PROOF, checks=(PASSED, unbeaten)))
    baseline = replace(asked, proof=replace(PROOF, checks=(PASSED, unbeaten), is_baseline=True), as_baseline=True)
    (fault,) = refusals(asked)

    assert "surely beats it" in fault.problem
    assert "--baseline" in fault.remedy
    assert refusals(baseline) == ()
