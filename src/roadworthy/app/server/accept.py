"""What a runner handed in, accepted: held against what it was asked for, then stated and signed by the platform."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, cast

from roadworthy.build.pipeline import record
from roadworthy.errors import IntegrityError
from roadworthy.ledger.objects.address import Address
from roadworthy.prove import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from roadworthy.build.pipeline.record import Run
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.prove.proof import Check, Proof

    Measured = Callable[[Run, Proof], tuple[Proof, tuple[Check, ...]]]

_AGAIN = "The job is done again; see its log for what the runner said."


@dataclass(frozen=True, slots=True)
class Accepted:
    """What the platform now states: the run, its proof when it was tested, and the reports by their role.

    `by_target`: the checks of the target's bounds on metrics, where a target was asked about.
    """

    run: Run
    proof: Address | None
    proved: Proof | None
    reports: Mapping[str, Address]
    by_target: tuple[Check, ...] = ()


def as_said(run: Run, proof: Proof) -> tuple[Proof, tuple[Check, ...]]:
    """Take a proof as it was handed in."""
    del run
    return proof, ()


def accept(
    ledger: Ledger, project: str, commit: str, handed: Mapping[str, object], measured: Measured = as_said
) -> Accepted | None:
    """Keep the run and the proof that were *handed* in for *commit*, signed; None when there was nothing to keep.

    *measured* puts what the platform computes in the place of the metrics that a proof states.

    Raises:
        IntegrityError: They cannot be read, are of something else, or name bytes that the bucket has not.
    """
    if not handed.get("run"):
        return None
    try:
        run = record.from_body(cast("Mapping[str, object]", handed["run"]))
        proof = keep.from_body(cast("Mapping[str, object]", handed["proof"])) if handed.get("proof") else None
        named = cast("Mapping[str, str]", handed.get("reports") or {})
        reports = {role: Address(address) for role, address in named.items()}
    except (KeyError, TypeError, ValueError, AttributeError) as fault:
        raise IntegrityError(f"What the runner handed in cannot be read: {fault!r}.", remedy=_AGAIN) from fault
    _of_what_was_asked(run, proof, project, commit)
    _whole(ledger, proof, reports)
    by_target: tuple[Check, ...] = ()
    if proof is not None:
        proof, by_target = measured(run, proof)
    kept = record.keep(ledger, replace(run, stages=_unsigned(run)))
    if proof is None or kept.address is None:
        return Accepted(kept, None, None, reports)
    proved = replace(proof, run=kept.address)
    return Accepted(kept, keep.write(ledger, proved), proved, reports, by_target)


def _of_what_was_asked(run: Run, proof: Proof | None, project: str, commit: str) -> None:
    wrong = [
        f"it is of the {what} {found!r}, not {wanted!r}"
        for what, found, wanted in (("project", run.project, project), ("commit", run.commit, commit))
        if found != wanted
    ]
    if proof is not None:
        contents = {item.address for item in (*run.outputs.values(), *run.inputs.values())}
        if proof.commit != commit or proof.dirty != bool(run.dirty):
            wrong.append("its proof is of another run")
        if proof.candidate not in contents:
            wrong.append("its proof is of a model that the run did not leave")
    if wrong:
        raise IntegrityError(f"What the runner handed in is refused: {'; '.join(wrong)}.", remedy=_AGAIN)


def _whole(ledger: Ledger, proof: Proof | None, reports: Mapping[str, Address]) -> None:
    named = [*reports.values(), *([] if proof is None else proof.predictions.values())]
    missing = [address for address in named if not ledger.objects.holds(address)]
    if missing:
        raise IntegrityError(f"The bucket has no undamaged {missing[0]}, which was handed in.", remedy=_AGAIN)


def _unsigned(run: Run) -> Mapping[str, record.StageRun]:
    """Return the stages without their records: those are the runner's own, and nobody else believes them."""
    return {name: replace(stage, record=None) for name, stage in run.stages.items()}
