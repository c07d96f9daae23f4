"""Why a commit cannot be released: every reason at once, each with what to do about it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.errors import DirtyTree, NotFound, RoadworthyError, TestsFailed, UsageError
from roadworthy.prove.evaluate.naming import unbeaten, untested
from roadworthy.prove.gate.acceptance import NOBODY
from roadworthy.prove.gate.verdicts import SAYS_NO, shown

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.build.pipeline.record import Run
    from roadworthy.declare.requirements import Quality
    from roadworthy.prove.gate.acceptance import Accepted
    from roadworthy.prove.proof import Check, Proof

_SHOWN = 10
_AGAIN = "Run `roadworthy run` and `roadworthy test`, then release again."


@dataclass(frozen=True, slots=True)
class Asked:
    """What somebody wants to release.

    Attributes:
        model: The model's name in `requirements.yaml`.
        commit: The commit that is checked out, or None before the first one.
        changed: Files that differ from it, or that it does not know.
        run: The run that was tested, or else the last one of the commit; None when there is none.
        proof: The last proof of the commit; None when there is none.
        as_baseline: Whether the neutral first launch was asked for.
        primary: What is asked of the primary metric; None when `requirements.yaml` names no metric.
        unmade: What was tested, as it is to be kept with the version, by path: and neither the run nor the commit
            names its bytes.
        accepted: Which of the proof's regressions somebody lives with.
    """

    model: str
    commit: str | None
    changed: tuple[str, ...]
    run: Run | None
    proof: Proof | None
    as_baseline: bool
    primary: Quality | None = None
    unmade: tuple[str, ...] = ()
    accepted: Accepted = NOBODY


def refusals(asked: Asked) -> tuple[RoadworthyError, ...]:
    """Return why *asked* cannot be released, what comes first in the loop first; empty when it can."""
    return tuple(_refusals(asked))


def refuse(reasons: Sequence[RoadworthyError]) -> None:
    """Do nothing without *reasons*; otherwise say all of them in one error, of the kind of the first.

    Raises:
        RoadworthyError: There is a reason.
    """
    if not reasons:
        return
    problem = "\n".join(["It cannot be released:", *(f"- {reason.problem}" for reason in reasons)])
    lines = dict.fromkeys(line for reason in reasons for line in reason.remedy.splitlines())
    remedies = sorted(lines, key=lambda line: line == _AGAIN)  # what follows from all of them stands once, last
    raise type(reasons[0])(problem if len(reasons) > 1 else reasons[0].problem, remedy="\n".join(remedies))


def _refusals(asked: Asked) -> Iterator[RoadworthyError]:
    if asked.commit is None:
        yield NotFound("There is no commit yet.", remedy="Commit the project: a version names a commit.")
        return
    if asked.changed:
        yield DirtyTree(
            f"{_listed(asked.changed)} differ from the commit {asked.commit[:12]}.",
            remedy=f"Commit them or put them away.\n{_AGAIN}",
        )
    yield from _of_run(asked.commit, asked.run)
    yield from _of_files(asked.unmade)
    yield from _of_proof(asked, asked.commit)


def _of_run(commit: str, run: Run | None) -> Iterator[RoadworthyError]:
    if run is None:
        yield NotFound(f"The commit {commit[:12]} has not been run.", remedy=_AGAIN)
    elif run.commit != commit or not run.clean:
        other = f"{_listed(run.dirty)} differed" if run.dirty else f"it is of the commit {run.commit[:12]}"
        yield DirtyTree(f"The run that was tested is not of the commit {commit[:12]} alone: {other}.", remedy=_AGAIN)


def _of_files(unmade: Sequence[str]) -> Iterator[RoadworthyError]:
    """Refuse a file that only happens to lie here: the same commit gives another one elsewhere, or none."""
    for path in unmade:
        yield NotFound(
            f"{path} was tested, and nothing says where it comes from: no stage of the run wrote it, "
            "no pin names it, and git does not track it.",
            remedy=f"Add {path} to the `outs` of the stage that writes it, or keep it with "
            f"`roadworthy data add {path}`; commit, run and test again.",
        )


def _of_proof(asked: Asked, commit: str) -> Iterator[RoadworthyError]:
    proof = asked.proof
    if proof is None:
        yield NotFound(f"The commit {commit[:12]} has not been tested.", remedy=_AGAIN)
        return
    if proof.model != asked.model:
        yield NotFound(f"The model that was tested is {proof.model}, not {asked.model}.", remedy=_AGAIN)
    failed = [check for check in proof.checks if shown(check, asked.accepted) in SAYS_NO]
    if failed:
        yield TestsFailed(
            "\n".join([f"{len(failed)} of {len(proof.checks)} checks failed:", *_told(failed)]),
            remedy="Mend what they found, commit, run and test again.",
        )
    else:
        yield from _of_idle(asked, proof)
    if asked.as_baseline and not proof.is_baseline:
        yield UsageError(
            f"The {asked.model} of this commit is not the baseline.",
            remedy="Release it without --baseline; or make the baseline the model, commit, run and test it.",
        )
    if proof.is_baseline and not asked.as_baseline:
        yield UsageError(
            f"The {asked.model} of this commit is the baseline itself.",
            remedy="Launch it as what it is: `roadworthy release --baseline`.",
        )


def _of_idle(asked: Asked, proof: Proof) -> Iterator[RoadworthyError]:
    """Refuse a proof that says nothing of the model: what was not run is no evidence."""
    if not proof.proved:
        yield TestsFailed(
            "\n".join(["Nothing was tested: no check passed.", *_told(proof.checks)]),
            remedy="Give the tests what they lack, or write what must hold in requirements.yaml and contracts/; "
            "commit, run and test again.",
        )
        return
    first = () if proof.is_baseline else unbeaten(proof)
    if first:
        yield TestsFailed(
            "\n".join(["A first release is the baseline, or surely beats it; that was not tested:", *_told(first)]),
            remedy="Launch the baseline first (`roadworthy release --baseline`), or give the test what it lacks.",
        )
    idle = untested(proof, asked.primary)
    if idle:
        yield TestsFailed(
            "\n".join(["What is asked of the primary metric was not tested:", *_told(idle)]),
            remedy="Give the test what it lacks, or ask for what can be tested; commit, run and test again.",
        )


def _told(checks: Sequence[Check]) -> list[str]:
    more = [f"  … and {len(checks) - _SHOWN} more"] if len(checks) > _SHOWN else []
    return [*(f"  {check.section}: {check.name}: {check.summary}" for check in checks[:_SHOWN]), *more]


def _listed(paths: Sequence[str]) -> str:
    more = f" and {len(paths) - _SHOWN} more" if len(paths) > _SHOWN else ""
    return ", ".join(paths[:_SHOWN]) + more
