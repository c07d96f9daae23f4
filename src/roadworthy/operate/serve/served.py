"""A version that is being served: what it takes, what is enforced of it, and the lane that answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from roadworthy.build.data.table import Table
from roadworthy.errors import BadPrediction, PredictFailed
from roadworthy.operate.serve import scope
from roadworthy.operate.serve.batch import Lane
from roadworthy.operate.serve.columns import column
from roadworthy.operate.serve.crew import Crew
from roadworthy.operate.serve.guard import Guard
from roadworthy.operate.serve.records import Form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from roadworthy.build.model.version import OpenVersion
    from roadworthy.declare.profile import PredictionLog
    from roadworthy.ledger.versions.read import Deployment
    from roadworthy.operate.serve.batch import Deliver
    from roadworthy.operate.serve.scope import Rule

_WARM_SECONDS = 30.0


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
        ModelError: It does not load, or its worker hangs or dies on a first row.
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
    """Have the model answer a row once: the first answer imports what loading did not. A made-up row may be refused."""
    row = Table({name: column(name, [_typical(rule)], rule.kind) for name, rule in rules.items()})
    for seat in (crew.model, crew.baseline):
        try:
            if seat is not None:
                seat.predict(row, timeout=_WARM_SECONDS)
        except (PredictFailed, BadPrediction):
            continue


def _typical(rule: Rule) -> Any:
    """Return a value that *rule* allows."""
    if rule.allowed:
        return min(rule.allowed, key=str)
    match rule.kind:
        case "text":
            return ""
        case "boolean":
            return False
        case "time":
            return str(np.datetime64(rule.min, "s")) if isinstance(rule.min, str) else "2000-01-01T00:00:00"
        case _:
            bounds = [bound for bound in (rule.min, rule.max) if isinstance(bound, int | float)]
            return int(sum(bounds) / len(bounds)) if bounds else 0
