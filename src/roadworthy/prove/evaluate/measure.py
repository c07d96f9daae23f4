"""What was measured on the reference rows, put into the shape of `Measures`."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.prove.evaluate import calibration, decision
from roadworthy.prove.evaluate.detail import matrix, residuals, thresholds
from roadworthy.prove.evaluate.histogram import histogram
from roadworthy.prove.evaluate.interval import CONFIDENCE, RESAMPLES
from roadworthy.prove.evaluate.metric import of_task, stated

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.declare.requirements import Requirements, SliceRule
    from roadworthy.prove.details import Details
    from roadworthy.prove.evaluate.scored import Scored
    from roadworthy.prove.evaluate.sheet import Sheet
    from roadworthy.prove.measures import CalibrationBin, Confusion, Interval, Measures, SliceMeasure

ROLES = ("candidate", "baseline", "production")


def measures(requirements: Requirements, scored: Mapping[str, Scored], sheet: Sheet, *, unlabelled: int) -> Measures:
    """Return the measures of *scored* (role → answers on the labelled reference rows), flips left out."""
    candidate = scored["candidate"]
    binary = requirements.task == "binary_classification"
    shown = {role: scored[role] for role in ROLES if role in scored}
    return {
        "task": requirements.task,
        "rows": len(candidate),
        "unlabelled": unlabelled,
        "positive_share": float(candidate.truth.mean()) if binary and len(candidate) else None,
        "primary": requirements.quality[0].metric if requirements.quality else None,
        "directions": {metric.name: metric.better for metric in of_task(requirements.task)},
        "resamples": RESAMPLES,
        "confidence": CONFIDENCE,
        "metrics": {role: _metrics(role, requirements, sheet) for role in ROLES},
        "differences": {role: _differences(role, requirements, sheet) for role in ROLES[1:]},
        "slices": [_slice(rule, sheet) for rule in requirements.slices],
        "calibration": _calibration(shown) if requirements.task != "regression" else {},
        "histogram": None
        if requirements.task == "multiclass"
        else histogram({role: answers.score for role, answers in shown.items()}),
        "decision": decision.describe(requirements.decision),
        "confusion": {role: _confusion(answers) for role, answers in shown.items()} if binary else {},
        "against_production": None,
        "details": _details(requirements, shown),
    }


def _calibration(shown: Mapping[str, Scored]) -> dict[str, list[CalibrationBin]]:
    found = {role: stated(answers) for role, answers in shown.items()}
    return {role: calibration.curve(chance, came) for role, (chance, came) in found.items() if chance is not None}


def _details(requirements: Requirements, shown: Mapping[str, Scored]) -> Details:
    match requirements.task:
        case "binary_classification":
            costs = requirements.decision.costs if requirements.decision else None
            return {"thresholds": {role: thresholds.curve(answers, costs) for role, answers in shown.items()}}
        case "multiclass":
            return {"matrix": {role: matrix.matrix(answers) for role, answers in shown.items()}}
        case "regression":
            return {"residuals": {role: residuals.residuals(answers) for role, answers in shown.items()}}


def _metrics(role: str, requirements: Requirements, sheet: Sheet) -> dict[str, Interval] | None:
    cells = ((metric.name, sheet.get(role, metric.name)) for metric in of_task(requirements.task))
    return {name: cell.interval() for name, cell in cells if cell is not None} or None


def _differences(role: str, requirements: Requirements, sheet: Sheet) -> dict[str, Interval] | None:
    found: dict[str, Interval] = {}
    for metric in of_task(requirements.task):
        pair = sheet.pair(role, metric.name)
        if pair is not None:
            found[metric.name] = pair[0].minus(pair[1])
    return found or None


def _slice(rule: SliceRule, sheet: Sheet) -> SliceMeasure:
    cells = {role: sheet.get(role, rule.metric, rule.name) for role in ROLES}
    found = {role: None if cell is None else cell.interval() for role, cell in cells.items()}
    return {
        "name": rule.name,
        "where": rule.where,
        "metric": rule.metric,
        "rows": sheet.rows.get(rule.name, 0),
        "candidate": found["candidate"],
        "baseline": found["baseline"],
        "production": found["production"],
    }


def _confusion(answers: Scored) -> Confusion:
    flagged, positive = answers.decided == 1.0, answers.truth == 1.0
    return {
        "true_positive": int((flagged & positive).sum()),
        "false_positive": int((flagged & ~positive).sum()),
        "true_negative": int((~flagged & ~positive).sum()),
        "false_negative": int((~flagged & positive).sum()),
        "cutoff": decision.cutoff(answers.score, flagged),
    }
