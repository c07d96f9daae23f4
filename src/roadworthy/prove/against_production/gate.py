"""The gate: whether the candidate breaks more rows than training noise would, and whether that is paid for.

It blocks when the negative flips exceed the noise floor by more than `excess`, surely (the lower bound of the
interval), unless the primary metric improves surely (its interval lies on the better side of 0) and no more than
`upgrade_ratio` negative flips come with each positive one: then it lets the candidate through, and lists the cost.

The interval of the excess has two parts, which add as squares. *Training*: how far one more re-training may lie from
the mean of the twins on these very rows, by a prediction interval, because the candidate is one more and not a mean of
many. *Rows*: how far the difference would move on other rows, by a paired bootstrap in which the twins stay.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from roadworthy.prove.against_production.student import one_more
from roadworthy.prove.evaluate.interval import CONFIDENCE, RESAMPLES, interval, weights
from roadworthy.prove.evaluate.quality import is_better, say

if TYPE_CHECKING:
    from roadworthy.build.data.table import Bools, Floats
    from roadworthy.prove.against_production.flips import Flips
    from roadworthy.prove.evaluate.metric import Metric
    from roadworthy.prove.measures import Interval

Outcome = Literal["within_noise", "upgrade", "blocked", "not_judged"]
_TWINS_SEED = 1992
FEWEST_TWINS = 2  # of one, nobody knows how far the next may lie


@dataclass(frozen=True, slots=True)
class Shares:
    """Shares of the rows that flip, with intervals; `floor` and `excess` are None until twins are there."""

    negative: Interval
    positive: Interval
    floor: Interval | None
    excess: Interval | None


@dataclass(frozen=True, slots=True)
class Limits:
    """What is allowed: `excess` beyond the floor (a share of rows), and `upgrade_ratio` (negative : positive)."""

    excess: float
    upgrade_ratio: float


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the gate says, and why."""

    outcome: Outcome
    reason: str


def shares(flips: Flips, twins: Bools | None, *, runs: int = RESAMPLES) -> Shares:
    """Return the shares of *flips*, and how far the negative ones exceed those of *twins*, shape (twins, rows).

    Source:
        The rows: a paired bootstrap, the same rows for candidate and twins: Efron and Tibshirani (1993), "An
        Introduction to the Bootstrap", chapters 8 and 13; for the floor itself over twins too. The training: see
        `student.one_more`. Their sum: Zou and Donner (2008), "Construction of Confidence Limits about Effect Measures:
        A General Approach".
    """
    rows = len(flips.negative)
    broken, mended = np.flatnonzero(flips.negative), np.flatnonzero(flips.positive)
    noise = [] if twins is None else [np.flatnonzero(twin) for twin in twins]
    chosen = np.random.default_rng(_TWINS_SEED)
    drawn = np.full((runs, 4), np.nan)
    for run, weight in enumerate(weights(rows, runs=runs) if rows else ()):
        drawn[run, :2] = weight[broken].sum() / rows, weight[mended].sum() / rows
        if noise:
            each = np.array([weight[twin].sum() / rows for twin in noise])
            drawn[run, 2:] = each[chosen.integers(0, len(each), size=len(each))].mean(), each.mean()
    negative, positive = (len(which) / rows if rows else 0.0 for which in (broken, mended))
    found = interval(negative, drawn[:, 0]), interval(positive, drawn[:, 1])
    if not noise:
        return Shares(*found, None, None)
    each = np.array([len(twin) for twin in noise]) / max(rows, 1)
    floor = float(each.mean())
    excess = widened(interval(negative - floor, drawn[:, 0] - drawn[:, 3]), each)
    return Shares(*found, interval(floor, drawn[:, 2]), excess)


def widened(rows: Interval, twins: Floats) -> Interval:
    """Return the interval *rows* of a difference from the mean of *twins*, widened by what training moves it.

    With fewer than two twins, nothing is known of that: the bounds are None.
    """
    value, low, high = rows["value"], rows["low"], rows["high"]
    if value is None or low is None or high is None or len(twins) < FEWEST_TWINS:
        return {"value": value, "low": None, "high": None}
    training = one_more(twins, CONFIDENCE)
    return {
        "value": value,
        "low": value - math.hypot(value - low, training),
        "high": value + math.hypot(high - value, training),
    }


def needs_floor(found: Shares, limits: Limits) -> bool:
    """Whether the noise floor can matter: not when the flips are few enough even against a floor of zero."""
    return (found.negative["low"] or 0.0) > limits.excess


def judge(
    found: Shares, flips: Flips, limits: Limits, primary: tuple[Metric, Interval] | None, why: str = ""
) -> Judgement:
    """Return the gate's judgement.

    Args:
        found: The flips' shares, with the floor when it was measured.
        flips: The flips themselves.
        limits: What is allowed.
        primary: The primary metric and the candidate's value minus production's; None when there is none.
        why: Why the floor was not measured, when it was not.
    """
    counted = f"{_percent(found.negative)} of the rows are newly wrong, {_percent(found.positive)} newly right"
    if not needs_floor(found, limits):
        return Judgement("within_noise", f"{counted}: few enough whatever the noise floor.")
    bound = None if found.excess is None else found.excess["low"]
    if bound is not None and bound <= limits.excess:
        return Judgement("within_noise", f"{counted}; {_above(found)}, within the {100 * limits.excess:g} % allowed.")
    paid, cost = _upgrade(flips, limits, primary)
    if paid:
        return Judgement("upgrade", f"{counted}{_noise(found, why)}. Let through as an upgrade: {cost}.")
    if bound is None:
        return Judgement("not_judged", f"{counted}; {_unmeasured(why)}.")
    return Judgement(
        "blocked", f"{counted}; {_above(found)}, more than the {100 * limits.excess:g} % allowed. No upgrade: {cost}."
    )


def _upgrade(flips: Flips, limits: Limits, primary: tuple[Metric, Interval] | None) -> tuple[bool, str]:
    ratio = flips.ratio
    if primary is None:
        return False, "no primary metric is declared that could pay for it"
    metric, gain = primary
    better = is_better(gain, metric)
    cheap = ratio is not None and ratio <= limits.upgrade_ratio
    moved = f"{metric.name} changes by {say(gain, sign=True)}"
    counts = f"{int(flips.negative.sum()):,} negative to {int(flips.positive.sum()):,} positive flips"
    if ratio is not None:
        counts += f" ({ratio:.2f} : 1, at most {limits.upgrade_ratio:g} : 1)"
    if better and cheap:
        return True, f"{moved}, at the cost of {counts}"
    faults = [] if better else [f"{moved}, which is no sure gain"]
    faults += [] if cheap else [f"{counts}"]
    return False, "; ".join(faults)


def _above(found: Shares) -> str:
    return f"{_percent(found.excess)} above the noise floor of {_percent(found.floor)}"


def _noise(found: Shares, why: str) -> str:
    return f"; {_above(found)}" if found.excess is not None else f" ({_unmeasured(why)})"


def _unmeasured(why: str) -> str:
    return f"the noise floor was not measured: {why}" if why else "the noise floor was not measured"


def _percent(found: Interval | None) -> str:
    if found is None or found["value"] is None:
        return "?"
    text = f"{100 * found['value']:.2f} %"
    if found["low"] is None or found["high"] is None:
        return text
    return f"{text} [{100 * found['low']:.2f}, {100 * found['high']:.2f}]"
