"""Student's t: how far one more re-training may lie from the mean of a few."""

from __future__ import annotations

import math
from functools import lru_cache
from typing import TYPE_CHECKING

from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from roadworthy.build.data.table import Floats

_FAR = 1e6
_HALVINGS = 200


def chance_above(statistic: float, freedom: int) -> float:
    """Return the chance that Student's t with *freedom* degrees exceeds *statistic*.

    Source:
        Abramowitz and Stegun (1964), "Handbook of Mathematical Functions", 26.7.3 and 26.7.4: finite sums.
    """
    if freedom < 1:
        raise UsageError("A spread needs two values.", remedy="Ask for at least two `runs` under `noise`.")
    if not math.isfinite(statistic):
        return 0.0 if statistic > 0 else 1.0
    angle = math.atan(statistic / math.sqrt(freedom))
    cosine = math.cos(angle)
    term, total = (cosine if freedom % 2 else 1.0), 0.0
    for step in range(freedom % 2 + 2, freedom + 1, 2):
        total += term
        term *= cosine * cosine * (step - 1) / step
    sine = math.sin(angle) * total
    between = 2 / math.pi * (angle + sine) if freedom % 2 else sine
    return min(1.0, max(0.0, (1 - between) / 2))


@lru_cache
def quantile(confidence: float, freedom: int) -> float:
    """Return the t that is exceeded, in either direction, with a chance of 1 - *confidence*."""
    tail = (1 - confidence) / 2
    low, high = 0.0, _FAR
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if chance_above(middle, freedom) > tail else (low, middle)
    return high


def one_more(values: Floats, confidence: float) -> float:
    """Return how far one more value may lie from the mean of *values*, two or more, all drawn alike.

    Source:
        Hahn and Meeker (1991), "Statistical Intervals", chapter 4: the prediction interval for one further observation
        of a normal population.
    """
    count = len(values)
    return quantile(confidence, count - 1) * float(values.std(ddof=1)) * math.sqrt(1 + 1 / count)
