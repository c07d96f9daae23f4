"""The generated parts of the model card, and what needs an entry in it: every input and every requirement."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.prove.card.entries import Subject
from roadworthy.prove.evaluate.decision import describe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.declare.failure_mode import FailureMode
    from roadworthy.declare.requirements import InputRule, Requirements


def blocks(requirements: Requirements, modes: Mapping[str, FailureMode]) -> dict[str, str]:
    """Return the generated parts by heading.

    Source:
        Mitchell et al. (2019), "Model Cards for Model Reporting".
    """
    return {
        f"Model card: {requirements.model}": "\n".join(_first(requirements)),
        "Inputs and outputs": "\n".join(_columns(requirements)),
        "What must hold": "\n".join(f"- {one.name}: {one.declaration}" for one in _rules(requirements)),
        "Where it is known to fail": "\n".join(
            f"- {name}: {mode.title} ({mode.severity}, {mode.status})" for name, mode in modes.items()
        )
        or "Nowhere yet.",
    }


def subjects(requirements: Requirements) -> tuple[Subject, ...]:
    """Return what needs an entry."""
    override = requirements.inputs.override
    inputs = (Subject(f"input {name}", _rule(override.get(name))) for name in requirements.inputs.columns)
    return (*inputs, *_rules(requirements))


def _first(requirements: Requirements) -> Iterator[str]:
    yield f"- Task: {requirements.task.replace('_', ' ')}"
    yield f"- Purpose: {requirements.purpose or 'not said'}"
    yield f"- Decision: {describe(requirements.decision)}"
    yield f"- Outside its scope: {requirements.out_of_scope}"
    if requirements.baseline is not None:
        yield f"- Baseline: {requirements.baseline}"


def _columns(requirements: Requirements) -> Iterator[str]:
    yield "| column | | rule |\n|---|---|---|"
    for name in requirements.inputs.columns:
        said = _rule(requirements.inputs.override.get(name))
        yield f"| {name} | input | {said} |"
    for name, rule in requirements.outputs.items():
        low, high = ("" if bound is None else f"{bound:g}" for bound in (rule.min, rule.max))
        yield f"| {name} | output | {rule.type} {low}{' to ' if low or high else ''}{high} |"


def _rule(rule: InputRule | None) -> str:
    if rule is None:
        return "as its contract says"
    parts = {"type": rule.type, "min": rule.min, "max": rule.max, "unit": rule.unit, "missing": rule.missing}
    said = [
        f"{name} {value:g}" if isinstance(value, float) else f"{name} {value}"
        for name, value in parts.items()
        if value is not None
    ]
    said += [f"one of {', '.join(map(str, rule.allowed))}"] if rule.allowed is not None else []
    return ", ".join(said) or "anything"


def _rules(requirements: Requirements) -> Iterator[Subject]:
    yield Subject("requirement decision", describe(requirements.decision))
    for rule in requirements.quality:
        yield Subject(f"requirement {rule.metric}", _bounds(rule.at_least, rule.at_most, rule.better_than))
    for one in requirements.slices:
        asked = _bounds(one.at_least, one.at_most, one.better_than)
        yield Subject(f"slice {one.name}", f"where {one.where}: {one.metric} {asked}")
    for test in requirements.behaviour:
        change = f" under {dict(test.change)}" if test.change else ""
        expect = test.expect if test.expect is not None else f"within {test.within or 0:g}"
        yield Subject(f"behaviour {test.name}", f"{test.kind}{change}: {expect}, share {test.share:g}")
    for strain in requirements.stress:
        asked = _bounds(strain.at_least, strain.at_most, None)
        yield Subject(f"stress {strain.name}", f"under {dict(strain.change)}: {strain.metric} {asked}")


def _bounds(least: float | None, most: float | None, rival: str | None) -> str:
    said = [f"at least {least:g}"] if least is not None else []
    said += [f"at most {most:g}"] if most is not None else []
    said += [f"better than {rival}"] if rival is not None else []
    return ", ".join(said) or "is reported"
