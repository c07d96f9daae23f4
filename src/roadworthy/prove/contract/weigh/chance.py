"""Distances between two distributions, how likely chance alone makes them so large, and how many tests may say so."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.build.data.table import Floats

_TERMS = 100
_EXPECTED = 5  # rows in a cell: Cochran's rule; rarer categories are taken together
_TINY = 1e-300


def discoveries(chances: Sequence[float], share: float) -> tuple[bool, ...]:
    """Return which of many tests are found to differ.

    Args:
        chances: The p-value of each test, in [0, 1].
        share: The share of false ones among those found that may be expected, in (0, 1).

    Returns:
        For each test whether it is found.

    Source:
        Benjamini and Hochberg (1995), "Controlling the False Discovery Rate"; holds for tests that are independent or
        positively dependent (Benjamini and Yekutieli, 2001).
    """
    order = sorted(chances)
    passing = [p for rank, p in enumerate(order, 1) if p <= share * rank / len(order)]
    bound = max(passing, default=-1.0)
    return tuple(p <= bound for p in chances)


def between_numbers(one: Floats, other: Floats) -> tuple[float, float]:
    """Return how far two samples of numbers lie apart, and how likely chance makes it so much.

    Args:
        one: Shape (n,), without NaN, at least one value.
        other: Shape (m,), likewise.

    Returns:
        The largest gap between the shares at or below any value, in [0, 1], and its p-value; with ties the p-value is
        too large rather than too small.

    Source:
        Smirnov (1948), the two-sample Kolmogorov-Smirnov test; Stephens (1970) for small samples.
    """
    first, second = np.sort(one), np.sort(other)
    every = np.concatenate([first, second])
    below = np.searchsorted(first, every, side="right") / len(first)
    under = np.searchsorted(second, every, side="right") / len(second)
    gap = float(np.abs(below - under).max())
    root = math.sqrt(len(first) * len(second) / (len(first) + len(second)))
    return gap, _kolmogorov(gap * (root + 0.12 + 0.11 / root))


def between_counts(one: Floats, other: Floats) -> tuple[float, float]:
    """Return how far two samples of categories lie apart, and how likely chance makes it so much.

    Args:
        one: Shape (k,): how often each category stands in the one sample, which is not empty.
        other: Shape (k,): likewise.

    Returns:
        Half the sum of the differences of the shares (the total variation distance, in [0, 1]), less what chance alone
        makes of it on average, in squares: of many rare categories, that is much. And the p-value that the shares are
        equal.

    Source:
        Pearson's chi-squared test of homogeneity, categories expected less than 5 times taken together (Cochran, 1954).
    """
    n, m = one.sum(), other.sum()
    share = (one + other) / (n + m)
    noise = float(np.sqrt(2 / np.pi * share * (1 - share) * (1 / n + 1 / m)).sum() / 2)  # of normal differences
    distance = math.sqrt(max(0.0, float(np.abs(one / n - other / m).sum() / 2) ** 2 - noise**2))
    expected = (one + other) * min(n, m) / (n + m)
    rare = expected < _EXPECTED
    table = np.array([[*counts[~rare], counts[rare].sum()] for counts in (one, other)])
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2:  # noqa: PLR2004 - one category alone cannot differ
        return distance, 1.0
    hoped = np.outer(table.sum(axis=1), table.sum(axis=0)) / table.sum()
    return distance, chi_squared(float(((table - hoped) ** 2 / hoped).sum()), table.shape[1] - 1)


def chi_squared(value: float, freedom: int) -> float:
    """Return the chance that a chi-squared variable of *freedom* degrees is at least *value*.

    Source:
        The regularised incomplete gamma function Q(freedom / 2, value / 2), by its series or its continued fraction
        (Lentz's method): NIST Digital Library of Mathematical Functions, 8.11.4 and 8.9.2.
    """
    a, x = freedom / 2, value / 2
    if x <= 0:
        return 1.0
    weight = math.exp(a * math.log(x) - x - math.lgamma(a))
    if x < a + 1:
        term = total = 1 / a
        number = a
        while term > total * 1e-15:
            number += 1
            term *= x / number
            total += term
        return max(0.0, 1 - weight * total)
    b = x + 1 - a
    c, d = 1 / _TINY, 1 / b
    fraction = d
    for step in range(1, 10_000):
        factor = -step * (step - a)
        b += 2
        d = 1 / (factor * d + b or _TINY)
        c = b + factor / c or _TINY
        fraction *= d * c
        if abs(d * c - 1) < 1e-14:  # noqa: PLR2004 - as exact as a double
            break
    return min(1.0, weight * fraction)


def _kolmogorov(value: float) -> float:
    """Return the chance that Kolmogorov's distribution exceeds *value*."""
    if value < 0.3:  # noqa: PLR2004 - below, the series has not begun to fall, and the chance is 1 to five digits
        return 1.0
    terms = ((2.0 if j % 2 else -2.0) * math.exp(-2 * (j * value) ** 2) for j in range(1, _TERMS))
    return min(1.0, max(0.0, sum(terms)))
