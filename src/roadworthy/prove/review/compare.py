"""Hold a change against its base, production and the baseline: from the evidence of two ends to one comparison."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from roadworthy.build.pipeline.key import differences, sentence
from roadworthy.prove.evaluate.metric import of_task
from roadworthy.prove.gate.verdicts import shown
from roadworthy.prove.review import changes, gates
from roadworthy.prove.review.comparison import (
    CheckRow,
    Comparison,
    Datasets,
    Distributions,
    Flips,
    MetricRow,
    Movement,
    SliceRow,
    StageRow,
    Versus,
)
from roadworthy.prove.review.complexity import removal
from roadworthy.prove.review.complexity.delta import complexity
from roadworthy.prove.review.pairing import NotPaired, Paired
from roadworthy.prove.review.rivals import CANDIDATE, known, rivals

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from roadworthy.build.pipeline.record import Run, StageRun
    from roadworthy.declare.requirements import Requirements
    from roadworthy.ledger.repo.commit import FileChange
    from roadworthy.prove.details import Details
    from roadworthy.prove.measures import (
        AgainstProduction,
        CalibrationBin,
        Confusion,
        FlipExample,
        Histogram,
        Interval,
        Measures,
        Role,
    )
    from roadworthy.prove.proof import Proof
    from roadworthy.prove.review.comparison import Judgement, Rival
    from roadworthy.prove.review.evidence import Evidence
    from roadworthy.prove.review.pairing import Grid
    from roadworthy.prove.review.rivals import Known

_REASONS = 6  # parts of a stage's key that differ and are told


def compare(
    base: Evidence,
    head: Evidence,
    files: Sequence[FileChange],
    *,
    paired: Paired | NotPaired | None = None,
    grids: Mapping[str, Grid] | None = None,
    datasets: Datasets | None = None,
) -> Comparison:
    """Return the comparison of the change from *base* to *head*.

    Args:
        base: What it is to be merged into.
        head: The change; it has a proof.
        files: The files that differ between the two.
        paired: The candidate held against the base's own, row by row.
        grids: How scores moved, by the role they moved from: `production`, `baseline`.
        datasets: In which named datasets the two runs differ.

    Raises:
        ValueError: *head* has no proof.
    """
    if head.proof is None:
        raise ValueError("A change without a proof cannot be reviewed.")
    found = known(base, head, paired)
    against = rivals(base, head, found)
    requirements = _requirements(head)
    changed = changes.requirements(_requirements(base), requirements) if base.declared else ()
    primary = requirements.quality[0] if requirements and requirements.quality else None
    held = datasets or Datasets(why_not="neither run is known")
    delta, metrics = complexity(base, head, files), tuple(_metrics(found, against, requirements))
    passed = gates.gates(head.proof, head.deployed, primary, head.accepted)
    judged = removal.gates(passed, delta, metrics, against)
    return Comparison(
        project=head.declared.profile.project if head.declared else "",
        model=head.proof.model,
        purpose=requirements.purpose if requirements else "",
        task=found.head["task"],
        decision=found.head["decision"],
        rows=found.head["rows"],
        base=base.side,
        head=head.side,
        outcome=gates.outcome(judged),
        gates=judged,
        checks=_checks(base.proof, head, _columns(head)),
        notes=(*changes.lost(held), *gates.notes(base, head, changed), *head.accepted.stale),
        rivals=against,
        metrics=metrics,
        slices=tuple(_slices(found, against)),
        flips=tuple(_flips(found, against, _columns(head))),
        movement=_movement(against, {**_own(paired), **(grids or {})}),
        distributions=_distributions(found, against),
        parameters=changes.parameters(*(side.declared.params if side.declared else {} for side in (base, head))),
        requirements=changed,
        data=changes.data(base.pins, head.pins),
        datasets=held,
        stages=_stages(base, head),
        declared=changes.stages(*(side.declared.pipeline if side.declared else None for side in (base, head))),
        complexity=delta,
        confidence=found.head["confidence"],
        resamples=found.head["resamples"],
    )


def judge(difference: Interval | None, better: str) -> Judgement:
    """Return what a difference means: sure only where its whole interval lies on one side of 0."""
    if difference is None or difference["value"] is None:
        return "unknown"
    low, high = difference["low"], difference["high"]
    if low is None or high is None:
        return "unknown"
    if low == high == 0:
        return "equal"
    if low <= 0 <= high:
        return "unclear"
    return "better" if (low > 0) == (better == "higher") else "worse"


def _requirements(side: Evidence) -> Requirements | None:
    return side.declared.requirements if side.declared else None


def _columns(side: Evidence) -> tuple[str, ...]:
    """Return the declared columns in the order in which people wrote them: records sort their keys."""
    requirements = _requirements(side)
    dataset = side.declared.pipeline.datasets.get("reference") if side.declared else None
    return (*(dataset.key if dataset else ()), *(requirements.inputs.columns if requirements else ()))


def _arranged(row: Mapping[str, object], columns: Sequence[str]) -> dict[str, object]:
    return {name: row[name] for name in columns if name in row} | dict(row)


def _checks(base: Proof | None, head: Evidence, columns: Sequence[str]) -> tuple[CheckRow, ...]:
    before = {(check.section, check.name): check.verdict for check in base.checks} if base else {}
    arranged = (
        replace(check, examples=tuple(_arranged(row, columns) for row in check.examples))
        for check in (head.proof.checks if head.proof else ())
    )
    holding = head.accepted.holding
    return tuple(
        CheckRow(
            check,
            shown(check, head.accepted),
            before.get((check.section, check.name)),
            holding[check.name].said if shown(check, head.accepted) == "accepted" else "",
        )
        for check in arranged
    )


def _metrics(found: Known, against: Sequence[Rival], requirements: Requirements | None) -> Iterator[MetricRow]:
    measured = found.head["metrics"].get("candidate") or {}
    asked = _asked(requirements)
    known = [metric.name for metric in of_task(requirements.task)] if requirements else []
    names = dict.fromkeys([name for name in (*asked, *known, *measured) if name in measured])
    for name in names:
        better = found.head["directions"][name]
        cells = ((found.value(rival, name), found.difference(rival, name)) for rival in against)
        yield MetricRow(
            name=name,
            better=better,
            primary=name == found.head["primary"],
            candidate=measured[name],
            versus=tuple(Versus(value, difference, judge(difference, better)) for value, difference in cells),
            asked=", ".join(asked.get(name, ())),
        )


def _asked(requirements: Requirements | None) -> dict[str, list[str]]:
    asked: dict[str, list[str]] = {}
    for rule in requirements.quality if requirements else ():
        told = asked.setdefault(rule.metric, [])
        told += [f"at least {rule.at_least:g}"] if rule.at_least is not None else []
        told += [f"at most {rule.at_most:g}"] if rule.at_most is not None else []
        told += [f"better than {rule.better_than}"] if rule.better_than is not None else []
    return asked


def _slices(found: Known, against: Sequence[Rival]) -> Iterator[SliceRow]:
    for one in found.head["slices"]:
        others = tuple(found.slice(rival, one["name"]) for rival in against)
        yield SliceRow(one["name"], one["where"], one["metric"], one["rows"], one["candidate"], others)


def _flips(found: Known, against: Sequence[Rival], columns: Sequence[str]) -> Iterator[Flips]:
    for rival in against:
        if "production" in rival.roles and found.head["against_production"] is not None:
            yield Flips(rival, _ordered(found.head["against_production"], columns), judged=True)
        elif "base" in rival.roles and isinstance(found.paired, Paired) and found.paired.measure is not None:
            yield Flips(rival, found.paired.measure, judged=False)


def _ordered(measure: AgainstProduction, columns: Sequence[str]) -> AgainstProduction:
    """Return *measure* with its examples' inputs in the order in which they are declared: records sort their keys."""

    def ordered(examples: Sequence[FlipExample]) -> list[FlipExample]:
        return [{**one, "inputs": _arranged(one["inputs"], columns)} for one in examples]

    return {**measure, "broken": ordered(measure["broken"]), "fixed": ordered(measure["fixed"])}


