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
    from collections.abc import Callable

    from roadworthy.build.data.table import Bools
    from roadworthy.declare.failure_mode import FailureMode
    from roadworthy.declare.requirements import Requirements
    from roadworthy.prove.behaviour.vacuous import Predict

_EQUAL = 1e-12
FLAGGED = "flagged"  # in the place of a predicate: the guard is to flag the example


@dataclass(frozen=True, slots=True)
class Model:
    """A model as failure modes see it.

    Attributes:
        predict: How it answers.
        cutoff: From which score on it flags; set by the reference rows.
        guarded: Which rows the guard flags, shape (n,); None: nobody can tell.
    """

    predict: Predict
    cutoff: float | None
    guarded: Callable[[Table], Bools] | None = None


@dataclass(frozen=True, slots=True)
class Examples:
    """The examples of a failure mode, the column that holds what is right where it expects the label, and the twins.

    The twins are rows like the examples: a model that learnt the examples by heart fails them.
    """

    rows: Table
    label: str | None
    twins: Table | None = None


def check(name: str, mode: FailureMode, examples: Examples, requirements: Requirements, candidate: Model) -> Check:
    """Return whether the candidate gets the share of *examples* right that the failure mode *name* asks.

    An accepted failure mode that still fails passes, and says so, until its day; a guarded one passes where the guard
    flags what is wrong.

    Raises:
        UsageError: Its expectation cannot be read so.
        ModelError: The model does not answer as it declares.
    """
    title = f"{name} {mode.title}"
    if not len(examples.rows):
        return Check("failure_modes", title, "failed", f"{mode.examples} has no rows: nothing is tested.")
    shown, share = _judged(mode, examples, requirements, candidate)
    facts: dict[str, object] = {"share": share, "asked": mode.share, "rows": len(examples.rows), "status": mode.status}
    summary = f"{100 * share:.4g} % of {len(examples.rows)} examples are right; {100 * mode.share:g} % is asked."
    least = share
    if examples.twins is not None and len(examples.twins):
        twins, among = _judged(mode, Examples(examples.twins, examples.label), requirements, candidate)
        summary += f" Of {len(examples.twins)} twins, {100 * among:.4g} %."
        facts |= {"twins": len(examples.twins), "twins_share": among}
        shown, least = (*shown, *twins)[:MOST_EXAMPLES], min(share, among)
    if least >= mode.share - _EQUAL:
        return Check("failure_modes", title, "passed", summary, facts)
    return _failed(title, mode, (summary, facts), shown)


def _failed(
    title: str, mode: FailureMode, found: tuple[str, dict[str, object]], shown: tuple[dict[str, object], ...]
) -> Check:
    summary, facts = found
    if mode.status == "accepted" and mode.accepted is not None:
        facts |= {"accepted_until": mode.accepted.until}
        if _until(mode.accepted.until):
            lived_with = f"{summary} Accepted until {mode.accepted.until}: {mode.accepted.why}"
            return Check("failure_modes", title, "passed", lived_with, facts, shown)
        summary += f" It was accepted until {mode.accepted.until}, which is over."
    return Check("failure_modes", title, "failed", summary, facts, shown)


def lived_with(mode: FailureMode) -> bool:
    """Whether a failure mode is accepted, and its day has not passed."""
    return mode.status == "accepted" and mode.accepted is not None and _until(mode.accepted.until)


def _judged(
    mode: FailureMode, examples: Examples, requirements: Requirements, candidate: Model
) -> tuple[tuple[dict[str, object], ...], float]:
    """Return the examples that are wrong, as far as they are shown, and the share that is right."""
    said: Table | None = None
    if mode.expect == FLAGGED:
        right = _flagged(candidate, examples.rows)
    else:
        said = candidate.predict(examples.rows)
        right = judge(mode, examples, said, requirements, candidate.cutoff)
        if mode.status == "guarded":
            right = right | _flagged(candidate, examples.rows)
    places = np.flatnonzero(~right)[:MOST_EXAMPLES]
    answers = {} if said is None else {int(place): row(said, int(place)) for place in places}
    shown = tuple(row(examples.rows, int(place)) | answers.get(int(place), {}) for place in places)
    return shown, float(right.mean())


def _flagged(candidate: Model, rows: Table) -> Bools:
    if candidate.guarded is None:
        return np.zeros(len(rows), dtype=np.bool_)
    return candidate.guarded(rows)


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
