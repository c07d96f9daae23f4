"""Known failure modes: their examples, asked of the candidate every time."""

from __future__ import annotations

import datetime as dt
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import where
from roadworthy.build.data.table import Table
from roadworthy.prove.evaluate.decision import Rule
from roadworthy.prove.evaluate.scored import score
from roadworthy.prove.proof import Check
from roadworthy.prove.rows import MOST_EXAMPLES, row

if TYPE_CHECKING:
    from roadworthy.build.data.table import Bools
    from roadworthy.declare.failure_mode import FailureMode
    from roadworthy.declare.requirements import Requirements
    from roadworthy.prove.behaviour.vacuous import Predict

_EQUAL = 1e-12


@dataclass(frozen=True, slots=True)
class Model:
    """A model as failure modes see it: how it answers, and from which score on it flags (set by the reference rows)."""

    predict: Predict
    cutoff: float | None


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples of a failure mode, and the column that holds what is right, where the mode expects the label."""

    rows: Table
    label: str | None


def check(name: str, mode: FailureMode, examples: Examples, requirements: Requirements, candidate: Model) -> Check:
    """Return whether the candidate gets the share of *examples* right that the failure mode *name* asks.

    An accepted failure mode that still fails passes, and says so, until its day.

    Raises:
        UsageError: Its expectation cannot be read so.
        ModelError: The model does not answer as it declares.
    """
    title = f"{name} {mode.title}"
    if not len(examples.rows):
        return Check("failure_modes", title, "failed", f"{mode.examples} has no rows: nothing is tested.")
    said = candidate.predict(examples.rows)
    right = judge(mode, examples, said, requirements, candidate.cutoff)
    share = float(right.mean())
    facts = {"share": share, "asked": mode.share, "rows": len(right), "status": mode.status}
    summary = f"{100 * share:.4g} % of {len(right)} examples are right; {100 * mode.share:g} % is asked."
    if share >= mode.share - _EQUAL:
        return Check("failure_modes", title, "passed", summary, facts)
    shown = tuple(
        row(examples.rows, int(number)) | row(said, int(number)) for number in np.flatnonzero(~right)[:MOST_EXAMPLES]
    )
    if mode.status == "accepted" and mode.accepted is not None and _until(mode.accepted.until):
        lived_with = f"{summary} Accepted until {mode.accepted.until}: {mode.accepted.why}"
        return Check("failure_modes", title, "passed", lived_with, facts, shown)
    return Check("failure_modes", title, "failed", summary, facts, shown)


def judge(
    mode: FailureMode, examples: Examples, said: Table, requirements: Requirements, cutoff: float | None
) -> Bools:
    """Return which examples are right: by the mode's predicate, or by the label under the declared decision.

    A decision about the best-scored share of a table says nothing of a few examples by themselves, so the cutoff that
    it gave among the reference rows is used for them.
    """
    if mode.expect != "label" or examples.label is None:
        return where(Table({**examples.rows.columns, **said.columns}), mode.expect)
    rule = None if cutoff is None else Rule(cutoff=cutoff)
    return score(said, examples.rows[examples.label], requirements, rule).right


def _until(day: str) -> bool:
    try:
        return dt.datetime.now(dt.UTC).date() <= dt.date.fromisoformat(day)
    except ValueError:
        return False
