"""Stress: whether a metric holds while inputs are disturbed."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import where
from roadworthy.prove.behaviour.check import attempt
from roadworthy.prove.behaviour.told import capability, vacuous
from roadworthy.prove.evaluate.interval import interval, resample
from roadworthy.prove.evaluate.metric import metric
from roadworthy.prove.evaluate.quality import FEWEST_ROWS, say
from roadworthy.prove.evaluate.scored import score
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from roadworthy.build.data.table import Table
    from roadworthy.declare.requirements import Requirements, Stress
    from roadworthy.prove.behaviour.subject import Subject
    from roadworthy.prove.measures import Interval


def check(test: Stress, subject: Subject, requirements: Requirements) -> Check:
    """Return what came of *test*: the metric over all rows in question, those that the change altered disturbed.

    Raises:
        UsageError: The test cannot be read so.
        ModelError: The model does not answer as it declares.
    """
    found = _made(test, subject, requirements)
    return replace(found, facts={"kind": "stress", "capability": capability(test, subject.inputs), **found.facts})


def _made(test: Stress, subject: Subject, requirements: Requirements) -> Check:
    if subject.label is None:
        return Check("stress", test.name, "not_run", "The reference rows have no label.")
    rows = np.ones(len(subject.rows), dtype=np.bool_) if test.where is None else where(subject.rows, test.where)
    rows &= ~subject.label.is_missing()
    if not rows.any():
        return vacuous("stress", test.name, f"no row satisfies `{test.where}`" if test.where else "there are no rows")
    tried = attempt("stress", test.name, test.change, subject, rows)
    if isinstance(tried, Check):
        return tried
    said = _put(subject.answers, tried.after, np.flatnonzero(tried.changed.altered)).take(rows)
    scored = score(said, subject.label.take(rows), requirements)
    wanted = metric(test.metric, requirements.task)
    measure = wanted.prepare(scored)
    value = measure(np.ones(len(scored)))
    if len(scored) < FEWEST_ROWS or not np.isfinite(value):
        return Check("stress", test.name, "not_run", f"{test.metric} is not defined on these {len(scored)} rows.")
    return _judged(test, interval(value, resample([measure], len(scored))[:, 0]), value)


def _put(answers: Table, changed: Table, places: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Table:
    """Return *answers* with the rows at *places* replaced by *changed*."""
    for name in answers.names:
        values = answers[name].values.astype(changed[name].values.dtype)
        values[places] = changed[name].values
        answers = answers.with_column(name, type(answers[name])(values))
    return answers


def _judged(test: Stress, found: Interval, value: float) -> Check:
    low = test.at_least is None or value >= test.at_least
    high = test.at_most is None or value <= test.at_most
    bounds = [
        f"{word} {bound:g}"
        for word, bound in (("at least", test.at_least), ("at most", test.at_most))
        if bound is not None
    ]
    summary = f"{test.metric} is {say(found)} so disturbed; {' and '.join(bounds) or 'nothing'} is asked."
    facts = {**found, "at_least": test.at_least, "at_most": test.at_most}
    return Check("stress", test.name, "passed" if low and high else "failed", summary, facts)
