"""Evaluation: what the models are worth on the reference rows, by us, from their predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.build.data.query import where
from roadworthy.prove.evaluate.detail import weak
from roadworthy.prove.evaluate.measure import measures
from roadworthy.prove.evaluate.metric import metric, of_task
from roadworthy.prove.evaluate.naming import FIRST, better_than
from roadworthy.prove.evaluate.quality import checks, first_launch
from roadworthy.prove.evaluate.scored import score
from roadworthy.prove.evaluate.sheet import BESIDE, EVERYWHERE, fill
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.build.data.table import Bools, Column, Table
    from roadworthy.declare.requirements import Requirements
    from roadworthy.prove.evaluate.metric import Metric
    from roadworthy.prove.evaluate.quality import Rivals
    from roadworthy.prove.evaluate.scored import Scored
    from roadworthy.prove.measures import Measures


@dataclass(frozen=True, slots=True)
class Evaluation:
    """The checks of the declared bounds, and everything that was measured."""

    checks: tuple[Check, ...]
    measures: Measures


@dataclass(frozen=True, slots=True)
class Elsewhere:
    """What a role and the candidate said of rows that are that role's own, and not the candidate's."""

    role: str
    rows: Table
    scored: Scored
    candidate: Scored


def evaluate(
    requirements: Requirements,
    rows: Table,
    label: Column,
    answers: Mapping[str, Table],
    rivals: Rivals,
    elsewhere: Elsewhere | None = None,
) -> Evaluation:
    """Return what the models are worth.

    Args:
        requirements: What must hold.
        rows: The reference rows.
        label: Their label; rows without one are left out, and counted.
        answers: For each role, `candidate` among them, its outputs for *rows*.
        rivals: What `better_than` may name.
        elsewhere: Production, where it is compared with on its own rows.

    Raises:
        UsageError: A metric or a slice's predicate cannot be read so, or the label is not what the task says.
    """
    known = ~label.is_missing()
    rows, label = rows.take(known), label.take(known)
    scored = {role: score(said.take(known), label, requirements) for role, said in answers.items()}
    slices = {rule.name: (metric(rule.metric, requirements.task),) for rule in requirements.slices}
    wanted = {EVERYWHERE: of_task(requirements.task), **slices}
    named = {rule.metric: metric(rule.metric, requirements.task) for rule in requirements.quality}
    sheet = fill(scored, wanted, _masks(requirements, rows))
    if elsewhere is not None:
        there = {elsewhere.role: elsewhere.scored, BESIDE + elsewhere.role: elsewhere.candidate}
        sheet = sheet.with_cells(fill(there, wanted, _masks(requirements, elsewhere.rows)))
        scored[elsewhere.role] = elsewhere.scored
    found: list[Check] = []
    for quality in requirements.quality:
        found += checks(quality, named[quality.metric], sheet, rivals)
    if rivals.first:
        found = _with(found, first_launch(primary(requirements), requirements.baseline, sheet, rivals))
    for rule in requirements.slices:
        found += checks(rule, slices[rule.name][0], sheet, rivals, rule.name)
    measured = measures(requirements, scored, sheet, unlabelled=int(len(known) - known.sum()))
    inputs = [name for name in requirements.inputs.columns if name in rows]
    measured["details"]["weakness"] = weak.search(rows, inputs, scored["candidate"], requirements.task)
    return Evaluation(tuple(found), measured)


def _with(found: list[Check], more: tuple[Check, ...]) -> list[Check]:
    """Return *found* with *more*, each in the place of the one of its name where there is one."""
    named = {one.name: one for one in more}
    return [*(named.pop(one.name, one) for one in found), *named.values()]


def primary(requirements: Requirements) -> Metric:
    """Return the primary metric: the first that is asked about, or the task's first.

    Raises:
        UsageError: There is no such metric.
    """
    if requirements.quality:
        return metric(requirements.quality[0].metric, requirements.task)
    return of_task(requirements.task)[0]


def _masks(requirements: Requirements, rows: Table) -> dict[str, Bools]:
    return {rule.name: where(rows, rule.where) for rule in requirements.slices}


def without_label(requirements: Requirements, why: str, *, first: bool = False) -> tuple[Check, ...]:
    """Return the checks of an evaluation that cannot be made, each saying *why*; *first*: see `Rivals`."""
    names = [quality.metric for quality in requirements.quality]
    names += [f"{rule.name}: {rule.metric}" for rule in requirements.slices]
    found = [Check("evaluation", name, "not_run", why) for name in dict.fromkeys(names)]
    if first and requirements.baseline is not None:
        name = better_than(primary(requirements).name, requirements.baseline)
        found.append(Check("evaluation", name, "not_run", why, {FIRST: True}))
    return tuple(found)
