"""A version that is being served: what it takes, what is enforced of it, and the lane that answers."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

import numpy as np

from roadworthy.build.data.table import Table
from roadworthy.build.model.apart import stray
from roadworthy.errors import BadPrediction, PredictFailed
from roadworthy.operate.serve import scope
from roadworthy.operate.serve.batch import Lane
from roadworthy.operate.serve.columns import column
from roadworthy.operate.serve.crew import Crew
from roadworthy.operate.serve.guard import Guard
from roadworthy.operate.serve.records import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from roadworthy.build.model.apart import Stray
    from roadworthy.build.model.version import OpenVersion
    from roadworthy.declare.profile import PredictionLog
    from roadworthy.ledger.versions.read import Deployment
    from roadworthy.operate.serve.batch import Deliver
    from roadworthy.operate.serve.crew import Seat
    from roadworthy.operate.serve.scope import Rule

_WARM_SECONDS = 30.0
_ROWS = 3  # to warm up with
_BOTH = 2


@dataclass(frozen=True, slots=True)
class Served:
    """A version in service. Two are never equal: a version that comes back may be another process."""

    model: str
    version: str
    deployment: int
    form: Form
    guard: Guard
    log: PredictionLog
    lane: Lane

    @property
    def names(self) -> dict[str, str]:
        """What an answer says of who gave it."""
        return {"model": self.model, "version": self.version}

    @property
    def facts(self) -> dict[str, Any]:
        """What the log keeps of who gave an answer."""
        return {"model": self.model, "version": self.version, "deployment": self.deployment}


def begin(
    opened: OpenVersion, deployment: Deployment, deliver: Deliver, *, timeout: float, say: Callable[[str], None]
) -> Served:
    """Return *opened* in service: its workers have loaded and have answered once.

    Args:
        opened: The version, with its files on this disk.
        deployment: By which it is served.
        deliver: Takes what comes of jobs, in the lane's thread.
        timeout: Seconds for one batch.
        say: Takes a line for whoever runs the service.

    Raises:
        ModelError: It does not load, its worker hangs or dies on a first row, or it gives rows each other's answers.
    """
    requirements = opened.requirements
    guard = Guard(
        scope.of_inputs(requirements, opened.declared.contracts),
        scope.of_outputs(requirements.outputs),
        requirements.out_of_scope,
    )
    crew = Crew(opened.spec, opened.baseline if guard.out_of_scope == "fallback" else None)
    try:
        crew.start()
        _warm(crew, guard.inputs)
    except BaseException:
        crew.close()
        raise
    reference = opened.declared.pipeline.datasets.get("reference")
    return Served(
        model=requirements.model,
        version=opened.version.name,
        deployment=deployment.number,
        form=Form(guard.inputs, reference.key if reference is not None else ()),
        guard=guard,
        log=opened.declared.profile.log,
        lane=Lane(crew, guard, deliver, timeout=timeout, say=say),
    )


def _warm(crew: Crew, rules: Mapping[str, Rule]) -> None:
    """Have the model answer a few rows: the first answer imports what loading did not. Made-up rows may be refused.

    Raises:
        BadPrediction: It gives rows each other's answers.
    """
    rows = Table(
        {name: column(name, [_typical(rule, at) for at in range(_ROWS)], rule.kind) for name, rule in rules.items()}
    )
    for seat in (crew.model, crew.baseline):
        found = None if seat is None else _stray(seat, rows)
        if found is not None and found.when != "again":
            raise BadPrediction(
                f"The model gives a row another answer {found.when} than beside others: callers get each other's.",
                remedy="`predict` must return a row for each row, in their order, and look at no other row for it.",
            )


def _stray(seat: Seat, rows: Table) -> Stray | None:
    try:
        seat.predict(rows.take(np.array([0])), timeout=_WARM_SECONDS)
        return stray(partial(seat.predict, timeout=_WARM_SECONDS), rows, alone=_ROWS)
    except (PredictFailed, BadPrediction):
        return None


def _typical(rule: Rule, at: int) -> Any:
    """Return a value that *rule* allows, another one for each of the rows *at*, where there are so many."""
    if rule.allowed:
        return sorted(rule.allowed, key=str)[at % len(rule.allowed)]
    match rule.kind:
        case "text":
            return "a" * at
        case "boolean":
            return at % 2 == 1
        case "time":
            first = np.datetime64(rule.min if isinstance(rule.min, str) else "2000-01-01T00:00:00", "s")
            return str(first + np.timedelta64(at, "h"))
        case _:
            return _between(rule, at)


def _between(rule: Rule, at: int) -> int:
    bounds = [bound for bound in (rule.min, rule.max) if isinstance(bound, int | float)]
    if len(bounds) < _BOTH:
        return int(bounds[0] if bounds else 0) + (-at if rule.max is not None else at)
    low, high = bounds
    return int(low + (high - low) * (1 + (at + 1) % _ROWS) / (_ROWS + 1))  # the middle first
