"""The red team: planted weaknesses, models without any, and two further models whose weaknesses are drawn by lot."""

from __future__ import annotations

import sys
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
from figure import Figure

from roadworthy.build.data.table import Bools, Column, Floats, Table
from roadworthy.declare.requirements import Behaviour, Inputs, OutputRule, Requirements
from roadworthy.prove.redteam.search import Wishes, search
from roadworthy.prove.redteam.target import Limits, Target

sys.path.insert(0, str(Path(__file__).parents[1] / "tests"))

from redteam_world import PLANTS, planted, target

if TYPE_CHECKING:
    from roadworthy.prove.redteam.finding import Finding, Kind

CLEAN, DRAWS, EACH = 20, 8, 4
LOT = 20_261_130  # of the weaknesses that were not known when the search was written
ROWS = 6000
COLUMNS = ("site", "tariff", "load", "age", "area", "humidity")
LIMITS = {"load": (0.0, 100.0), "age": (0.0, 40.0), "area": (20.0, 400.0), "humidity": (0.0, 100.0)}
SITES, TARIFFS = ("north", "south", "east", "west", "port"), ("day", "night", "flat")

Spoil = Callable[[Table, Floats], Floats]


@dataclass(frozen=True)
class Drawn:
    """A weakness drawn by lot: its kind, the column it is of, and what it does to answers of spread *scale*."""

    kind: Kind
    column: str
    spoil: Spoil
    unbounded: bool = False


def measure() -> list[Figure]:
    """Return shares found, false findings, precision and recall, and seconds a search."""
    figures, seconds = [], []
    for plant in PLANTS:
        report, took = _timed(planted(plant, seed=101))
        seconds.append(took)
        hit = any(one.kind == plant.kind and plant.about in f"{one.columns} {one.exposed}" for one in report)
        figures.append(_share(f"planted: {plant.name} ({plant.kind}), found", float(hit), 1))
        figures.append(_share("… other findings", len(report) - hit))
    false = [len(_timed(target(seed=500 + number))[0]) for number in range(CLEAN)]
    figures.append(
        Figure(f"findings on {CLEAN} models without weakness", float(np.mean(false)), _ends(false), "", mark=1)
    )
    for task in ("binary_classification", "regression"):
        figures += _by_lot(task)
    figures.append(
        Figure("a search of 4,000 rows and 5 inputs", float(np.median(seconds)), _ends(seconds), "s", mark=120)
    )
    return figures


def _by_lot(task: str) -> list[Figure]:
    found, made, true, said = 0, 0, 0, 0
    for number in range(DRAWS):
        random = np.random.default_rng([LOT, number, len(task)])
        drawn = _draw(random, 1.0 if task == "regression" else 0.35)
        report, _ = _timed(_world(task, drawn, 900 + number))
        hits = [one for one in drawn if any(_meant(one, finding) for finding in report)]
        found, made = found + len(hits), made + len(drawn)
        true += sum(any(_meant(one, finding) for one in drawn) for finding in report)
        said += len(report)
    name = task.replace("_", " ")
    return [
        _share(f"by lot, {name}: recall of {made} weaknesses in {DRAWS} models", found / made),
        _share(f"by lot, {name}: precision of {said} findings", true / said),
    ]


def _meant(drawn: Drawn, finding: Finding) -> bool:
    """Whether *finding* is of the column of *drawn*, and of its kind; or of a slice that it makes weak."""
    alike = finding.kind in {drawn.kind, "weak_slice"}
    return alike and drawn.column in f"{finding.columns} {finding.exposed}"


def _draw(random: np.random.Generator, size: float) -> tuple[Drawn, ...]:
    """Return weaknesses of different columns."""
    columns = random.permutation(np.array(COLUMNS))[:EACH]
    return tuple(_weakness(str(name), random, size) for name in columns)


