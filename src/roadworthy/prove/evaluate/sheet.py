"""Every metric of every model, over all rows and over slices, resampled together."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.prove.evaluate.interval import RESAMPLES, interval, resample

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.build.data.table import Bools, Floats
    from roadworthy.prove.evaluate.metric import Metric, Weigh
    from roadworthy.prove.evaluate.scored import Scored
    from roadworthy.prove.measures import Interval

EVERYWHERE = ""  # the slice that is all rows
BESIDE = "candidate beside "  # the candidate's role on the rows of another role that has rows of its own


@dataclass(frozen=True, slots=True)
class Cell:
    """One metric of one model on one slice: its value and its values under each resampling, NaN where undefined."""

    value: float
    resampled: Floats

    def interval(self) -> Interval:
        """Return the value with its interval."""
        return interval(self.value, self.resampled)

    def minus(self, other: Cell) -> Interval:
        """Return how much larger this is than *other*, over the same resampled rows."""
        return interval(self.value - other.value, self.resampled - other.resampled)


@dataclass(frozen=True, slots=True)
class Place:
    """Where a cell stands: which model, which metric, which slice."""

    role: str
    metric: str
    slice: str = EVERYWHERE


@dataclass(frozen=True, slots=True)
class Sheet:
    """The cells, and how many rows each slice has."""

    cells: Mapping[Place, Cell]
    rows: Mapping[str, int]

    def get(self, role: str, metric: str, where: str = EVERYWHERE) -> Cell | None:
        """Return a cell; None when that model or metric was not measured."""
        return self.cells.get(Place(role, metric, where))

    def pair(self, role: str, metric: str, where: str = EVERYWHERE) -> tuple[Cell, Cell] | None:
        """Return the candidate's cell and that of *role*, both on the same rows; None when one was not measured."""
        ours = self.get(BESIDE + role, metric, where) or self.get("candidate", metric, where)
        theirs = self.get(role, metric, where)
        return None if ours is None or theirs is None else (ours, theirs)

    def with_cells(self, other: Sheet) -> Sheet:
        """Return this sheet with the cells of *other* added; the rows of slices stay this one's."""
        return Sheet({**self.cells, **other.cells}, self.rows)


def fill(
    scored: Mapping[str, Scored],
    metrics: Mapping[str, tuple[Metric, ...]],
    slices: Mapping[str, Bools],
    *,
    runs: int = RESAMPLES,
) -> Sheet:
    """Return the sheet of *scored* (role → answers on the same rows).

    Args:
        scored: Answers of each role; all of one length.
        metrics: For each slice (`EVERYWHERE` among them) what is measured on it.
        slices: For each other slice its rows, as a mask.
        runs: How many resamplings.
    """
    rows = len(next(iter(scored.values()), ()))
    everywhere = np.ones(rows, dtype=np.bool_)
    masks = {EVERYWHERE: everywhere, **slices}
    places: list[Place] = []
    measures: list[Weigh] = []
    for role, answers in scored.items():
        for where, wanted in metrics.items():
            for metric in wanted:
                places.append(Place(role, metric.name, where))
                measures.append(_prepare(metric, answers, None if where == EVERYWHERE else masks[where]))
    resampled = resample(measures, rows, runs=runs)
    ones = np.ones(rows)
    cells = {
        place: Cell(measure(ones), resampled[:, number])
        for number, (place, measure) in enumerate(zip(places, measures, strict=True))
    }
    return Sheet(cells, {name: int(mask.sum()) for name, mask in masks.items()})


def _prepare(metric: Metric, answers: Scored, mask: Bools | None) -> Weigh:
    if mask is None:
        return metric.prepare(answers)
    inside = metric.prepare(answers.take(mask))
    return lambda weight: inside(weight[mask])
