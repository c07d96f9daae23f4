"""The verdict of a review: which rules are passed, which are not, and what a reviewer should look at besides."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.prove.evaluate.naming import untested
from roadworthy.prove.gate.acceptance import NOBODY
from roadworthy.prove.gate.verdicts import SAYS_NO, SECTIONS, reason, shown
from roadworthy.prove.review.comparison import Gate
from roadworthy.prove.review.text import plural, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.declare.requirements import Quality
    from roadworthy.prove.gate.acceptance import Accepted
    from roadworthy.prove.proof import Check, Proof, Verdict
    from roadworthy.prove.review.comparison import Change, Outcome
    from roadworthy.prove.review.evidence import Evidence

COMMIT = "Commit"


def gates(
    proof: Proof, deployed: str | None, primary: Quality | None = None, accepted: Accepted = NOBODY
) -> tuple[Gate, ...]:
    """Return every gate: the run is of the commit alone, and was held against what is *deployed* in production now.

    Then that anything was tested at all, and what is asked of the *primary* metric; then each section of tests; or, of
    one that failed, each check that did, and each that somebody has *accepted*.
    """
    return (*around(proof, deployed, primary), *_sections(proof, accepted))


def around(proof: Proof, deployed: str | None, primary: Quality | None = None) -> tuple[Gate, ...]:
    """Return the gates that are about the proof as a whole, and not about one of its checks."""
    return (_committed(proof), *_current(proof, deployed), *_something(proof, primary))


def outcome(found: Sequence[Gate]) -> Outcome:
    """Return `blocked` when a gate says no. What was not run blocks nothing, and is shown with its reason."""
    return "blocked" if any(gate.verdict in SAYS_NO for gate in found) else "ready"


def notes(base: Evidence, head: Evidence, changed: Sequence[Change]) -> tuple[str, ...]:
    """Return what no gate refuses and a reviewer should still look at."""
    return tuple(_notes(base, head, changed))


def _committed(proof: Proof) -> Gate:
    if proof.dirty:
        reason = "The tested run had changes that its commit does not hold. Commit them, then run and test again."
        return Gate(COMMIT, "the run is of the commit alone", "failed", reason, whole=True)
    return Gate(COMMIT, "the run is of the commit alone", "passed", "No file differed from the commit.", whole=True)


def _current(proof: Proof, deployed: str | None) -> Iterator[Gate]:
    if deployed is not None and deployed != proof.production:
        held = f"held against {proof.production}" if proof.production else "tested before anything was in production"
        reason = f"{deployed} is in production now, and this was {held}. Run `roadworthy test` again."
        yield Gate("Production", "tested against what is deployed", "failed", reason, whole=True)


def _something(proof: Proof, primary: Quality | None) -> Iterator[Gate]:
    """Refuse a proof that proves nothing: a green without a test is vacuous."""
    if all(check.verdict == "not_run" for check in proof.checks if check.asked):
        reason = "No check was run. Write what must hold in requirements.yaml and contracts/, then test again."
        yield Gate("Tests", "something was tested", "failed", reason, whole=True)
        return
    for check in untested(proof, primary):
        reason = f"It is asked of the primary metric, and was not tested: {check.summary}"
        yield Gate(SECTIONS[check.section], check.name, "failed", reason, whole=True)


def _sections(proof: Proof, accepted: Accepted) -> Iterator[Gate]:
    for section, title in SECTIONS.items():
        checks = [check for check in proof.checks if check.section == section]
        failed = [check for check in checks if check.verdict == "failed"]
        yield from (Gate(title, check.name, shown(check, accepted), reason(check, accepted)) for check in failed)
        if checks and not failed:
            yield _whole(title, checks)


def _whole(title: str, checks: Sequence[Check]) -> Gate:
    passed = sum(check.verdict == "passed" for check in checks)
    idle = len(checks) - passed
    verdict: Verdict = "passed" if passed else "not_run"
    return Gate(
        title, "every check", verdict, f"{plural(passed, 'check')} passed" + (f", {idle} not run." if idle else ".")
    )


def _notes(base: Evidence, head: Evidence, changed: Sequence[Change]) -> Iterator[str]:
    if head.proof is not None and head.proof.is_baseline:
        yield "The candidate is the baseline itself: a neutral first launch."
    if base.proof is None:
        lack = (
            "was tested only with changes that its commit does not hold" if base.only_dirty else "has not been tested"
        )
        yield (
            f"{visible(base.side.name, 80)} {lack}, so the change is not held against it. "
            "Run `roadworthy run` and `roadworthy test` there to have that too."
        )
    yield from (visible(said, 400) for said in head.unheeded)
    if base.behind:
        yield (
            f"{visible(base.side.name, 80)} has gained {plural(base.behind, 'commit')} since this change began, and is "
            "taken as it was then. Merge it in and test again to see both together."
        )
    if changed:
        yield (
            f"{plural(len(changed), 'requirement')} changed with the model: "
            f"{', '.join(visible(change.name, 60) for change in changed[:3])}"
            f"{' …' if len(changed) > 3 else ''}. What must hold is judged by people, not by this page."  # noqa: PLR2004
        )
    idle = [check for check in head.proof.checks if check.verdict == "not_run"] if head.proof else []
    if idle:
        names = ", ".join(visible(check.name, 60) for check in idle[:3])
        yield f"Not run: {names}{' …' if len(idle) > 3 else ''}. The reasons stand with the tests."  # noqa: PLR2004
    if head.run is not None and head.run.python_environment.get("matches_lock") is False:
        yield "The tested run's Python environment differs from the project's lock."
