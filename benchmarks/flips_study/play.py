"""One production model of the study: its floor, its twins, its broken successors, and honest upgrades."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING, Any

import numpy as np
from learners import Columns, Fitted, fit
from plants import Plant, plants, without
from tables import TABLES, Public

from roadworthy.prove.against_production.flips import flips
from roadworthy.prove.against_production.gate import Limits, judge, shares
from roadworthy.prove.evaluate.interval import interval, resample
from roadworthy.prove.evaluate.metric import METRICS
from roadworthy.prove.evaluate.quality import is_better

if TYPE_CHECKING:
    from roadworthy.prove.evaluate.scored import Scored

EXCESS = 0.005
FEWER = 1 / 6  # of the rows, for the production that an upgrade gives more rows
Record = dict[str, Any]


@dataclass(frozen=True)
class Task:
    """What one process works on: a production model of a table and a learner, and how much is tried of it."""

    table: str
    learner: str
    number: int
    runs: int
    twins: int
    broken: bool


@dataclass(frozen=True)
class World:
    """The rows of one production model, disjoint: to train on, that the gate sees, and that it never sees."""

    public: Public
    learner: str
    train: np.ndarray
    seen: np.ndarray
    unseen: np.ndarray

    def of(self, rows: np.ndarray) -> tuple[Columns, np.ndarray]:
        """Return the inputs and the label of *rows*."""
        return {name: values[rows] for name, values in self.public.columns.items()}, self.public.label[rows]

    def fitted(self, rows: np.ndarray, seed: int, change: Plant | tuple[str, ...] = ()) -> Fitted:
        """Return the learner fitted to *rows*, some columns broken or left out."""
        columns, label = self.of(rows)
        columns = without(columns, change) if isinstance(change, tuple) else change.broken(columns, seed)
        return fit(self.learner, self.public.task, columns, label, seed)


@dataclass(frozen=True)
class Production:
    """A model in production and the flips of its twins on the rows that the gate sees."""

    world: World
    said: tuple[Scored, Scored]  # on the rows that the gate sees, and on those it never sees
    twins: np.ndarray

    def held(self, candidate: Fitted, plant: Plant | None = None, *, unseen: bool = False) -> Record:
        """Return what the gate says of *candidate*, and what it is really worth on rows that the gate never sees."""
        was, now = self._scored(candidate, plant)
        found = flips(was, now)
        apart = shares(found, self.twins)
        plain = (found.negative.mean() - self.twins.mean()) if len(self.twins) else 0.0
        found_low = apart.excess["low"] if apart.excess else None
        blocked_at_0 = found_low is not None and found_low > 0
        gain = _gain(was, now, self.world.public.primary) if (found_low or 0) > EXCESS else None
        outcome = judge(apart, found, Limits(EXCESS, 0.75), gain).outcome
        record = {
            "floor": float(self.twins.mean()),
            "negative": float(found.negative.mean()),
            "positive": float(found.positive.mean()),
            "low": found_low,
            "outcome": outcome,
            "blocked_at_0": blocked_at_0,
            "blocked_by_rows_alone": bool(plain > 0 and _rows_low(found.negative, self.twins) > 0),
        }
        return {**record, **self._worth(candidate, plant)} if unseen else record

    def _worth(self, candidate: Fitted, plant: Plant | None) -> Record:
        was, now = self._scored(candidate, plant, unseen=True)
        record = {"effect": float(was.right.mean() - now.right.mean())}
        if plant is not None:
            return record
        metric, gain = _gain(was, now, self.world.public.primary)
        return {**record, "better": is_better(gain, metric)}

    def _scored(self, candidate: Fitted, plant: Plant | None, *, unseen: bool = False) -> tuple[Scored, Scored]:
        columns, truth = self.world.of(self.world.unseen if unseen else self.world.seen)
        given = columns if plant is None else plant.broken(columns, 7)
        return self.said[unseen], candidate.scored(given, truth)


def play(task: Task) -> list[Record]:
    """Return everything that is tried of one production model."""
    public = _public(task.table)
    draw = np.random.default_rng([1848, task.number])
    order, rows = draw.permutation(len(public.label)), public.rows
    world = World(public, task.learner, order[:rows], order[rows : 2 * rows], order[2 * rows : 2 * rows + 20_000])
    production = _production(world, world.train, task)
    named = {"table": public.name, "learner": task.learner, "production": task.number}
    found = [{"kind": "seed alone", **production.held(world.fitted(world.train, 999_983))}]
    twins = (_twin(world, world.train, (task.number, 1, number)) for number in range(task.twins))
    found += [{"kind": "twin", **production.held(twin)} for twin in twins]
    if task.broken:
        found += _broken(production)
        found += _upgrades(world, task)
    return [{**named, **record} for record in found]


def _broken(production: Production) -> list[Record]:
    world = production.world
    healthy = world.fitted(world.train, 31)
    found = []
    for plant in plants(world.public.numbers, world.public.category):
        candidate = healthy if plant.serving else world.fitted(world.train, 31, plant)
        said = production.held(candidate, plant, unseen=True)
        found.append({"kind": plant.kind, "column": plant.column, "share": plant.share, **said})
    return found


def _upgrades(world: World, task: Task) -> list[Record]:
    every = tuple(world.public.columns)
    weaker = {
        "more rows": (world.train[: int(len(world.train) * FEWER)], ()),
        "a further feature": (world.train, (world.public.numbers[0],)),
        "twice the features": (world.train, every[1::2]),
    }
    better = world.fitted(world.train, 31)
    return [
        {"kind": "upgrade", "column": name, **_production(world, rows, task, lacking).held(better, unseen=True)}
        for name, (rows, lacking) in weaker.items()
    ]


def _production(world: World, rows: np.ndarray, task: Task, lacking: tuple[str, ...] = ()) -> Production:
    model = world.fitted(rows, task.number, lacking)
    columns, truth = world.of(world.seen)
    was = model.scored(columns, truth)
    said = was, model.scored(*world.of(world.unseen))
    twins = [_twin(world, rows, (task.number, 0, number), lacking) for number in range(task.runs)]
    return Production(world, said, np.stack([flips(was, one.scored(columns, truth)).negative for one in twins]))


def _twin(world: World, rows: np.ndarray, seeds: tuple[int, ...], lacking: tuple[str, ...] = ()) -> Fitted:
    draw = np.random.default_rng([1981, *seeds])
    return world.fitted(np.sort(draw.choice(rows, len(rows))), int(draw.integers(1, 2**31 - 1)), lacking)


def _gain(was: Scored, now: Scored, name: str) -> Any:
    metric = METRICS[name]
    both = [metric.prepare(one) for one in (now, was)]
    drawn = resample(both, len(was))
    ones = np.ones(len(was))
    return metric, interval(both[0](ones) - both[1](ones), drawn[:, 0] - drawn[:, 1])


def _rows_low(negative: np.ndarray, twins: np.ndarray) -> float:
    """Return the lower bound of a bootstrap over rows that takes the twins' mean as if it were what a model does."""
    each = negative - twins.mean(axis=0)
    return float(each.mean() - 1.96 * each.std() / np.sqrt(len(each)))


@lru_cache(maxsize=1)
def _public(name: str) -> Public:
    return TABLES[name]()
