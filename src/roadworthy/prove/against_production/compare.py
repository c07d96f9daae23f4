"""The candidate held against the version in production: the flips, the noise floor, the gate, and rows to look at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from roadworthy.prove.against_production.breakdown import bands, cost, digest, moves
from roadworthy.prove.against_production.explain import Both, choose, explain
from roadworthy.prove.against_production.flips import flips, furthest
from roadworthy.prove.against_production.gate import Judgement, Limits, judge, needs_floor, shares
from roadworthy.prove.against_production.noise_floor import NotMeasured, Twins
from roadworthy.prove.against_production.rules import rules
from roadworthy.prove.against_production.slices import checks as slice_checks
from roadworthy.prove.against_production.slices import judge as judge_slices
from roadworthy.prove.against_production.slices import slices_of, suspect
from roadworthy.prove.evaluate.metric import metric
from roadworthy.prove.evaluate.sheet import EVERYWHERE, fill
from roadworthy.prove.gate.acceptance import DIGEST
from roadworthy.prove.proof import Check
from roadworthy.prove.rows import MOST_EXAMPLES, row, value

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.build.data.table import Table
    from roadworthy.declare.requirements import Requirements
    from roadworthy.prove.against_production.field import Field, Model
    from roadworthy.prove.against_production.flips import Flips
    from roadworthy.prove.against_production.gate import Shares
    from roadworthy.prove.evaluate.metric import Metric
    from roadworthy.prove.evaluate.scored import Scored
    from roadworthy.prove.measures import AgainstProduction, Answer, FlipExample, Floor, Interval
    from roadworthy.prove.proof import Verdict

_SHOWN = 20
_SECTION: Literal["against_production"] = "against_production"


@dataclass(frozen=True, slots=True)
class Comparison:
    """What came of it; without a field, the two cannot be compared, and `checks` says why.

    Attributes:
        checks: That of the flips first, then one for each declared slice.
        measures: What was measured.
        field: The rows of comparison, and `found` the flips among them.
    """

    checks: tuple[Check, ...]
    measures: AgainstProduction | None = None
    field: Field | None = None
    found: Flips | None = None


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
        UsageError: A slice is no predicate over the rows of comparison.
        RoadworthyError: Production's recipe cannot be followed any more.
    """
    found = flips(field.production, field.candidate)
    limits = _limits(requirements)
    apart = shares(found, None)
    slices = slices_of(requirements.slices, field) if requirements.against_production else ()
    wanted = needs_floor(apart, limits) or suspect(found, slices, limits.excess)
    twins = floor(field) if requirements.against_production and wanted else None
    if isinstance(twins, Twins):
        apart = shares(found, twins.negative)
    primary = _primary(requirements, field)
    why = twins.reason if isinstance(twins, NotMeasured) else ""
    judgement = _judged(requirements, judge(apart, found, limits, primary, why), twins)
    measured = None if isinstance(twins, NotMeasured) else twins
    measures = _measures(version, field, found, apart, judgement)
    measures["floor"] = _floor(apart, measured)
    measures["allowed"], measures["upgrade_ratio"] = limits.excess, limits.upgrade_ratio
    if primary is not None:
        measures["primary_metric"], measures["primary"] = primary[0].name, primary[1]
    judged = judge_slices(found, slices, twins, limits.excess)
    measures["slices"] = list(judged)
    measures["cost"] = cost(field, requirements.decision)
    checks = (
        _check(f"flips against {version}", judgement, measures),
        *slice_checks(judged, version, why, digest(field, found)),
    )
    return Comparison(checks, measures, field, found)


def _judged(requirements: Requirements, judgement: Judgement, twins: Twins | NotMeasured | None) -> Judgement:
    if isinstance(twins, Twins) and twins.note:
        judgement = Judgement(judgement.outcome, f"{judgement.reason} {twins.note}")
    if requirements.against_production is None:
        return Judgement("not_judged", f"requirements.yaml sets no limit to flips. {judgement.reason}")
    return judgement


def both_of(field: Field, production: Model, candidate: Model) -> Both:
    """Return the two models, as they are asked about rows like those of comparison."""
    inputs = tuple(dict.fromkeys(name for one in (candidate, production) for name in one.inputs))
    named = tuple(name for name in inputs if name in field.rows)
    return Both(production.predict, candidate.predict, named, field.task)


def look_into(comparison: Comparison, both: Both) -> None:
    """Add to what was measured which rows are broken, as rules, and which inputs carry the change.

    Raises:
        ModelError: A model does not answer as it declares.
    """
    field, found, measures = comparison.field, comparison.found, comparison.measures
    if field is None or found is None or measures is None or not found.negative.any():
        return
    measures["rules"] = rules(field.rows.select(both.inputs), found.negative)
    shown = _furthest(field, found, negative=True)
    chosen = choose(np.flatnonzero(found.negative), shown, len(both.inputs))
    pulls = explain(both, field.rows, field.label, chosen)
    measures["inputs"] = pulls.together()
    for number, example in enumerate(measures["broken"]):
        example["because"] = pulls.of_row(number)


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
        "bands": bands(field, found),
        "moves": moves(field, found),
        "digest": digest(field, found),
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
        DIGEST: measures.get("digest", ""),
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
