"""Model tests: each declared behaviour, tried on the reference rows, with the rows that break it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import where
from roadworthy.build.data.table import Column, Table
from roadworthy.prove.behaviour import edges, share
from roadworthy.prove.behaviour.change import Changed, apply
from roadworthy.prove.behaviour.judge import directional, distance, invariance
from roadworthy.prove.behaviour.told import capability, missed, summed_up, vacuous
from roadworthy.prove.behaviour.vacuous import constant
from roadworthy.prove.proof import Check
from roadworthy.prove.rows import MOST_EXAMPLES, row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.build.data.table import Bools, Floats
    from roadworthy.declare.requirements import Behaviour
    from roadworthy.prove.behaviour.subject import Subject
    from roadworthy.prove.proof import Section


@dataclass(frozen=True, slots=True)
class Tried:
    """A change that was made: the altered rows, and what the model said of them before and after."""

    changed: Changed
    before: Table
    after: Table


def check(test: Behaviour, subject: Subject) -> Check:
    """Return what came of *test*; a vacuous one is failed, and says why it could not have failed otherwise.

    Raises:
        UsageError: The test cannot be read so: an unknown column, change, direction or predicate.
        ModelError: The model does not answer as it declares.
    """
    found = _made(test, subject)
    return replace(found, facts={"kind": test.kind, "capability": capability(test, subject.inputs), **found.facts})


def _made(test: Behaviour, subject: Subject) -> Check:
    rows = np.ones(len(subject.rows), dtype=np.bool_) if test.where is None else where(subject.rows, test.where)
    if not rows.any():
        return vacuous(
            "behaviour", test.name, f"no row satisfies `{test.where}`" if test.where else "there are no rows"
        )
    if test.kind == "minimum_functionality":
        return _minimum(test, subject, rows)
    if test.kind in edges.KINDS:
        return edges.check(test, subject, rows)
    tried = attempt("behaviour", test.name, test.change, subject, rows)
    if isinstance(tried, Check):
        return tried
    if test.kind == "directional":
        output = test.output or subject.answers.names[0]
        right = directional(tried.before[output], tried.after[output], test.expect)
    else:
        right = invariance(tried.before, tried.after, test.within)
    return _judged(test, subject, tried, right)


def attempt(
    section: Section,
    name: str,
    change: Mapping[str, str | Mapping[str, object]],
    subject: Subject,
    rows: Bools,
) -> Tried | Check:
    """Return what the model says of the rows that *change* altered; or a check, when the change tests nothing."""
    strange = [column for column in change if column not in subject.inputs]
    if strange or not change:
        why = f"{_names(strange)} no input of the model" if strange else "it changes nothing"
        return vacuous(section, name, why)
    changed = apply(change, subject.rows.select(subject.inputs), rows)
    if not changed.altered.any():
        return vacuous(section, name, "the change alters no row")
    if changed.altered.all():
        before, after = subject.answers, subject.predict(changed.table)
    else:
        before, after = subject.answers.take(changed.altered), subject.predict(changed.table.take(changed.altered))
    if not (distance(before, after) > 0).any() and not subject.reads(tuple(change)):
        return missed(section, name, subject, tuple(change))
    return Tried(changed, before, after)


def _names(columns: Sequence[str]) -> str:
    return f"{', '.join(columns)} {'is' if len(columns) == 1 else 'are'}"


def _judged(test: Behaviour, subject: Subject, tried: Tried, right: Bools) -> Check:
    moved = distance(tried.before, tried.after)
    shown = () if right.all() else _examples(test, subject, tried, right, np.where(np.isfinite(moved), moved, 0.0))
    return summed_up(test, right, "altered rows", {"moved_share": float((moved > 0).mean())}, shown)


def _examples(
    test: Behaviour, subject: Subject, tried: Tried, right: Bools, moved: Floats
) -> tuple[dict[str, object], ...]:
    """Return the wrong rows whose output moved most: key, inputs, and what was changed, before and after."""
    wrong = np.flatnonzero(~right)
    worst = wrong[np.argsort(-moved[wrong], kind="stable")][:MOST_EXAMPLES]
    places = np.flatnonzero(tried.changed.altered)
    shown = []
    for number in worst:
        place = int(places[number])
        example = row(subject.rows, place, (*subject.key, *subject.inputs)) | row(tried.before, int(number))
        for name in test.change:
            example[f"{name} (changed)"] = row(tried.changed.table, place, (name,))[name]
        for name, after in row(tried.after, int(number)).items():
            example[f"{name} (changed)"] = after
        shown.append(example)
    return tuple(shown)


def _minimum(test: Behaviour, subject: Subject, rows: Bools) -> Check:
    """Judge a predicate over inputs and outputs, and whether a model that ignores its inputs would pass too."""
    expect = test.expect or ""
    given = subject.rows.take(rows)
    said = subject.answers.take(rows)
    right = where(_beside(given, said), expect)
    shown = [int(number) for number in np.flatnonzero(~right)[:MOST_EXAMPLES]]
    columns = (*subject.key, *subject.inputs)
    examples = tuple(row(given, number, columns) | row(said, number) for number in shown)
    dull = constant(subject.answers).take(rows)
    dull_right = where(_beside(given, dull), expect)
    found = summed_up(test, right, "rows", {"constant_share": float(dull_right.mean())}, examples)
    if found.verdict == "passed" and dull_right.sum() > share.rule(len(right), test.share, test.level).most:
        first = row(dull, 0)
        said_always = ", ".join(f"{name} {_short(value)}" for name, value in first.items())
        return vacuous("behaviour", test.name, f"a model that always says {said_always} passes it too")
    return found


def _short(value: object) -> str:
    return f"{value:.3g}" if isinstance(value, float) else str(value)


def _beside(given: Table, said: Table) -> Table:
    columns: dict[str, Column] = {**given.columns, **said.columns}
    return Table(columns)