def _own(paired: Paired | NotPaired | None) -> dict[str, Grid]:
    return {"base": paired.grid} if isinstance(paired, Paired) and paired.grid is not None else {}


def _movement(against: Sequence[Rival], grids: Mapping[str, Grid]) -> Movement | None:
    for rival in against:
        for role in rival.roles:
            if (moved := grids.get(role)) is not None:
                return Movement(rival, moved.edges, moved.cells, moved.old_cutoff, moved.new_cutoff)
    return None


def _distributions(found: Known, against: Sequence[Rival]) -> Distributions:
    sources: list[tuple[str, Measures, Role]] = [(CANDIDATE, found.head, "candidate")]
    for rival in against:
        if (measured := found.measured(rival)) is not None:
            sources.append((rival.title, found.head, measured))
        elif "base" in rival.roles and found.base is not None:
            sources.append((rival.title, found.base, "candidate"))
    calibration: dict[str, tuple[CalibrationBin, ...]] = {}
    confusion: dict[str, Confusion] = {}
    for title, measures, role in sources:
        if role in measures["calibration"]:
            calibration[title] = tuple(measures["calibration"][role])
        if role in measures["confusion"]:
            confusion[title] = measures["confusion"][role]
    histogram = found.head["histogram"]
    counts = {
        title: histogram["counts"][role]
        for title, measures, role in sources
        if histogram is not None and measures is found.head and role in histogram["counts"]
    }
    shown: Histogram | None = {"edges": histogram["edges"], "counts": counts} if histogram is not None else None
    return Distributions(calibration, shown, confusion, _details(sources))


