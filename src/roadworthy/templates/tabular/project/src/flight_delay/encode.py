"""Turn what a caller sends into numbers. This is part of the artifact: training and serving share it."""

from collections.abc import Iterable, Mapping

import numpy as np

from flight_delay.tables import Rows

NUMBERS = ("distance", "hour", "weekday", "wind_speed", "precip", "visibility", "humidity", "pressure", "plane_age")
TEXTS = ("carrier", "origin", "dest")  # each becomes the late share of its value


def look_up(values: Iterable[object], table: Mapping[str, float], otherwise: float) -> np.ndarray:
    """Return each value's entry; spelling (case, spaces) makes no difference, an unknown one gets *otherwise*."""
    listed = np.asarray(values, dtype=object)
    found = {value: table.get(spelled(value), otherwise) for value in set(listed)}
    return np.array([found[value] for value in listed], dtype=float)


def spelled(value: object) -> str:
    """Return a code as the airlines write it."""
    return value.strip().upper() if isinstance(value, str) else ""


def numbers(values: Iterable[object]) -> np.ndarray:
    """Return values as floats, missing ones (None, NaN, pandas' NA) as NaN."""
    if hasattr(values, "to_numpy"):
        return values.to_numpy(dtype=float, na_value=np.nan)
    return np.asarray(values, dtype=float)


def codes(values: Iterable[object]) -> tuple[list[str], np.ndarray]:
    """Return the different values as they are spelled, in order, and for each value its place among them."""
    spellings = {value: spelled(value) for value in set(values)}
    names = sorted(set(spellings.values()))
    places = {value: names.index(name) for value, name in spellings.items()}
    return names, np.array([places[value] for value in values])


def late_shares(values: np.ndarray, late: np.ndarray, smoothing: float) -> dict[str, float]:
    """Return the late share of each value, drawn towards the overall share as if by *smoothing* more rows."""
    names, place = codes(values)
    flights, lates = np.bincount(place), np.bincount(place, weights=late)
    shares = (lates + smoothing * late.mean()) / (flights + smoothing)
    return dict(zip(names, shares.tolist(), strict=True))


def matrix(rows: Rows, shares: Mapping[str, Mapping[str, float]]) -> np.ndarray:
    """Return the features, shape (rows, texts and numbers); what is missing or unknown is NaN."""
    texts = [look_up(rows[name], shares[name], np.nan) for name in TEXTS]
    return np.column_stack([*texts, *(numbers(rows[name]) for name in NUMBERS)])
