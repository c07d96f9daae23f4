"""The edges of what a model may be asked: the ends of the scope, a value that never occurs, no value at all."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import where
from roadworthy.build.data.table import Table
from roadworthy.errors import UsageError
from roadworthy.prove.behaviour.ask import ask
from roadworthy.prove.behaviour.change import Changed, apply
from roadworthy.prove.behaviour.judge import distance, invariance
from roadworthy.prove.behaviour.told import missed, summed_up, vacuous
from roadworthy.prove.rows import MOST_EXAMPLES, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.build.data.table import Bools
    from roadworthy.declare.contract import Contract
    from roadworthy.declare.requirements import Behaviour, OutputRule, Requirements
    from roadworthy.prove.behaviour.ask import Said
    from roadworthy.prove.behaviour.subject import Subject
    from roadworthy.prove.proof import Check

End = float | str
KINDS = ("boundary", "unseen_category", "missing")


@dataclass(frozen=True, slots=True)
class Put:
    """One column put to one edge: the altered rows, what the model said of them, and which of them are right."""

    column: str
    changed: Changed
    said: Said
    moved: bool
    right: Bools


def ends(requirements: Requirements, contracts: Mapping[str, Contract]) -> dict[str, tuple[End, ...]]:
    """Return the ends of each input's scope: of the requirements, else of their contract."""
    contract = contracts.get(requirements.inputs.contract or "")
    found: dict[str, tuple[End, ...]] = {}
    for name in requirements.inputs.columns:
        own = requirements.inputs.override.get(name)
        rule = None if contract is None else contract.columns.get(name)
        bounds = [
            next((one for one in (getattr(own, key, None), getattr(rule, key, None)) if one is not None), None)
            for key in ("min", "max")
        ]
        found[name] = tuple(bound for bound in bounds if bound is not None)
    return found


def check(test: Behaviour, subject: Subject, rows: Bools) -> Check:
    """Return whether the model answers, and as is expected, where each of the columns is put to its edge.

    Raises:
        UsageError: The test cannot be made of a column, or its predicate cannot be read.
    """
    puts: list[Put] = []
    for column in test.columns:
        if column not in subject.inputs:
            return vacuous("behaviour", test.name, f"{column} is no input of the model")
        tried = list(_tried(test, subject, column, rows))
        if not tried:
            return vacuous("behaviour", test.name, f"no row has another {column} than it is put to")
        if not any(put.moved for put in tried) and not subject.reads((column,)):
            return missed("behaviour", test.name, subject, (column,))
        puts += tried
    right = np.concatenate([put.right for put in puts])
    shown = () if right.all() else tuple(_examples(subject, puts))[:MOST_EXAMPLES]
    return summed_up(test, right, "altered rows", {"by": _by(puts)}, shown)


def _tried(test: Behaviour, subject: Subject, column: str, rows: Bools) -> Iterator[Put]:
    for change in _changes(test.kind, subject, column):
        changed = apply({column: change}, subject.rows.select(subject.inputs), rows)
        if changed.altered.any():
            yield _asked(test, subject, column, changed)


def _changes(kind: str, subject: Subject, column: str) -> list[str | Mapping[str, object]]:
    if kind == "missing":
        return ["missing"]
    if kind == "unseen_category":
        return [{"set": _unseen(subject, column)}]
    found = subject.ends.get(column, ())
    if not found:
        raise UsageError(
            f"The scope of `{column}` has no ends to put it to.",
            remedy="Say its `min` and `max`: in its contract, or under `override` in requirements.yaml.",
        )
    return [{"set": end} for end in found]


def _unseen(subject: Subject, column: str) -> str:
    values = subject.rows[column].values
    if values.dtype.kind != "O":
        raise UsageError(
            f"`{column}` holds {values.dtype}, not text, so it has no categories.",
            remedy="Use a test of the kind `boundary` for numbers.",
        )
    seen, made = set(values), "unseen"
    while made in seen:
        made += "-"
    return made


def _asked(test: Behaviour, subject: Subject, column: str, changed: Changed) -> Put:
    asked = changed.table.take(changed.altered)
    said = ask(subject.predict, asked)
    right = said.answered.copy()
    moved = not right.all()
    if said.answered.any():
        before = subject.answers.take(changed.altered).take(said.answered)
        moved = moved or bool((distance(before, said.answers) > 0).any())
        good = _declared(said.answers, subject.outputs)
        if test.within is not None:
            good &= invariance(before, said.answers, test.within)
        if test.expect is not None:
            given = subject.rows.take(changed.altered).take(said.answered)
            given = given.with_column(column, asked[column].take(said.answered))
            good &= where(Table({**given.columns, **said.answers.columns}), test.expect)
        right[said.answered] = good
    return Put(column, changed, said, moved, right)


def _declared(answers: Table, outputs: Mapping[str, OutputRule]) -> Bools:
    """Return which answers are such as the outputs are declared to be."""
    good = np.ones(len(answers), dtype=np.bool_)
    for name, rule in outputs.items():
        values = answers[name].values
        if values.dtype.kind in "iuf":
            number = values.astype(np.float64)
            good &= (number >= (-np.inf if rule.min is None else rule.min)) & (
                number <= (np.inf if rule.max is None else rule.max)
            )
        if rule.allowed is not None:
            good &= np.isin(values, np.array(rule.allowed, dtype=values.dtype))
    return good


def _by(puts: list[Put]) -> dict[str, object]:
    return {f"{put.column} = {_value(put)}": {"rows": len(put.right), "wrong": int((~put.right).sum())} for put in puts}


def _value(put: Put) -> object:
    found = row(put.changed.table, int(np.flatnonzero(put.changed.altered)[0]), (put.column,))[put.column]
    return "missing" if found is None else found


def _examples(subject: Subject, puts: list[Put]) -> Iterator[dict[str, object]]:
    """Yield the wrong rows: key, inputs, what was put where, and what the model said, or why it said nothing."""
    for put in puts:
        places, asked = np.flatnonzero(put.changed.altered), np.cumsum(put.said.answered) - 1
        for number in np.flatnonzero(~put.right)[:MOST_EXAMPLES]:
            place = int(places[number])
            example = row(subject.rows, place, (*subject.key, *subject.inputs)) | row(subject.answers, place)
            example[f"{put.column} (changed)"] = row(put.changed.table, place, (put.column,))[put.column]
            if put.said.answered[number]:
                after = row(put.said.answers, int(asked[number]))
                yield example | {f"{name} (changed)": value for name, value in after.items()}
            else:
                yield example | {"no answer": put.said.fault}
