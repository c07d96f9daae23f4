"""Two models' answers on the same rows: differences with intervals, flips, and how scores moved."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.prove.against_production.flips import flips, furthest
from roadworthy.prove.against_production.gate import shares
from roadworthy.prove.evaluate.decision import cutoff
from roadworthy.prove.evaluate.interval import RESAMPLES, interval, resample
from roadworthy.prove.evaluate.metric import of_task
from roadworthy.prove.rows import row, value

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from roadworthy.build.data.table import Bools
    from roadworthy.declare.requirements import Task
    from roadworthy.prove.evaluate.scored import Scored
    from roadworthy.prove.measures import AgainstProduction, Answer, FlipExample, Interval
    from roadworthy.prove.review.rows.answers import Answers

_EXAMPLES = 20
_CELLS = 40


@dataclass(frozen=True, slots=True)
class Grid:
    """Rows by old and new score: see `comparison.Movement`."""

    edges: tuple[float, ...]
    cells: tuple[tuple[int, int, int], ...]
    old_cutoff: float | None
    new_cutoff: float | None


@dataclass(frozen=True, slots=True)
class Paired:
    """What a paired comparison with the base found. `measure`: the flips, without a noise floor and not judged."""

    differences: Mapping[str, Interval]
    measure: AgainstProduction | None
    grid: Grid | None


@dataclass(frozen=True, slots=True)
class NotPaired:
    """The two cannot be compared row by row, for this reason."""

    reason: str


def pair(base: Answers, head: Answers, task: Task, *, rows_shown: bool) -> Paired | NotPaired:
    """Return the candidate of *head* held against that of *base* on the rows that both know, found by their key."""
    found = matched(base, head)
    if found is None:
        return NotPaired("The tested rows of the two have no common key, so they cannot be compared row by row.")
    ours, theirs = found
    if not len(ours):
        return NotPaired("The tested rows of the two have no row in common.")
    old, new = _take(base.scored, theirs), _take(head.scored, ours)
    same = old.truth == new.truth
    old, new, ours = _take(old, same), _take(new, same), ours[same]
    measure = _flips(old, new, head, ours, rows_shown=rows_shown) if new.judged and old.judged else None
    return Paired(differences(old, new, task), measure, grid(old, new))


def differences(old: Scored, new: Scored, task: Task) -> dict[str, Interval]:
    """Return every metric of *new* minus that of *old* on the same rows, by a paired bootstrap.

    Source:
        Efron and Tibshirani (1993), "An Introduction to the Bootstrap", chapter 8: the same rows for both.
    """
    metrics = of_task(task)
    prepared = [metric.prepare(answers) for answers in (old, new) for metric in metrics]
    drawn = resample(prepared, len(new))
    whole = np.array([weigh(np.ones(len(new))) for weigh in prepared])
    count = len(metrics)
    return {
        metric.name: interval(float(whole[count + at] - whole[at]), drawn[:, count + at] - drawn[:, at])
        for at, metric in enumerate(metrics)
    }


def grid(old: Scored, new: Scored) -> Grid | None:
    """Return how scores moved, in 40 by 40 cells over the range of both; None without rows."""
    if not len(old) or len(old) != len(new):
        return None
    low, high = min(old.score.min(), new.score.min()), max(old.score.max(), new.score.max())
    edges = np.linspace(low, high if high > low else low + 1.0, _CELLS + 1)
    counts, _, _ = np.histogram2d(old.score, new.score, bins=(edges, edges))
    cells = tuple((int(x), int(y), int(counts[x, y])) for x, y in np.argwhere(counts > 0))
    binary = bool(np.isin(new.decided, (0.0, 1.0)).all())
    cutoffs = [cutoff(one.score, one.decided == 1.0) if binary else None for one in (old, new)]
    return Grid(tuple(float(edge) for edge in edges), cells, *cutoffs)


def moved(base: Answers, head: Answers) -> Grid | None:
    """Return how scores moved from *base* to *head* on the rows that both know by their key; None without such rows."""
    found = matched(base, head)
    return None if found is None else grid(_take(base.scored, found[1]), _take(head.scored, found[0]))


def matched(base: Answers, head: Answers) -> tuple[NDArray[np.int64], NDArray[np.int64]] | None:
    """Return the rows of *head* and of *base* that have the same key; None without a key that is unique in both."""
    if not head.key or base.key != head.key or any(name not in side.rows for side in (base, head) for name in head.key):
        return None
    ours, theirs = _keys(head), _keys(base)
    if len(set(ours)) != len(ours) or len(set(theirs)) != len(theirs):
        return None
    place = {key: row for row, key in enumerate(theirs)}
    found = [(row, place[key]) for row, key in enumerate(ours) if key in place]
    rows = np.array(found, dtype=np.int64).reshape(-1, 2)
    return rows[:, 0], rows[:, 1]


def _keys(answers: Answers) -> list[tuple[object, ...]]:
    return list(zip(*(answers.rows[name].values.tolist() for name in answers.key), strict=True))


def _take(scored: Scored, rows: NDArray[np.int64] | Bools) -> Scored:
    return type(scored)(scored.score[rows], scored.truth[rows], scored.decided[rows], scored.right[rows], scored.judged)


def _flips(old: Scored, new: Scored, head: Answers, ours: NDArray[np.int64], *, rows_shown: bool) -> AgainstProduction:
    found = flips(old, new)
    counted = shares(found, None, runs=RESAMPLES)

    def examples(which: Bools) -> list[FlipExample]:
        rows = furthest(which, old.score, new.score, _EXAMPLES) if rows_shown else []
        return [_example(at, old, new, head, int(ours[at])) for at in rows]

    return {
        "version": "",
        "rows": len(new),
        "rows_of": "candidate",
        "negative": counted.negative,
        "positive": counted.positive,
        "negative_count": int(found.negative.sum()),
        "positive_count": int(found.positive.sum()),
        "ratio": found.ratio,
        "upgrade_ratio": 0.0,
        "floor": None,
        "excess": None,
        "allowed": 0.0,
        "primary_metric": None,
        "primary": None,
        "outcome": "not_judged",
        "reason": "",
        "broken": examples(found.negative),
        "fixed": examples(found.positive),
    }


def _example(at: int, old: Scored, new: Scored, head: Answers, place: int) -> FlipExample:
    return {
        "key": row(head.rows, place, head.key),
        "inputs": row(head.rows, place, head.inputs),
        "label": value(head.rows[head.label], place),
        "production": _answer(old, at),
        "candidate": _answer(new, at),
    }


def _answer(scored: Scored, at: int) -> Answer:
    decided: float = float(scored.decided[at])
    return {
        "score": float(scored.score[at]),
        "decision": bool(decided) if decided in {0.0, 1.0} else decided,
        "right": bool(scored.right[at]),
    }
