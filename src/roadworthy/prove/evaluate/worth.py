"""What an input is worth: what the primary metric loses when the model learns without it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data import query
from roadworthy.prove.evaluate.interval import interval, resample

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.prove.evaluate.metric import Metric
    from roadworthy.prove.evaluate.scored import Scored
    from roadworthy.prove.measures import Interval

_SEED = 2021


@dataclass(frozen=True, slots=True)
class Worth:
    """What one input is worth.

    Attributes:
        name: The input.
        value: What the metric loses without it (above 0: it helps); None where that was not measured.
        seconds: How long it took to learn without it.
        why_not: Why it was not measured; empty when it was.
    """

    name: str
    value: Interval | None
    seconds: float = 0.0
    why_not: str = ""

    @property
    def idle(self) -> bool:
        """Whether its value includes zero, or lies below: nothing shows that it helps."""
        return self.value is not None and (self.value["low"] is None or self.value["low"] <= 0)


def worth(metric: Metric, whole: Scored, without: Scored) -> Interval:
    """Return how much better *whole* is than *without*, by *metric*, over resamplings of the rows that both answer."""
    measures = [metric.prepare(whole), metric.prepare(without)]
    found = resample(measures, len(whole))
    sign = 1.0 if metric.better == "higher" else -1.0
    return interval(sign * (metric.value(whole) - metric.value(without)), sign * (found[:, 0] - found[:, 1]))


def shuffled(table: Path, name: str, to: Path) -> bool:
    """Write *table* to *to* with the values of the column *name* shuffled among its rows; return whether it has one.

    A model that learns from it can learn nothing from that column, while everything else of its recipe stays as it is.

    Source:
        Hooker, Mentch and Zhou (2021), "Unrestricted permutation forces extrapolation": permute and relearn.

    Raises:
        NotFound, UsageError, StorageError: The table cannot be read, or not be written.
    """
    rows = query.read(table)
    if name not in rows:
        return False
    order = np.random.default_rng(_SEED).permutation(len(rows))
    to.parent.mkdir(parents=True, exist_ok=True)
    query.write(rows.with_column(name, rows[name].take(order)), to)
    return True
