"""Inputs that are missing, and inputs beyond anything seen."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import literal, quoted
from roadworthy.build.data.table import Column, Table
from roadworthy.errors import ModelError
from roadworthy.prove.behaviour.ask import ask
from roadworthy.prove.evaluate.scored import numbers
from roadworthy.prove.redteam.disturb import sample_of
from roadworthy.prove.redteam.finding import FLAGGED, MOST_PAIRS, Finding
from roadworthy.prove.redteam.refused import Disturbed, refusal
from roadworthy.prove.redteam.target import labelled

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.build.data.table import Floats
    from roadworthy.prove.redteam.target import Sample, Target

_SHUFFLES = 3
_WORSE = 0.1  # of the loss without the input: a missing value that costs more is misread
_Z = 4.0
_FEW = 60
_FAR = 10.0  # ranges beyond what was seen
_UNSEEN = "never seen before"
_EXAMPLES = 200


def missing(target: Target, sample: Sample, name: str, seed: int) -> Iterator[Finding]:
    """Yield that a missing value, which the scope allows, is refused; or that it is taken for something else.

    It is taken for something else when the model does worse with it missing than with another row's value: then to
    know nothing of the input would be better.
    """
    if not target.limit(name).missing:
        return
    gone = _without(sample.given, name)
    allowed = np.flatnonzero(target.in_scope(gone))
    if not len(allowed):
        return
    exposed = f"{quoted(name)} IS NULL"
    said = ask(target.predict, gone.take(allowed))
    if not said.answered.all():
        tried = Disturbed("missing", name, f"{name} missing", sample.given, gone, exposed)
        yield refusal(target, tried, said, allowed)
    elif target.label is not None:
        yield from _misread(target, name, seed)


def _without(table: Table, name: str) -> Table:
    column = table[name]
    blank: dict[str, object] = {"f": np.nan, "O": "", "b": False, "M": np.datetime64("NaT")}
    values = np.full(len(column), blank.get(column.values.dtype.kind, 0)).astype(column.values.dtype)
    return table.with_column(name, Column(values, np.ones(len(column), dtype=np.bool_)))


def _misread(target: Target, name: str, seed: int) -> Iterator[Finding]:
    rows = labelled(target)
    given, random = rows.select(target.inputs), np.random.default_rng(seed)
    without = _loss(target, rows, target.predict(_without(given, name)))
    if without is None:
        return
    strange = np.zeros(len(rows))
    for _ in range(_SHUFFLES):
        shuffled = given.with_column(name, given[name].take(random.permutation(len(given))))
        strange += np.asarray(_loss(target, rows, target.predict(shuffled))) / _SHUFFLES
    more = without - strange
    spread = float(more.std())
    z = float(more.mean()) / (spread / np.sqrt(len(more))) if spread > 0 else 0.0
    worse = float(more.mean()) / max(float(strange.mean()), 1e-12)
    if z < _Z or worse < _WORSE:
        return
    places = np.sort(random.permutation(len(rows))[:_EXAMPLES])
    examples = _without(rows.take(places), name).select(target.shown)
    bound = float(strange.mean()) + 3 * float(strange.std()) / np.sqrt(len(places))
    found = Finding(
        kind="missing",
        cause=name,
        columns=(name,),
        title=f"A missing {name} is worse than any other value: it is taken for something else",
        examples=examples,
        expect=f"avg({_loss_sql(target)}) OVER () <= {bound:.4g}",
        exposed=f"{quoted(name)} IS NULL",
        failed=int((more > 0).sum()),
        tried=len(rows),
        effect=worse,
        chance=6.3e-05,
    )
    yield found


def _loss(target: Target, rows: Table, answers: Table) -> Floats | None:
    """Return the loss of each row: squared of a chance, absolute of a number, whether a class is wrong."""
    label = rows[str(target.label)]
    match target.requirements.task:
        case "multiclass":
            if len(answers.names) > 1:
                said = np.stack([numbers(answers[name]) for name in answers.names], axis=1).argmax(axis=1)
                named = np.asarray(answers.names)[said]
            else:
                named = answers[target.output].values.astype(str)
            return np.asarray(named != label.values.astype(str), dtype=np.float64)
        case "regression":
            return np.asarray(np.abs(numbers(label) - numbers(answers[target.output])))
        case _:
            return np.asarray((numbers(label) - numbers(answers[target.output])) ** 2)


def _loss_sql(target: Target) -> str:
    label, output = quoted(str(target.label)), quoted(target.output)
    match target.requirements.task:
        case "multiclass":
            outputs = tuple(target.requirements.outputs)
            if len(outputs) == 1:
                return f"CASE WHEN {output} = CAST({label} AS VARCHAR) THEN 0 ELSE 1 END"
            best = f"greatest({', '.join(quoted(name) for name in outputs)})"
            right = " OR ".join(
                f"(CAST({label} AS VARCHAR) = {literal(name)} AND {quoted(name)} = {best})" for name in outputs
            )
            return f"CASE WHEN {right} THEN 0 ELSE 1 END"
        case "regression":
            return f"abs(CAST({label} AS DOUBLE) - {output})"
        case _:
            return f"pow(CAST({label} AS DOUBLE) - {output}, 2)"


def beyond(target: Target, sample: Sample, name: str) -> Iterator[Finding]:
    """Yield that inputs far beyond anything seen are answered, and the guard does not flag them."""
    few = sample_of(sample, _FEW)
    for value, said, exposed in _strange(few.given[name], sample.given[name], name):
        changed = few.given.with_column(name, value)
        free = np.flatnonzero(target.in_scope(changed))
        if not len(free):
            continue
        shown = changed.take(free[:MOST_PAIRS])
        yield Finding(
            kind="out_of_scope",
            cause=name,
            columns=(name,),
            title=f"{name} {said} is {_answered(target, shown)}, and not flagged",
            examples=shown,
            expect=FLAGGED,
            exposed=exposed,
            failed=len(free),
            tried=len(few.given),
            effect=len(free) / len(few.given),
        )
        return


def _answered(target: Target, rows: Table) -> str:
    try:
        target.predict(rows)
    except ModelError:
        return "let through to the model, which fails"
    return "answered"


def _strange(few: Column, whole: Column, name: str) -> Iterator[tuple[Column, str, str]]:
    """Yield columns of values that nobody has seen, with words and with a predicate for what is beyond."""
    kind, known = whole.values.dtype.kind, ~whole.is_missing()
    if kind == "O":
        listed = sorted({str(value) for value in whole.values[known]})
        unseen = np.array([_UNSEEN] * len(few), dtype=object)
        exposed = f"{quoted(name)} NOT IN ({', '.join(map(literal, listed[:1000]))})" if listed else "true"
        yield Column(unseen), f"of a value never seen ({_UNSEEN!r})", exposed
    elif kind in "if" and known.any():
        values = numbers(whole)[known]
        low, high = float(values.min()), float(values.max())
        far = _FAR * max(high - low, 1.0)
        exposed = f"{quoted(name)} < {low:.12g} OR {quoted(name)} > {high:.12g}"
        for value in (high + far, low - far):
            put = np.full(len(few), value).astype(whole.values.dtype)
            yield Column(put), f"of {value:.6g} (seen: {low:.6g} to {high:.6g})", exposed
