"""Whether a share of rows is as large as is asked: over these very rows, or, at a level, of all that are like them."""

from __future__ import annotations

import math
from dataclasses import dataclass

from roadworthy.prove.evaluate.calibration import wilson

_EQUAL = 1e-12  # shares are ratios of whole numbers: 0.95 of 100 rows is 95
_LEAST_POWER = 0.5  # a test that finds less than every second model that is twice as bad is not one
_LEAST_WORSE = 0.01  # nobody asks how well a difference below one row in a hundred is found
_NEGLIGIBLE = 1e-18


@dataclass(frozen=True, slots=True)
class Rule:
    """When a share fails, and how often it does so.

    Attributes:
        most: Fails with so many rows that are right, or fewer.
        false_alarm: The chance that a model fails which keeps exactly the share asked, on rows drawn anew.
        worse: The share of a model with twice the failures that are allowed.
        power: The chance that such a model fails.
    """

    most: int
    false_alarm: float
    worse: float
    power: float

    @property
    def tells(self) -> bool:
        """Whether there are enough rows for the test to find a model that is twice as bad as it may be."""
        return self.power >= _LEAST_POWER


def rule(rows: int, asked: float, level: float | None) -> Rule:
    """Return when *asked* of *rows* fails: below the share itself, or, at a *level*, surely below it.

    Source:
        Clopper and Pearson (1934), "The Use of Confidence or Fiducial Limits Illustrated in the Case of the Binomial":
        the exact binomial test, one-sided.
    """
    worse = max(0.0, 1 - max(2 * (1 - asked), _LEAST_WORSE))
    most = math.ceil(asked * rows - rows * _EQUAL) - 1 if level is None else _critical(rows, asked, level)
    return Rule(most, at_most(most, rows, asked), worse, at_most(most, rows, worse))


def _critical(rows: int, asked: float, level: float) -> int:
    """Return the largest number of right rows that is as rare as *level* where *asked* is kept; -1: none is."""
    low, high = -1, rows
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if at_most(middle, rows, asked) <= level else (low, middle)
    return low


def at_most(hits: int, of: int, chance: float) -> float:
    """Return the chance of *hits* or fewer among *of* independent ones, each with *chance*."""
    if hits < 0:
        return 0.0
    if hits >= of or chance <= 0:
        return 1.0
    if chance >= 1:
        return 0.0
    if hits > of * chance:  # the shorter end is the exact one
        return max(0.0, 1.0 - at_most(of - hits - 1, of, 1 - chance))
    log = math.lgamma(of + 1) - math.lgamma(hits + 1) - math.lgamma(of - hits + 1)
    term = math.exp(log + hits * math.log(chance) + (of - hits) * math.log1p(-chance))
    total, k = term, hits
    while k > 0 and term > total * _NEGLIGIBLE:
        term *= k / (of - k + 1) * (1 - chance) / chance
        total, k = total + term, k - 1
    return min(1.0, total)


def facts(right: int, rows: int, asked: float, level: float | None) -> dict[str, object]:
    """Return what a test of a share states of itself: n, what was found with its interval, and its error rates."""
    low, high = wilson(right, rows)
    found: dict[str, object] = {"share": right / rows, "asked": asked, "rows": rows, "wrong": rows - right}
    found |= {"low": low, "high": high}
    made = rule(rows, asked, level)
    errors = {"false_alarm": made.false_alarm, "power": made.power, "power_at": made.worse}
    return found | {**({} if level is None else {"level": level}), **errors}


def said(right: int, rows: int, asked: float, level: float | None, what: str) -> str:
    """Return the sentence of it."""
    found = f"{100 * right / rows:.2f} % of {rows:,} {what} are as expected; {100 * asked:g} % is asked"
    if level is None:
        return f"{found}."
    made = rule(rows, asked, level)
    return (
        f"{found}, at a level of {100 * level:g} % (false alarms {100 * made.false_alarm:.1f} %, power "
        f"{100 * made.power:.0f} % against {100 * made.worse:g} %)."
    )
