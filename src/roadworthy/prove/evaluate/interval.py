"""Intervals by the bootstrap: the same resampled rows for every metric and every model, so that differences pair."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.build.data.table import Floats
    from roadworthy.prove.evaluate.metric import Weigh
    from roadworthy.prove.measures import Interval

RESAMPLES = 200
CONFIDENCE = 0.95
_SEED = 1979
_ROWS_REMEMBERED = 100_000  # 40 MB of weightings at the most

Counts = NDArray[np.uint16]


def weights(rows: int, *, runs: int = RESAMPLES, seed: int = _SEED) -> Iterator[Floats]:
    """Yield *runs* weightings of shape (rows,): how often each row was drawn when as many are drawn with replacement.

    The k-th weighting depends on *rows*, *seed* and k alone: models that are resampled apart still pair.

    Source:
        Efron (1979), "Bootstrap Methods: Another Look at the Jackknife": multinomial weights.
    """
    for run in range(runs):
        yield weighting(rows, run, seed)


def weighting(rows: int, run: int, seed: int = _SEED) -> Floats:
    """Return the *run*-th of the `weights`."""
    drawn = _remembered(rows, run, seed) if rows <= _ROWS_REMEMBERED else _drawn(rows, run, seed)
    return drawn.astype(np.float64)


def _drawn(rows: int, run: int, seed: int) -> Counts:
    drawn = np.random.default_rng([seed, run]).integers(0, rows, size=rows)
    return np.bincount(drawn, minlength=rows).astype(np.uint16)


# Every comparison on the same rows draws the same weightings.
_remembered = lru_cache(maxsize=RESAMPLES)(_drawn)


def resample(measures: Sequence[Weigh], rows: int, *, runs: int = RESAMPLES, seed: int = _SEED) -> Floats:
    """Return every measure under every resampling of *rows* rows: shape (runs, len(measures)), NaN where undefined."""
    found = np.full((runs, len(measures)), np.nan)
    if rows == 0:
        return found

    def one(run: int) -> None:
        weight = weighting(rows, run, seed)
        found[run] = [measure(weight) for measure in measures]

    with ThreadPoolExecutor(max_workers=os.cpu_count()) as pool:  # numpy lets go of the interpreter while it computes
        list(pool.map(one, range(runs)))
    return found


def interval(value: float, resampled: Floats, *, confidence: float = CONFIDENCE) -> Interval:
    """Return *value* with the middle *confidence* of its resampled values; None where more than half are undefined.

    Source:
        Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 13: the percentile interval.
    """
    known = resampled[np.isfinite(resampled)]
    low: float | None = None
    high: float | None = None
    if len(known) * 2 > len(resampled):
        tail = (1 - confidence) / 2
        low, high = (float(bound) for bound in np.quantile(known, (tail, 1 - tail)))
    return {"value": float(value) if np.isfinite(value) else None, "low": low, "high": high}
