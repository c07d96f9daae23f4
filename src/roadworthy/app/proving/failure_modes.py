"""Known failure modes: all of them, always; and no example that production gets right may be lost."""

from __future__ import annotations

import json
from functools import partial
from typing import TYPE_CHECKING

import numpy as np
from blake3 import blake3

from roadworthy.app.proving.production import Absent
from roadworthy.build.data import query
from roadworthy.operate.serve import scope
from roadworthy.prove.behaviour import failure_mode, kept_apart
from roadworthy.prove.behaviour.failure_mode import Examples, Model
from roadworthy.prove.evaluate.decision import cutoff
from roadworthy.prove.evaluate.scored import score
from roadworthy.prove.gate.acceptance import DIGEST
from roadworthy.prove.proof import Check
from roadworthy.prove.tried import tried

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from roadworthy.app.proving.bench import Bench
    from roadworthy.app.proving.candidate import Candidate
    from roadworthy.app.proving.production import Production
    from roadworthy.build.data.table import Bools, Table
    from roadworthy.declare.failure_mode import FailureMode
    from roadworthy.declare.requirements import Requirements

_PINNED = "pinned examples"
TRAINING = "training"


def checks(bench: Bench, candidate: Candidate, production: Production | Absent) -> tuple[Check, ...]:
    """Return a check for each failure mode, and one for the flips among their examples when these are pinned."""
    modes = bench.project.failure_modes
    if not modes:
        return (Check("failure_modes", "failure modes", "not_run", "No failure mode is known yet."),)
    cutoff_here = _cutoff(bench.requirements, candidate.subject.rows, candidate)
    ours = Model(candidate.subject.predict, cutoff_here, guard_of(bench))
    found = [
        tried("failure_modes", title, make)
        for name, mode in modes.items()
        for title, make in (
            (f"{name} {mode.title}", partial(_one, bench, candidate, (name, mode), ours)),
            (f"{name} is kept from training", partial(_apart, bench, candidate, (name, mode))),
        )
    ]
    rule = bench.requirements.against_production
    if rule is not None and rule.pinned is not None:
        found.append(tried("failure_modes", _PINNED, partial(_pinned, bench, candidate, ours, production)))
    return tuple(found)


def _one(bench: Bench, candidate: Candidate, named: tuple[str, FailureMode], ours: Model) -> Check:
    name, mode = named
    return failure_mode.check(name, mode, _examples(bench, candidate, mode), bench.requirements, ours)


def _examples(bench: Bench, candidate: Candidate, mode: FailureMode) -> Examples:
    rows = query.read(bench.local.folder / mode.examples)
    twins = None if mode.held_out is None else query.read(bench.local.folder / mode.held_out)
    return Examples(rows, candidate.label if candidate.label in rows else None, twins)


def guard_of(bench: Bench) -> Callable[[Table], Bools]:
    """Return what says which rows the guard of the declared scope flags."""
    rules = scope.of_inputs(bench.requirements, bench.project.contracts)

    def flagged(rows: Table) -> Bools:
        return np.array([bool(why) for why in scope.reasons(rows.select(tuple(rules)), rules)], dtype=np.bool_)

    return flagged


def _apart(bench: Bench, candidate: Candidate, named: tuple[str, FailureMode]) -> Check:
    name, mode = named
    dataset = bench.project.pipeline.datasets.get(TRAINING)
    path = None if dataset is None else bench.local.folder / dataset.path
    found = _examples(bench, candidate, mode)
    tables = {"examples": found.rows} | ({} if found.twins is None else {"twins": found.twins})
    return kept_apart.check(name, tables, path, () if dataset is None else dataset.key)


def _pinned(bench: Bench, candidate: Candidate, ours: Model, production: Production | Absent) -> Check:
    """Refuse any example that production gets right and the candidate wrong."""
    if isinstance(production, Absent):
        return Check("failure_modes", _PINNED, "not_run", production.reason)
    side = production.model
    said = side.predict(side.rows)
    theirs = Model(side.predict, cutoff_of(said, side.rows, side.label, side.requirements))
    lost: dict[str, list[int]] = {}
    for name, mode in bench.project.failure_modes.items():
        if mode.expect == failure_mode.FLAGGED:
            continue  # of the guard, not of either model
        examples = _examples(bench, candidate, mode)
        was = failure_mode.judge(mode, examples, theirs.predict(examples.rows), side.requirements, theirs.cutoff)
        now = failure_mode.judge(mode, examples, ours.predict(examples.rows), bench.requirements, ours.cutoff)
        lost[name] = [int(row) for row in (was & ~now).nonzero()[0]]
    return _say(lost, production.name)


def _say(lost: Mapping[str, list[int]], version: str) -> Check:
    broken = {name: rows for name, rows in lost.items() if rows}
    if not broken:
        said = f"Every example that {version} gets right is right still."
        return Check("failure_modes", _PINNED, "passed", said, {"lost": 0})
    listed = ", ".join(f"{len(rows)} of {name}" for name, rows in broken.items())
    said = f"Examples that {version} gets right are wrong now: {listed}."
    named = json.dumps(broken, sort_keys=True).encode()
    facts = {"lost": sum(map(len, broken.values())), DIGEST: blake3(named).hexdigest()}
    return Check("failure_modes", _PINNED, "failed", said, facts)


def _cutoff(requirements: Requirements, rows: Table, candidate: Candidate) -> float | None:
    if candidate.label is None:
        return None
    return cutoff_of(candidate.subject.answers, rows, candidate.label, requirements)


def cutoff_of(said: Table, rows: Table, label: str, requirements: Requirements) -> float | None:
    """Return the lowest score that is flagged among the labelled *rows*; None where the task has no such thing.

    Raises:
        UsageError: The label is not what the task says.
    """
    if requirements.task != "binary_classification":
        return None
    known = ~rows[label].is_missing()
    scored = score(said.take(known), rows[label].take(known), requirements)
    return cutoff(scored.score, scored.decided == 1.0)
