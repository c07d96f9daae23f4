"""What may be said of a count of rows: chances of the binomial, and the interval of a share."""

from __future__ import annotations

import math

NORMAL_95 = 1.959963984540054
_NEGLIGIBLE = 1e-18


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


def critical(of: int, chance: float, level: float) -> int:
    """Return the largest number of hits that is as rare as *level*; -1: none is."""
    low, high = -1, of
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if at_most(middle, of, chance) <= level else (low, middle)
    return low


def wilson(hits: int, of: int) -> tuple[float, float]:
    """Return the 95 % interval of a share of *hits* in *of*.

    Source:
        Wilson (1927), "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    square, share = NORMAL_95**2, hits / of
    centre = (share + square / (2 * of)) / (1 + square / of)
    half = NORMAL_95 / (1 + square / of) * math.sqrt(share * (1 - share) / of + square / (4 * of**2))
    return max(0.0, centre - half), min(1.0, centre + half)
