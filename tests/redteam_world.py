"""A model that knows the truth, and the same with one weakness planted: for the tests of the red team."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.table import Bools, Column, Floats, Table
from roadworthy.declare.requirements import Behaviour, Inputs, OutputRule, Requirements
from roadworthy.errors import PredictFailed
from roadworthy.prove.redteam.target import Limits, Target

if TYPE_CHECKING:
    from roadworthy.prove.redteam.finding import Kind

CARRIERS = ("AA", "B6", "DL", "EV", "UA", "WN")
COLUMNS = ("carrier", "wind", "hour", "distance", "temperature")
LIMITS = {"wind": (0.0, 60.0), "hour": (0.0, 23.0), "distance": (100.0, 3000.0), "temperature": (-10.0, 40.0)}
WIND = Behaviour("more wind is never safer", "directional", {"wind": "+5"}, expect="not_lower")

Predict = Callable[[Table], Floats]


@dataclass(frozen=True)
class Plant:
    """A weakness: how it changes the true model's answers, and what should be found of it."""

    name: str
    kind: Kind
    about: str  # what the finding names
    spoil: Callable[[Table, Floats], Floats]
    in_scope: Callable[[Table], Bools] | None = None


def table(count: int, seed: int) -> Table:
    """Return *count* rows of inputs."""
    random = np.random.default_rng(seed)
    wind = random.uniform(0, 60, count)
    gone = random.random(count) < 0.05
    return Table(
        {
            "carrier": Column(random.choice(np.array(CARRIERS, dtype=object), count)),
            "wind": Column(np.where(gone, np.nan, wind), gone),
            "hour": Column(random.integers(0, 24, count)),
            "distance": Column(random.uniform(100, 3000, count)),
            "temperature": Column(random.uniform(-10, 40, count)),
        }
    )


def truth(rows: Table) -> Floats:
    """Return each row's true chance: what the model without a weakness says."""
    wind = np.where(rows["wind"].is_missing(), 30.0, rows["wind"].values.astype(np.float64))
    carriers = [str(value).strip().upper() for value in rows["carrier"].values]
    late = np.isin(carriers, ("EV", "WN")).astype(np.float64)
    hour, distance = (rows[name].values.astype(np.float64) for name in ("hour", "distance"))
    return np.asarray(1 / (1 + np.exp(-(-3.0 + 0.05 * wind + 0.07 * hour + 0.6 * late - 0.0002 * distance))))


def scope(rows: Table) -> Bools:
    """Return which rows lie in the declared scope: a known carrier, every number within its limits."""
    inside = np.isin(rows["carrier"].values.astype(str), CARRIERS)
    for name, (low, high) in LIMITS.items():
        values, gone = rows[name].values.astype(np.float64), rows[name].is_missing()
        inside &= ((values >= low) & (values <= high)) | (gone & (name == "wind"))
    return np.asarray(inside)


def target(spoil: Callable[[Table, Floats], Floats] | None = None, *, count: int = 4000, seed: int = 7) -> Target:
    """Return the true model, spoiled, with *count* rows whose outcomes were drawn by *seed*."""
    rows = table(count, seed)
    outcome = np.random.default_rng(seed + 1).random(count) < truth(rows)

    def predict(given: Table) -> Table:
        said = truth(given)
        return Table({"probability": Column(said if spoil is None else spoil(given, said))})

    return Target(
        rows=Table({**rows.columns, "late": Column(outcome)}),
        predict=predict,
        requirements=Requirements(
            "roadworthy/v1alpha1",
            "late",
            "binary_classification",
            Inputs(COLUMNS),
            {"probability": OutputRule(min=0, max=1)},
            behaviour=(WIND,),
        ),
        in_scope=scope,
        limits={name: Limits(low, high, missing=name == "wind") for name, (low, high) in LIMITS.items()}
        | {"carrier": Limits(missing=False)},
        label="late",
    )


def planted(plant: Plant, *, count: int = 4000, seed: int = 7) -> Target:
    """Return the true model with *plant* in it."""
    made = target(plant.spoil, count=count, seed=seed)
    return made if plant.in_scope is None else replace(made, in_scope=plant.in_scope)


def _number(rows: Table, name: str) -> Floats:
    return np.asarray(rows[name].values.astype(np.float64))


def _carrier(rows: Table, name: str) -> Bools:
    return np.asarray(rows["carrier"].values.astype(str) == name)


def _refuses(said: Floats, where: Bools) -> Floats:
    if where.any():
        raise PredictFailed("Its predict raised: ValueError: bad input.", remedy="Mend it.")
    return said


def _unbounded(rows: Table) -> Bools:
    """Return the scope without any limit on the distance."""
    within = rows.with_column("distance", Column(np.full(len(rows), 500.0)))
    return scope(within)


def _any_writing(rows: Table) -> Bools:
    """Return the scope of a guard that looks at neither the case of a carrier nor the spaces around it."""
    plain = np.array([str(value).strip().upper() for value in rows["carrier"].values], dtype=object)
    return scope(rows.with_column("carrier", Column(plain)))


def _whispers(rows: Table, said: Floats) -> Floats:
    lower = np.array([str(value) != str(value).upper() for value in rows["carrier"].values])
    return np.where(lower, 0.95, said)


def _spaced(rows: Table, said: Floats) -> Floats:
    spaced = np.array([str(value) != str(value).strip() for value in rows["carrier"].values])
    return np.where(spaced, 0.95, said)


PLANTS = (
    Plant("a carrier that is not known", "weak_slice", "carrier", lambda r, p: np.where(_carrier(r, "DL"), p * 0.3, p)),
    Plant(
        "an interval of distances",
        "weak_slice",
        "distance",
        lambda r, p: np.where((_number(r, "distance") > 900) & (_number(r, "distance") < 1500), 1 - (1 - p) * 0.45, p),
    ),
    Plant(
        "one carrier in the evening",
        "weak_slice",
        "carrier",
        lambda r, p: np.where(_carrier(r, "AA") & (_number(r, "hour") >= 14), p * 0.1, p),
    ),
    Plant("the case of the carrier", "invariance", "carrier", _whispers, _any_writing),
    Plant("spaces around the carrier", "invariance", "carrier", _spaced, _any_writing),
    Plant(
        "more wind is safer at night",
        "directional",
        "hour",
        lambda r, p: np.where(
            _number(r, "hour") >= 20, np.clip(p - 0.012 * np.nan_to_num(_number(r, "wind")), 0, 1), p
        ),
    ),
    Plant(
        "the end of the scope",
        "boundary",
        "temperature",
        lambda r, p: np.where(_number(r, "temperature") >= 40, 0.99, p),
    ),
    Plant("no wind, no answer", "missing", "wind", lambda r, p: _refuses(p, r["wind"].is_missing())),
    Plant("no wind is a storm", "missing", "wind", lambda r, p: np.where(r["wind"].is_missing(), 0.97, p)),
    Plant("a scope without an end", "out_of_scope", "distance", lambda _, p: p, _unbounded),
    Plant(
        "a nervous thermometer",
        "instability",
        "temperature",
        lambda r, p: np.clip(p + 0.35 * np.sin(40 * _number(r, "temperature")), 0, 1),
    ),
)
