"""A proof's metrics, computed by the platform: what a runner says of them is not taken."""

from __future__ import annotations

import json
import subprocess
import sys
from contextlib import ExitStack
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Final, cast

from roadworthy.app.server.at_commit import declared_at
from roadworthy.build.pipeline.named import found_in
from roadworthy.errors import IntegrityError, InvalidDeclaration, NotAProject
from roadworthy.prove import keep
from roadworthy.prove.gate.verdicts import SECTIONS
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.app.local import Local
    from roadworthy.build.pipeline.record import Run
    from roadworthy.declare.project import Declared
    from roadworthy.declare.requirements import Requirements
    from roadworthy.ledger.objects.item import Item
    from roadworthy.prove.proof import Proof

_MAIN = "from roadworthy.app.server.judging.measure import main; main()"
_SECONDS = 600.0
_ENVIRONMENT = {"PATH": "/usr/bin:/bin", "OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1"}
_AGAIN = "The job is done again; see its log for what the runner said."
_EVALUATION: Final = "evaluation"
_ELSEWHERE = "production"  # may have been asked about rows of its own, which are not handed in


@dataclass(frozen=True, slots=True)
class Computed:
    """What the platform computed: the checks of the declared bounds, the measures, and the target's own bounds."""

    checks: tuple[Check, ...]
    measures: Mapping[str, Any] | None
    by_target: tuple[Check, ...] = ()


def measured(local: Local, run: Run, proof: Proof, target: str | None) -> tuple[Proof, tuple[Check, ...]]:
    """Return *proof* with what follows from its predictions in the place of what it says of metrics.

    And, when *target* is a commit, the checks of its bounds on the same metrics. Other checks of the proof stay: they
    are made of answers that are not kept.

    Raises:
        IntegrityError: The proof is of other rows than the run left.
    """
    with ExitStack() as stack:
        try:
            project = stack.enter_context(declared_at(local, proof.commit))
        except (NotAProject, InvalidDeclaration):
            return proof, ()
        if project.requirements is None:
            return proof, ()
        found = _computed(local, run, proof, (project, _folder(local, target, stack)))
        return _taken(proof, found, project.requirements), found.by_target


def _folder(local: Local, target: str | None, stack: ExitStack) -> str | None:
    """Return where what the target declares lies, as long as *stack* is open; None where it declares nothing."""
    if target is None:
        return None
    try:
        return str(stack.enter_context(declared_at(local, target)).folder)
    except (NotAProject, InvalidDeclaration):
        return None


def _computed(local: Local, run: Run, proof: Proof, by: tuple[Declared, str | None]) -> Computed:
    project, target = by
    dataset = project.pipeline.datasets.get("reference")
    contents = {**run.inputs, **run.outputs}
    known = None if dataset is None else found_in(contents, dataset.path, local.ledger.objects)
    if "candidate" not in proof.predictions or known is None or proof.reference is None:
        why = "It cannot be computed: no predictions of the declared reference rows were handed in."
        from roadworthy.prove.evaluate.evaluate import without_label  # it loads numpy: not at the server's start

        unshown = without_label(cast("Requirements", project.requirements), why)
        return Computed(tuple(replace(one, verdict="failed") for one in unshown), None)
    if known.address != proof.reference:
        raise IntegrityError("The proof is of other rows than its run left.", remedy=_AGAIN)
    work = local.ledger.state / "work"
    work.mkdir(exist_ok=True)
    return _apart({
        "objects": str(local.ledger.objects.root), "scratch": str(work), "folder": str(project.folder),
        "target": target, "reference": proof.reference, "predictions": dict(proof.predictions),
        "is_baseline": _is_baseline(local, contents, proof, project),
    })  # fmt: skip


def _taken(proof: Proof, found: Computed, wanted: Requirements) -> Proof:
    ours = {check.name: check for check in found.checks}
    said = {check.name: check for check in proof.checks if check.section == _EVALUATION}
    metrics = (*(rule.metric for rule in wanted.quality), *(f"{rule.name}:" for rule in wanted.slices))
    kept = [
        check for check in proof.checks
        if check.section != _EVALUATION or (check.name not in ours and not check.name.startswith(metrics))
    ]  # fmt: skip
    checks = kept + [_of_both(check, said.get(name)) for name, check in ours.items()]
    order = list(SECTIONS)
    measures = {} if found.measures is None else _with_production(dict(found.measures), proof.measures)
    return replace(proof, checks=tuple(sorted(checks, key=lambda one: order.index(one.section))), measures=measures)


def _of_both(ours: Check, theirs: Check | None) -> Check:
    """Return what was computed; where that could not be, what the runner says, unless it says yes without showing it.

    Production may have been asked about rows of its own, and those answers are not handed in.
    """
    if ours.verdict != "not_run" or theirs is None:
        return ours
    if theirs.verdict != "passed" or ours.name.endswith(f"better than {_ELSEWHERE}"):
        return theirs
    return replace(ours, verdict="failed")


def _with_production(ours: dict[str, Any], theirs: Mapping[str, Any]) -> dict[str, Any]:
    """Add what was measured of production on rows of its own, and of the time that it took."""
    ours["against_production"] = theirs.get("against_production")
    if isinstance(theirs.get("seconds"), dict):
        ours["seconds"] = theirs["seconds"]
    for part in ("metrics", "differences"):
        if not ours[part].get(_ELSEWHERE):
            ours[part][_ELSEWHERE] = cast("Mapping[str, Any]", theirs.get(part) or {}).get(_ELSEWHERE)
    known = {one["name"]: one for one in theirs.get("slices") or ()}
    for one in ours["slices"]:
        if one[_ELSEWHERE] is None:
            one[_ELSEWHERE] = known.get(one["name"], {}).get(_ELSEWHERE)
    return ours


def _is_baseline(local: Local, contents: Mapping[str, Item], proof: Proof, project: Declared) -> bool:
    wanted = project.requirements
    model = None if wanted is None or wanted.baseline is None else project.pipeline.models.get(wanted.baseline)
    known = None if model is None else found_in(contents, model.path, local.ledger.objects)
    return known is not None and known.address == proof.candidate


def _apart(asked: Mapping[str, Any]) -> Computed:
    try:
        done = subprocess.run(
            [sys.executable, "-P", "-c", _MAIN], input=json.dumps(asked).encode(), capture_output=True, check=False,
            timeout=_SECONDS, cwd="/", env=_ENVIRONMENT,
        )  # fmt: skip
    except subprocess.TimeoutExpired:
        return _failed(f"it took longer than {_SECONDS:g} s")
    if done.returncode != 0:
        last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:]
        return _failed(last[0][:200] if last else f"exit status {done.returncode}")
    said = json.loads(done.stdout)
    return Computed(_checks(said["checks"]), said["measures"], _checks(said["by_target"]))


def _failed(why: str) -> Computed:
    return Computed((Check(_EVALUATION, "evaluation", "failed", f"The metrics cannot be computed: {why}."),), None)


def _checks(said: Sequence[Mapping[str, Any]]) -> tuple[Check, ...]:
    return tuple(keep.check_of(one) for one in said)
