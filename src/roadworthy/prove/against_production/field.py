"""The rows of comparison: labelled rows that production and the candidate can both be asked about."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from roadworthy.prove.evaluate.scored import score

if TYPE_CHECKING:
    from roadworthy.build.data.table import Table
    from roadworthy.declare.requirements import Requirements, Task
    from roadworthy.prove.behaviour.vacuous import Predict
    from roadworthy.prove.evaluate.scored import Scored


@dataclass(frozen=True, slots=True)
class Model:
    """One side of the comparison.

    Attributes:
        requirements: What it takes and returns.
        predict: Asks it; raises ModelError.
        rows: Its own reference rows.
        label: The label's column among them.
        key: The columns that name a row.
    """

    requirements: Requirements
    predict: Predict
    rows: Table
    label: str
    key: tuple[str, ...] = ()

    @property
    def inputs(self) -> tuple[str, ...]:
        """The columns that it is given."""
        return self.requirements.inputs.columns


@dataclass(frozen=True, slots=True)
class Field:
    """The rows of comparison: labelled rows that both models can be asked about, and what both said."""

    whose: Literal["production", "candidate"]
    task: Task
    rows: Table
    label: str
    key: tuple[str, ...]
    production: Scored
    candidate: Scored
    production_said: Table
    candidate_said: Table


def meet(production: Model, candidate: Model) -> Field | str:
    """Return the rows that both models can be asked about, with their answers; or why there are none.

    Production's own reference rows come first: a change that damages the reference rows cannot hide behind them.

    Raises:
        ModelError: One of the models does not answer as it declares.
        UsageError: The label is not what the task says.
    """
    if production.requirements.task != candidate.requirements.task:
        return f"Production's task is {production.requirements.task}: flips between tasks mean nothing."
    if set(candidate.inputs) <= set(production.rows.names):
        return _asked("production", production, candidate)
    if set(production.inputs) <= set(candidate.rows.names):
        return _asked("candidate", production, candidate)
    lacking = sorted(set(candidate.inputs) - set(production.rows.names))
    return f"Neither model's reference rows hold the inputs of both: production's lack {', '.join(lacking)}."


def _asked(whose: Literal["production", "candidate"], production: Model, candidate: Model) -> Field | str:
    owner = production if whose == "production" else candidate
    rows = owner.rows.take(~owner.rows[owner.label].is_missing())
    if not len(rows):
        return "There are no labelled reference rows."
    theirs, ours = production.predict(rows), candidate.predict(rows)
    label = rows[owner.label]
    # Both are judged by the decision that is to hold from now on.
    judged_by = replace(production.requirements, decision=candidate.requirements.decision)
    was = score(theirs, label, judged_by)
    now = score(ours, label, candidate.requirements)
    if not now.judged:
        return "requirements.yaml says no `decision`, so no prediction is right or wrong by itself."
    return Field(whose, candidate.requirements.task, rows, owner.label, owner.key, was, now, theirs, ours)
