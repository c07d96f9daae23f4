"""Whether requirements agree with themselves, and with the models, contracts and parameters that they name."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.agreement import behaviour, metric
from roadworthy.declare.agreement.parameter import dotted_names, has
from roadworthy.declare.agreement.report import Report
from roadworthy.declare.fault import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping

    from roadworthy.declare.agreement.report import Path
    from roadworthy.declare.fault import Fault
    from roadworthy.declare.read.file import Document
    from roadworthy.declare.requirements import Requirements

_NEED_OF_TASK = {"flag_top": "binary_classification", "costs": "binary_classification", "tolerance": "regression"}
_BASELINE = "baseline"
_FEWEST_TWINS = 2  # of one, nobody knows how far the next may lie


def faults(
    document: Document[Requirements],
    models: Collection[str] | None,
    contracts: Collection[str],
    params: Mapping[str, object] | None,
) -> tuple[Fault, ...]:
    """Return what does not agree; what a file that cannot be read would have said (None) is not held against them."""
    report, requirements = Report(document), document.partial
    if requirements is None:
        return ()
    _scope(report, requirements, contracts)
    if not report.lacks("task"):
        _decision(report, requirements)
        metric.tell(report, requirements)
    behaviour.tell(report, requirements)
    _windows(report, requirements)
    _names(report, requirements)
    _models(report, requirements, models)
    if params is not None:
        _noise(report, requirements, params)
    return report.all()


def _models(report: Report, requirements: Requirements, models: Collection[str] | None) -> None:
    fix = "Declare it under `models` in pipeline.yaml."
    report.unless_known(("model",), requirements.model, models, "a model of the pipeline", fix)
    if requirements.baseline is not None:
        report.unless_known(("baseline",), requirements.baseline, models, "a model of the pipeline", fix)
    for path, other in _compared(requirements):
        if other != _BASELINE:
            known = None if models is None else {*models, _BASELINE}
            report.unless_known(path, other, known, "a model of the pipeline")
        elif requirements.baseline is None and not report.lacks("baseline"):
            problem = "There is no baseline to be better than."
            report.at(path, problem, "Name one at the top of the file: `baseline: MODEL`.")


def _compared(requirements: Requirements) -> Iterator[tuple[Path, str]]:
    for group in ("quality", "slices"):
        for number, rule in enumerate(getattr(requirements, group)):
            if rule.better_than is not None:
                yield (group, number, "better_than"), rule.better_than


def _scope(report: Report, requirements: Requirements, contracts: Collection[str]) -> None:
    inputs = requirements.inputs
    if not inputs.columns:
        report.at(("inputs", "columns"), "A model has at least one input.", "List the columns that a caller sends.")
    if not requirements.outputs:
        report.at(("outputs",), "A model has at least one output.", "Declare it: `probability: {type: number}`.")
    report.twice(("inputs", "columns"), inputs.columns, "inputs")
    if inputs.contract is not None:
        fix = f"Write contracts/{inputs.contract}.yaml, or remove this."
        report.unless_known(("inputs", "contract"), inputs.contract, contracts, "a contract in contracts/", fix)
    known = None if report.lacks("inputs", "columns") else inputs.columns
    for name, rule in inputs.override.items():
        report.unless_known(("inputs", "override", name), name, known, "one of the inputs")
        report.unless_ordered(("inputs", "override", name), rule.min, rule.max)
    for name, output in requirements.outputs.items():
        report.unless_ordered(("outputs", name), output.min, output.max)
        if name in inputs.columns:
            problem = f"{quoted(name)} is an input and an output."
            report.at(("outputs", name), problem, "Give one of them another name.")
    if requirements.out_of_scope == "fallback" and requirements.baseline is None and not report.lacks("baseline"):
        problem = "There is no baseline to fall back to."
        report.at(("out_of_scope",), problem, "Name one: `baseline: MODEL`; or `out_of_scope: flag`.")


def _decision(report: Report, requirements: Requirements) -> None:
    decision = requirements.decision
    if decision is None:
        return
    said = [name for name, value in vars(decision).items() if value is not None]
    if len(said) != 1:
        found = " and ".join(quoted(name) for name in said) or "none"
        problem = f"A decision is one of `flag_top`, `threshold`, `costs`, `tolerance`; here stands {found}."
        report.at(("decision",), problem, "Keep one.")
        return
    needed = _NEED_OF_TASK.get(said[0], requirements.task)
    if needed != requirements.task:
        problem = f"{quoted(said[0])} decides in {needed.replace('_', ' ')}, and the task is {requirements.task}."
        report.at(("decision", said[0]), problem, "Choose a decision that fits the task, or mend `task`.")
    for cost in decision.costs or ():
        known = ("miss", "false_alarm")
        report.unless_known(("decision", "costs", cost), cost, known, "a cost: `miss` or `false_alarm`")


def _windows(report: Report, requirements: Requirements) -> None:
    for number, window in enumerate(requirements.windows):
        path: Path = ("windows", number)
        if report.lacks(*path, "check"):
            continue
        if window.check != "quality" and window.rows is not None:
            problem = f"`rows` is of `quality` windows; a window of {quoted(window.check)} says `at_least`."
            report.at((*path, "rows"), problem, "Rename it to `at_least`.")
        if window.check == "mean_prediction" and (window.against is None or window.within is None):
            problem = "A window of `mean_prediction` says against what it is held, and how near it must be."
            report.at(path, problem, "Add `against: observed, within: {relative: 10%}`.")
        for way in window.within or ():
            report.unless_known((*path, "within", way), way, ("relative", "absolute"), "`relative` or `absolute`")


def _noise(report: Report, requirements: Requirements, params: Mapping[str, object]) -> None:
    noise = requirements.noise
    if noise is None:
        return
    if not has(params, noise.seed):
        fix = "Add it to params.yaml, and let the training use it."
        report.unless_known(("noise", "seed"), noise.seed, dotted_names(params), "in params.yaml", fix)
    if noise.runs < _FEWEST_TWINS:
        report.at(("noise", "runs"), "Of fewer than two runs no spread is known.", "Write `runs: 5`.")


def _names(report: Report, requirements: Requirements) -> None:
    for group in ("slices", "behaviour", "stress", "windows"):
        seen: set[str] = set()
        for number, rule in enumerate(getattr(requirements, group)):
            if report.lacks(group, number, "name"):
                continue
            if rule.name in seen:
                problem = f"{quoted(rule.name)} names two entries of `{group}`."
                report.at((group, number, "name"), problem, "Give each its own name: results are told by it.")
            seen.add(rule.name)
