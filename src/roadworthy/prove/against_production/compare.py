"""The candidate held against the version in production: the flips, the noise floor, the gate, and rows to look at."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Literal

from roadworthy.prove.against_production.flips import flips, furthest
from roadworthy.prove.against_production.gate import Judgement, Limits, judge, needs_floor, shares
from roadworthy.prove.against_production.noise_floor import NotMeasured, Twins
from roadworthy.prove.evaluate.metric import metric
from roadworthy.prove.evaluate.scored import score
from roadworthy.prove.evaluate.sheet import EVERYWHERE, fill
from roadworthy.prove.proof import Check
from roadworthy.prove.rows import MOST_EXAMPLES, row, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.build.data.table import Table
    from roadworthy.declare.requirements import Requirements, Task
    from roadworthy.prove.against_production.flips import Flips
    from roadworthy.prove.against_production.gate import Shares
    from roadworthy.prove.behaviour.vacuous import Predict
    from roadworthy.prove.evaluate.metric import Metric
    from roadworthy.prove.evaluate.scored import Scored
    from roadworthy.prove.measures import AgainstProduction, Answer, FlipExample, Floor, Interval
    from roadworthy.prove.proof import Verdict

_SHOWN = 20
_SECTION: Literal["against_production"] = "against_production"


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


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it; `measures` is None when the two cannot be compared."""

    check: Check
    measures: AgainstProduction | None = None


def compare(
    version: str, field: Field, requirements: Requirements, floor: Callable[[Field], Twins | NotMeasured]
) -> Comparison:
    """Return the candidate's flips against *version*, judged by the candidate's *requirements*.

    Args:
        version: What is in production.
        field: What both said of the rows of comparison.
        requirements: What must hold from now on.
        floor: Measures the noise floor on the rows of comparison; called only when it can matter.

    Raises:
        RoadworthyError: Production's recipe cannot be followed any more.
    """
    name = f"flips against {version}"
    found = flips(field.production, field.candidate)
    limits = _limits(requirements)
    apart = shares(found, None)
    twins = floor(field) if requirements.against_production and needs_floor(apart, limits) else None
    if isinstance(twins, Twins):
        apart = shares(found, twins.negative)
    primary = _primary(requirements, field)
    why = twins.reason if isinstance(twins, NotMeasured) else ""
    judgement = judge(apart, found, limits, primary, why)
    if isinstance(twins, Twins) and twins.note:
        judgement = Judgement(judgement.outcome, f"{judgement.reason} {twins.note}")
    if requirements.against_production is None:
        judgement = Judgement("not_judged", f"requirements.yaml sets no limit to flips. {judgement.reason}")
    measured = None if isinstance(twins, NotMeasured) else twins
    measures = _measures(version, field, found, apart, judgement)
    measures["floor"] = _floor(apart, measured)
    measures["allowed"], measures["upgrade_ratio"] = limits.excess, limits.upgrade_ratio
    if primary is not None:
        measures["primary_metric"], measures["primary"] = primary[0].name, primary[1]
    return Comparison(_check(name, judgement, measures), measures)


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


def _limits(requirements: Requirements) -> Limits:
    rule = requirements.against_production
    return Limits(0.0, 0.0) if rule is None else Limits(rule.excess, rule.upgrade_ratio)


def _primary(requirements: Requirements, field: Field) -> tuple[Metric, Interval] | None:
    if not requirements.quality:
        return None
    wanted = metric(requirements.quality[0].metric, requirements.task)
    sheet = fill({"candidate": field.candidate, "production": field.production}, {EVERYWHERE: (wanted,)}, {})
    ours, theirs = sheet.get("candidate", wanted.name), sheet.get("production", wanted.name)
    return None if ours is None or theirs is None else (wanted, ours.minus(theirs))


def _measures(version: str, field: Field, found: Flips, apart: Shares, judgement: Judgement) -> AgainstProduction:
    return {
        "version": version,
        "rows": len(field.rows),
        "rows_of": field.whose,
        "negative": apart.negative,
        "positive": apart.positive,
        "negative_count": int(found.negative.sum()),
        "positive_count": int(found.positive.sum()),
        "ratio": found.ratio,
        "upgrade_ratio": 0.0,
        "floor": None,
        "excess": apart.excess,
        "allowed": 0.0,
        "primary_metric": None,
        "primary": None,
        "outcome": judgement.outcome,
        "reason": judgement.reason,
        "broken": [_example(field, number) for number in _furthest(field, found, negative=True)],
        "fixed": [_example(field, number) for number in _furthest(field, found, negative=False)],
    }


def _floor(apart: Shares, twins: Twins | None) -> Floor | None:
    if twins is None or apart.floor is None or apart.floor["value"] is None:
        return None
    return {
        "value": apart.floor["value"],
        "low": apart.floor["low"],
        "high": apart.floor["high"],
        "twins": [float(share) for share in twins.negative.mean(axis=1)],
        "runs": len(twins.negative),
        "seconds": twins.seconds,
        "cached": twins.cached,
    }


def _furthest(field: Field, found: Flips, *, negative: bool) -> list[int]:
    which = found.negative if negative else found.positive
    return furthest(which, field.production.score, field.candidate.score, _SHOWN)


def _example(field: Field, number: int) -> FlipExample:
    inputs = [name for name in field.rows.names if name not in {*field.key, field.label}]
    return {
        "key": row(field.rows, number, field.key),
        "inputs": row(field.rows, number, inputs),
        "label": value(field.rows[field.label], number),
        "production": _answer(field, field.production_said, field.production, number),
        "candidate": _answer(field, field.candidate_said, field.candidate, number),
    }


def _answer(field: Field, said: Table, scored: Scored, number: int) -> Answer:
    said_here = row(said, number)
    first = next(iter(said_here.values()))
    shown = first if isinstance(first, float | str) else str(first)
    if len(said_here) > 1:  # a chance for each class: the likeliest is what was decided
        shown = max(said_here, key=lambda name: float(str(said_here[name])))
    return {
        "score": shown,
        "decision": bool(scored.decided[number]) if field.task == "binary_classification" else shown,
        "right": bool(scored.right[number]),
    }


def _check(name: str, judgement: Judgement, measures: AgainstProduction) -> Check:
    verdicts: dict[str, Verdict] = {
        "within_noise": "passed",
        "upgrade": "passed",
        "blocked": "failed",
        "not_judged": "not_run",
    }
    facts: dict[str, object] = {
        "rows": measures["rows"],
        "rows_of": measures["rows_of"],
        "negative": measures["negative_count"],
        "positive": measures["positive_count"],
        "ratio": measures["ratio"],
        "allowed": measures["allowed"],
        "outcome": measures["outcome"],
        "floor": None if measures["floor"] is None else measures["floor"]["value"],
    }
    examples = tuple(
        {
            **example["key"],
            **example["inputs"],
            "label": example["label"],
            "production": example["production"]["score"],
            "candidate": example["candidate"]["score"],
        }
        for example in measures["broken"][:MOST_EXAMPLES]
    )
    return Check(_SECTION, name, verdicts[judgement.outcome], judgement.reason, facts, examples)
