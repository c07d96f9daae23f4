"""How the primary metric grows with the rows that are learned from, and how it varies with the seed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data import query
from roadworthy.prove.evaluate.interval import interval, resample

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from roadworthy.build.data.table import Floats
    from roadworthy.prove.evaluate.metric import Metric
    from roadworthy.prove.evaluate.scored import Scored
    from roadworthy.prove.measures import Interval

_SEED = 1985


@dataclass(frozen=True, slots=True)
class Point:
    """One point of the curve.

    Attributes:
        share: Of the training rows.
        rows: How many these are.
        value: The mean of the metric over the seeds; its interval is over reference rows and seeds.
        each: The metric of each seed, None where it is not defined.
        resampled: The mean under each resampling.
    """

    share: float
    rows: int
    value: Interval
    each: tuple[float | None, ...]
    resampled: Floats


def part(table: Path, share: float, to: Path) -> int:
    """Write a *share* of the rows of *table* to *to*, in their order, and return how many they are; at least one.

    Smaller shares are parts of larger ones, so that what differs between two points is the rows that are added.

    Raises:
        NotFound, UsageError, StorageError: The table cannot be read, or not be written.
    """
    rows = query.read(table)
    count = max(1, round(share * len(rows)))
    chosen = np.sort(np.random.default_rng(_SEED).permutation(len(rows))[:count])
    to.parent.mkdir(parents=True, exist_ok=True)
    query.write(rows.take(chosen), to)
    return len(chosen)


def point(metric: Metric, share: float, rows: int, scored: Sequence[Scored]) -> Point:
    """Return the metric of models that learned from the same rows with other seeds.

    Source:
        Davison and Hinkley (1997), "Bootstrap Methods and their Application", section 3.8: both levels are resampled.
    """
    found = resample([metric.prepare(one) for one in scored], len(scored[0]))
    random = np.random.default_rng(_SEED)
    drawn = random.integers(0, len(scored), size=(len(found), len(scored)))
    resampled = np.take_along_axis(found, drawn, axis=1).mean(axis=1)
    each = [metric.value(one) for one in scored]
    known = tuple(one if np.isfinite(one) else None for one in each)
    return Point(share, rows, interval(float(np.mean(each)), resampled), known, resampled)


def gain(metric: Metric, fewer: Point, more: Point) -> Interval:
    """Return by how much the metric is better with *more* rows than with *fewer*, over the same reference rows."""
    sign = 1.0 if metric.better == "higher" else -1.0
    ends = [np.nan if one.value["value"] is None else one.value["value"] for one in (fewer, more)]
    return interval(sign * (ends[1] - ends[0]), sign * (more.resampled - fewer.resampled))
