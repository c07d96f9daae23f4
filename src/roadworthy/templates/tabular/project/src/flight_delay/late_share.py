"""The baseline: how often flights of this carrier were late at this hour. Simple, quick, and hard to beat by luck."""

from typing import Any

import numpy as np

from flight_delay.encode import codes, look_up, numbers
from flight_delay.tables import Rows

HOURS = 24


class LateShare:
    """Looks the share up; an unknown carrier gets its hour's, an unknown hour the overall share."""

    def __init__(self, learned: dict[str, Any]) -> None:
        carriers = learned["carriers"]
        self.lines = {name: line for line, name in enumerate(carriers)}
        self.shares = np.array([*carriers.values(), learned["hours"]])
        self.overall = learned["overall"]

    def probability(self, rows: Rows) -> np.ndarray:
        """Return the chance that each flight is late."""
        line = look_up(rows["carrier"], self.lines, len(self.lines)).astype(int)
        hour = numbers(rows["hour"])
        known = (hour >= 0) & (hour < HOURS)
        return np.where(known, self.shares[line, np.where(known, hour, 0).astype(int)], self.overall)

    @staticmethod
    def fit(rows: Rows, parameters: dict[str, Any], seed: int) -> dict[str, Any]:
        """Count; nothing in it is random, whatever the *seed*."""
        del seed
        late, hour = np.asarray(rows["late"], dtype=float), np.asarray(rows["hour"], dtype=int)
        names, carrier = codes(rows["carrier"])
        overall, smoothing = float(late.mean()), parameters["smoothing"]
        by_hour = _shares(hour, late, np.full(HOURS, overall), smoothing)
        by_both = _shares(carrier * HOURS + hour, late, np.tile(by_hour, len(names)), smoothing)
        return {
            "overall": overall,
            "hours": by_hour.tolist(),
            "carriers": dict(zip(names, by_both.reshape(-1, HOURS).tolist(), strict=True)),
        }


def _shares(place: np.ndarray, late: np.ndarray, towards: np.ndarray, smoothing: float) -> np.ndarray:
    flights = np.bincount(place, minlength=len(towards))
    lates = np.bincount(place, weights=late, minlength=len(towards))
    return (lates + smoothing * towards) / (flights + smoothing)