def _details(sources: Sequence[tuple[str, Measures, Role]]) -> Details:
    """Return the details by title, the candidate's own first."""
    found: Details = {}
    for number, (title, measures, role) in enumerate(sources):
        kept = measures.get("details", {})
        if role in kept.get("thresholds", {}):
            found.setdefault("thresholds", {})[title] = kept["thresholds"][role]
        if role in kept.get("matrix", {}):
            found.setdefault("matrix", {})[title] = kept["matrix"][role]
        if role in kept.get("residuals", {}):
            found.setdefault("residuals", {})[title] = kept["residuals"][role]
        if not number and "importance" in kept:
            found["importance"] = kept["importance"]
        if not number and "weakness" in kept:
            found["weakness"] = kept["weakness"]
    return found


def _stages(base: Evidence, head: Evidence) -> tuple[StageRow, ...]:
    if head.run is None:
        return ()
    names = tuple(head.run.stages)
    return tuple(
        StageRow(
            name,
            stage.state,
            _why(name, base, head, stage),
            head.seconds.get(name),
            base.seconds.get(name),
            None if base.run is None else not _same_key(base.run, stage, name),
            changes.upstream(head.declared.pipeline.stages, name, names) if head.declared else (),
        )
        for name, stage in head.run.stages.items()
    )


def _same_key(run: Run, stage: StageRun, name: str) -> bool:
    return name in run.stages and bool(stage.key) and run.stages[name].key == stage.key


def _why(name: str, base: Evidence, head: Evidence, stage: StageRun) -> str:
    """Return in what the stage's key differs from the base's; what its run said where the base's run is not known."""
    if base.run is None or not stage.key:
        return stage.why
    if name not in base.run.stages:
        return "new: the base has no such stage"
    if _same_key(base.run, stage, name):
        return "nothing differs from the base"
    if name not in base.parts or name not in head.parts:
        return stage.why
    return sentence(differences(base.parts[name], head.parts[name]), most=_REASONS) or stage.why