def _weakness(name: str, random: np.random.Generator, size: float) -> Drawn:
    up = float(random.choice([-1, 1])) * size
    if name in {"site", "tariff"}:
        value = str(random.choice(np.array(SITES if name == "site" else TARIFFS)))
        return Drawn("weak_slice", name, lambda rows, said: np.where(rows[name].values == value, said + up, said))
    low, high = LIMITS[name]
    start = low + (high - low) * float(random.uniform(0, 0.75))
    end = start + (high - low) * 0.15
    gone = 3 * size
    kinds: tuple[Drawn, ...] = (
        Drawn(
            "weak_slice",
            name,
            lambda rows, said: np.where((_of(rows, name) > start) & (_of(rows, name) < end), said + up, said),
        ),
        Drawn("missing", name, lambda rows, said: np.where(rows[name].is_missing(), said + gone, said)),
        Drawn("boundary", name, lambda rows, said: np.where(_of(rows, name) >= high, said + gone, said)),
        Drawn("instability", name, lambda rows, said: said + size * np.sin(_of(rows, name) * 900 / (high - low))),
        Drawn("out_of_scope", name, lambda _, said: said, unbounded=True),
    )
    return kinds[int(random.integers(len(kinds)))]


def _of(rows: Table, name: str) -> Floats:
    return np.asarray(np.where(rows[name].is_missing(), -1.0, rows[name].values.astype(np.float64)))


def _world(task: str, drawn: tuple[Drawn, ...], seed: int) -> Target:
    random = np.random.default_rng(seed)
    columns = {
        "site": Column(random.choice(np.array(SITES, dtype=object), ROWS)),
        "tariff": Column(random.choice(np.array(TARIFFS, dtype=object), ROWS)),
    }
    for name, (low, high) in LIMITS.items():
        gone = random.random(ROWS) < 0.04
        columns[name] = Column(np.where(gone, np.nan, random.uniform(low, high, ROWS)), gone)
    rows = Table(columns)
    number = task == "regression"

    def right(given: Table) -> Floats:
        middle = {
            name: np.where(given[name].is_missing(), sum(LIMITS[name]) / 2, given[name].values.astype(float))
            for name in LIMITS
        }
        odds = 0.03 * (middle["load"] - 50) + 0.05 * (middle["age"] - 20) + 0.3 * (given["tariff"].values == "day")
        return np.asarray(odds if number else 1 / (1 + np.exp(-odds)))

    def predict(given: Table) -> Table:
        said = right(given)
        for one in drawn:
            said = one.spoil(given, said)
        return Table({"answer": Column(said if number else np.clip(said, 0.0, 1.0))})

    free = {one.column for one in drawn if one.unbounded}

    def in_scope(given: Table) -> Bools:
        inside = np.isin(given["site"].values.astype(str), SITES) & np.isin(given["tariff"].values.astype(str), TARIFFS)
        for name, (low, high) in LIMITS.items():
            if name not in free:
                values = given[name].values.astype(np.float64)
                inside &= ((values >= low) & (values <= high)) | given[name].is_missing()
        return np.asarray(inside)

    truth = right(rows) + random.normal(0, 0.6, ROWS) if number else random.random(ROWS) < right(rows)
    wanted = Requirements(
        "roadworthy/v1alpha1",
        "lot",
        "regression" if number else "binary_classification",
        Inputs(COLUMNS),
        {"answer": OutputRule()},
        behaviour=(Behaviour("older is never less", "directional", {"age": "+2"}, expect="not_lower", share=0.5),),
    )
    limits = {name: Limits(low, high) for name, (low, high) in LIMITS.items()}
    texts = {"site": Limits(missing=False), "tariff": Limits(missing=False)}
    return Target(rows.with_column("truth", Column(truth)), predict, wanted, in_scope, {**limits, **texts}, "truth")


def _timed(made: Target) -> tuple[tuple[Finding, ...], float]:
    began = time.perf_counter()
    found = search(made, Wishes(budget=120)).findings
    return found, time.perf_counter() - began


def _share(what: str, value: float, mark: float | None = None) -> Figure:
    return Figure(what, float(value), (float(value), float(value)), "", mark=mark)


def _ends(values: list[float] | list[int]) -> tuple[float, float]:
    return float(min(values)), float(max(values))
