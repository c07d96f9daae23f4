"""Declared behaviour, tried harder: with smaller and larger steps, and where its violations gather."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import where
from roadworthy.errors import UsageError
from roadworthy.prove.behaviour.ask import ask
from roadworthy.prove.behaviour.change import apply
from roadworthy.prove.behaviour.judge import directional, invariance
from roadworthy.prove.redteam.disturb import lower
from roadworthy.prove.redteam.finding import ANYWHERE, MOST_PAIRS, Finding, moves, pairs, stays
from roadworthy.prove.redteam.regions import of_table

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.build.data.table import Bools, Table
    from roadworthy.declare.requirements import Behaviour
    from roadworthy.prove.redteam.target import Sample, Target

_STEPS = (1.0, 0.25, 3.0)
_MARGIN = 0.02
_FEWEST = 20
_GATHERED = 0.5  # a region is named when it holds the violations at a rate that much above the rest's
_AMOUNT = re.compile(r"([+-]\s*)([0-9.]+)")

Change = dict[str, "str | Mapping[str, object]"]


def behaviour(target: Target, sample: Sample, test: Behaviour) -> Iterator[Finding]:
    """Yield that a declared direction or invariance is broken more often than it may be, in some region or anywhere."""
    if test.kind not in {"directional", "invariance"} or not set(test.change) <= set(target.inputs):
        return
    for step in _STEPS if test.kind == "directional" else (1.0,):
        found = _tried(target, sample, test, _scaled(test.change, step))
        if found is not None:
            yield found
            return


def _scaled(change: Mapping[str, str | Mapping[str, object]], by: float) -> Change:
    scaled: Change = {}
    for name, written in change.items():
        amount = _AMOUNT.fullmatch(written.strip()) if isinstance(written, str) else None
        scaled[name] = f"{amount[1]}{float(amount[2]) * by:g}" if amount else written
    return scaled


def _tried(target: Target, sample: Sample, test: Behaviour, change: Change) -> Finding | None:
    chosen = np.ones(len(sample.given), dtype=np.bool_)
    if test.where is not None:
        try:
            chosen = where(sample.given, test.where)
        except UsageError:  # it speaks of a column that the model is not given
            return None
    changed = apply(change, sample.given, chosen)
    places = np.flatnonzero(changed.altered & target.in_scope(changed.table))
    if len(places) < _FEWEST:
        return None
    said = ask(target.predict, changed.table.take(places))
    if not said.answered.all():
        return None
    before = sample.answers.take(places)
    if test.kind == "directional":
        output = test.output or target.output
        right = directional(before[output], said.answers[output], test.expect)
        expect = moves(output, str(test.expect))
    else:
        right = invariance(before, said.answers, test.within)
        text = before[target.output].values.dtype.kind not in "iuf"
        expect = stays(target.output, (test.within or 0.0) + 1e-9, text=text)
    region = _worst(target, sample.given.take(places), ~right, 1 - test.share)
    if region is None:
        return None
    said_where, inside = region
    wrong = np.flatnonzero(~right & inside)[:MOST_PAIRS]
    return Finding(
        kind="directional" if test.kind == "directional" else "invariance",
        cause=test.name,
        columns=tuple(test.change),
        title=f"`{test.name}` does not hold" + ("" if said_where == ANYWHERE else f" where {_plain(said_where)}"),
        examples=pairs(sample.given, changed.table, places[wrong]),
        expect=expect,
        exposed=said_where,
        failed=int((~right & inside).sum()),
        tried=int(inside.sum()),
        effect=float((~right)[inside].mean()),
    )


def _plain(sql: str) -> str:
    return sql.replace('"', "")


def _worst(target: Target, rows: Table, wrong: Bools, allowed: float) -> tuple[str, Bools] | None:
    """Return the largest part in which more is wrong than is allowed: all of it, or a region where it gathers."""
    everywhere = np.ones(len(rows), dtype=np.bool_)
    regions = of_table(rows, target.inputs, _FEWEST)
    seen = [(ANYWHERE, everywhere), *((region.where, region.rows) for region in regions)]
    beyond = [
        (said, inside, lower(int(wrong[inside].sum()), int(inside.sum())))
        for said, inside in seen
        if lower(int(wrong[inside].sum()), int(inside.sum())) > allowed + _MARGIN
    ]
    if not beyond:
        return None
    said, inside, _ = max(beyond, key=lambda one: (one[2] > _GATHERED, int(wrong[one[1]].sum()) * one[2]))
    return said, inside
