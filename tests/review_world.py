"""Simulated flights, and models fitted to them: what the stories of reviews are computed from."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.table import Column, Table

if TYPE_CHECKING:
    from roadworthy.build.data.table import Floats

FEATURES = (
    "carrier",
    "origin",
    "dest",
    "distance",
    "hour",
    "weekday",
    "wind_speed",
    "precip",
    "visibility",
    "plane_age",
)
WEATHER = ("wind_speed", "precip", "visibility")
CARRIERS = np.array(["UA", "B6", "EV", "DL", "AA", "MQ", "WN", "VX"], dtype=object)


@dataclass(frozen=True)
class World:
    """Flights and models' chances for them: `rate` by carrier and hour, `boosted`, and `blind` (without weather)."""

    rows: Table
    chances: dict[str, Floats]
    twins: dict[str, list[Floats]]


@lru_cache(maxsize=4)
def world(rows: int) -> World:
    """Return *rows* flights to test on, and the chances that models fitted to as many other flights give them."""
    training, test = _flights(rows, seed=1), _flights(rows, seed=2)
    return World(
        rows=test,
        chances={
            "rate": _rate(training, test),
            "boosted": _fitted(training, test, FEATURES),
            "blind": _fitted(training, test, tuple(name for name in FEATURES if name not in WEATHER)),
        },
        twins={
            "rate": [_rate(again, test) for again in _resampled(training)],
            "boosted": [_fitted(again, test, FEATURES) for again in _resampled(training)],
        },
    )


def _resampled(training: Table) -> list[Table]:
    rows = len(training)
    return [training.take(np.random.default_rng(seed).integers(0, rows, rows)) for seed in range(5)]


def _flights(rows: int, seed: int) -> Table:
    """Draw flights, and whether each is late: of carrier, hour and weather, with noise."""
    draw = np.random.default_rng(seed)
    carrier = draw.integers(0, len(CARRIERS), rows)
    hour = draw.integers(5, 24, rows)
    wind = draw.gamma(2.4, 4.6, rows)
    precip = np.where(draw.random(rows) < 0.12, draw.exponential(0.12, rows), 0.0)
    sight = np.clip(10 - draw.exponential(0.8, rows) - 18 * precip, 0.1, 10)
    distance = draw.choice([187.0, 229.0, 719.0, 1089.0, 1400.0, 2475.0], rows)
    age = draw.integers(0, 28, rows).astype(np.float64)
    logit = (
        -2.7
        + np.linspace(-0.35, 0.45, len(CARRIERS))[carrier]
        + 0.075 * (hour - 12)
        + 0.06 * (wind - 11)
        + 9.0 * precip
        + 0.12 * (9 - sight)
        - 0.0001 * distance
    )
    late = draw.random(rows) < 1 / (1 + np.exp(-logit))
    missing = draw.random(rows) < 0.03
    return Table(
        {
            "flight_id": Column(
                np.array([f"{CARRIERS[c]}{1000 + i}-2013" for i, c in enumerate(carrier)], dtype=object)
            ),
            "carrier": Column(CARRIERS[carrier]),
            "origin": Column(np.array(["EWR", "JFK", "LGA"], dtype=object)[draw.integers(0, 3, rows)]),
            "dest": Column(
                np.array(["ORD", "BOS", "LAX", "ATL", "MIA", "SFO"], dtype=object)[draw.integers(0, 6, rows)]
            ),
            "distance": Column(distance),
            "hour": Column(hour),
            "weekday": Column(draw.integers(0, 7, rows)),
            "wind_speed": Column(np.round(wind, 1), missing),
            "precip": Column(np.round(precip, 2)),
            "visibility": Column(np.round(sight, 1)),
            "plane_age": Column(age, draw.random(rows) < 0.08),
            "late": Column(late),
        }
    )


def _rate(training: Table, test: Table) -> Floats:
    """Return the late share by carrier and hour of *training*, shrunk towards the whole, for the rows of *test*."""
    whole = training["late"].values.astype(np.float64).mean()
    shares: Floats = np.full(len(test), whole)
    for name in CARRIERS:
        for hour in range(5, 24):
            seen = (training["carrier"].values == name) & (training["hour"].values == hour)
            here = (test["carrier"].values == name) & (test["hour"].values == hour)
            late = training["late"].values[seen].astype(np.float64)
            shares[here] = (late.sum() + 20 * whole) / (len(late) + 20)
    return shares


def _fitted(training: Table, test: Table, names: tuple[str, ...]) -> Floats:
    """Return the chances of a logistic regression on *names*, fitted to *training* by Newton's steps."""
    x, late = _matrix(training, names), training["late"].values.astype(np.float64)
    weights = np.zeros(x.shape[1])
    for _ in range(8):
        chance = 1 / (1 + np.exp(-(x @ weights)))
        slope = x.T @ (late - chance) - 1e-3 * weights
        curve = (x * (chance * (1 - chance))[:, None]).T @ x + 1e-3 * np.eye(x.shape[1])
        weights = weights + np.linalg.solve(curve, slope)
    fitted: Floats = 1 / (1 + np.exp(-(_matrix(test, names) @ weights)))
    return fitted


def _matrix(table: Table, names: tuple[str, ...]) -> Floats:
    columns = [np.ones(len(table))]
    for name in names:
        values = table[name].values
        if values.dtype == object:
            columns += [(values == each).astype(np.float64) for each in sorted(set(values.tolist()))[1:]]
        else:
            known = values.astype(np.float64)
            columns.append((known - known.mean()) / (known.std() or 1.0))
    matrix: Floats = np.stack(columns, axis=1)
    return matrix
