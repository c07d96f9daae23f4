"""The declared bounds on metrics, held against the sheet: each bound is a check of its own."""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from roadworthy.declare.requirements import Quality
from roadworthy.prove.evaluate.naming import FIRST, at_least, at_most, better_than
from roadworthy.prove.evaluate.sheet import EVERYWHERE
from roadworthy.prove.proof import ALWAYS, Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.declare.requirements import SliceRule
    from roadworthy.prove.evaluate.metric import Metric
    from roadworthy.prove.evaluate.sheet import Cell, Sheet
    from roadworthy.prove.measures import Interval
    from roadworthy.prove.proof import Verdict

FEWEST_ROWS = 100  # below, a metric's interval is too wide to pass or fail anybody


@dataclass(frozen=True, slots=True)
class Rivals:
    """What `better_than` may name: a model's name → its role on the sheet, or why it cannot be compared with.

    `first`: whether nothing is in production, and the candidate is not the baseline: then it must beat that.
    """

    roles: Mapping[str, str]
    reasons: Mapping[str, str]
    first: bool = False


def checks(
    rule: Quality | SliceRule, metric: Metric, sheet: Sheet, rivals: Rivals, where: str = EVERYWHERE
) -> tuple[Check, ...]:
    """Return a check for each bound that *rule* sets on the candidate, on the slice *where*."""
    return tuple(_checks(rule, metric, sheet, rivals, where))


def _checks(rule: Quality | SliceRule, metric: Metric, sheet: Sheet, rivals: Rivals, where: str) -> Iterator[Check]:
    cell = sheet.get("candidate", metric.name, where)
    prefix = f"{where}: {metric.name}" if where else metric.name
    reason = _unfit(cell, sheet.rows.get(where, 0))
    if rule.at_least is not None:
        yield _bound(at_least(prefix, rule.at_least), cell, reason, rule.at_least, at_least=True)
    if rule.at_most is not None:
        yield _bound(at_most(prefix, rule.at_most), cell, reason, rule.at_most, at_least=False)
    if rule.better_than is not None:
        name = better_than(prefix, rule.better_than)
        role = rivals.roles.get(rule.better_than)
        pair = None if role is None else sheet.pair(role, metric.name, where)
        why = reason or rivals.reasons.get(rule.better_than) or f"{rule.better_than} was not measured."
        yield _better(name, metric, pair, why if reason or pair is None else "")


def first_launch(primary: Metric, baseline: str | None, sheet: Sheet, rivals: Rivals) -> tuple[Check, ...]:
    """Return the check that a first launch surely beats the *baseline* by the *primary* metric.

    Without a version in production, nothing else says that the model is worth more than what everybody understands.
    """
    if baseline is None:
        said = (
            "There is no version in production to compare with, and requirements.yaml names no `baseline`: nothing "
            "says that this model is worth more than a simple one."
        )
        return (Check("evaluation", "better than a baseline", "not_run", said, {**ALWAYS}),)
    rule = Quality(primary.name, better_than=baseline)
    return tuple(replace(one, facts={**one.facts, FIRST: True}) for one in checks(rule, primary, sheet, rivals))


def _unfit(cell: Cell | None, rows: int) -> str:
    if cell is None:
        return "It was not measured."
    if rows < FEWEST_ROWS:
        return f"Too few rows: {rows}, of the {FEWEST_ROWS} that a metric needs here."
    if math.isnan(cell.value):
        return "It is not defined on these rows: all of one class, or chances that do not add up to 1?"
    return ""


def _bound(name: str, cell: Cell | None, reason: str, bound: float, *, at_least: bool) -> Check:
    if cell is None or reason:
        return Check("evaluation", name, "not_run", reason)
    found = cell.interval()
    holds = cell.value >= bound if at_least else cell.value <= bound
    asked = f"{'at least' if at_least else 'at most'} {bound:g} is asked"
    verdict: Verdict = "passed" if holds else "failed"
    return Check("evaluation", name, verdict, f"{say(found)}; {asked}.", {**found, "bound": bound})


def _better(name: str, metric: Metric, pair: tuple[Cell, Cell] | None, reason: str) -> Check:
    """Better means: the whole interval of the paired difference lies on the better side of 0."""
    if pair is None or reason:
        return Check("evaluation", name, "not_run", reason)
    cell, rival = pair
    gain = cell.minus(rival)
    better = is_better(gain, metric)
    side = "above" if metric.better == "higher" else "below"
    ending = f"which lies {side} 0" if better else f"which does not lie wholly {side} 0"
    summary = f"{cell.value:.4f} against {rival.value:.4f}: a difference of {say(gain, sign=True)}, {ending}."
    facts = {"candidate": cell.value, "rival": rival.value, "difference": dict(gain)}
    return Check("evaluation", name, "passed" if better else "failed", summary, facts)


def is_better(gain: Interval, metric: Metric) -> bool:
    """Whether the interval of a difference lies wholly on the metric's better side of 0."""
    if gain["low"] is None or gain["high"] is None:
        return False
    return gain["low"] > 0 if metric.better == "higher" else gain["high"] < 0


def say(found: Interval, *, sign: bool = False) -> str:
    """Return an interval in words: `0.712 [0.705, 0.719]`."""
    form = "+.4f" if sign else ".4f"
    value = "undefined" if found["value"] is None else format(found["value"], form)
    if found["low"] is None or found["high"] is None:
        return value
    return f"{value} [{found['low']:{form}}, {found['high']:{form}}]"
