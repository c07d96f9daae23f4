"""The model: scikit-learn's histogram boosting, with the directions that are known, calibrated on the newest rows."""

from typing import Any

import numpy as np

from flight_delay.encode import NUMBERS, TEXTS, late_shares, matrix
from flight_delay.tables import Rows
from flight_delay.trees import Trees, export

# More wind, more rain and less sight never make a flight safer.
DIRECTIONS = {"wind_speed": 1, "precip": 1, "visibility": -1}
NEWEST = 0.25  # the share of rows, newest by schedule, on which the probabilities are calibrated


class Boosting:
    """Encodes, asks the trees, and turns their score into a chance."""

    def __init__(self, learned: dict[str, Any]) -> None:
        self.shares = learned["shares"]
        self.trees = Trees(learned["trees"])
        self.slope, self.intercept = learned["slope"], learned["intercept"]

    def score(self, rows: Rows) -> np.ndarray:
        """Return the log-odds before calibration."""
        return self.trees.score(matrix(rows, self.shares))

    def probability(self, rows: Rows) -> np.ndarray:
        """Return the calibrated chance that each flight is late."""
        return 1 / (1 + np.exp(-(self.slope * self.score(rows) + self.intercept)))

    @staticmethod
    def fit(rows: Rows, parameters: dict[str, Any], seed: int) -> dict[str, Any]:
        """Learn from all rows; calibrate on the newest a twin that has not seen them."""
        scheduled = np.asarray(rows["scheduled"]).astype("datetime64[us]").astype("int64")
        newest = scheduled >= np.quantile(scheduled, 1 - NEWEST)
        twin, held_out = _fit(_take(rows, ~newest), parameters, seed), _take(rows, newest)
        calibration = _calibrate(Boosting({**twin, "slope": 1, "intercept": 0}).score(held_out), held_out["late"])
        return {**_fit(rows, parameters, seed), **calibration}


def _take(rows: Rows, chosen: np.ndarray) -> Rows:
    return {name: np.asarray(values)[chosen] for name, values in rows.items()}


def _fit(rows: Rows, parameters: dict[str, Any], seed: int) -> dict[str, Any]:
    from sklearn.ensemble import HistGradientBoostingClassifier  # here: the baseline and serving need not wait for it
    from threadpoolctl import threadpool_limits

    late = np.asarray(rows["late"], dtype=float)
    shares = {name: late_shares(rows[name], late, parameters["smoothing"]) for name in TEXTS}
    features = matrix(rows, shares)
    features[:, np.isnan(features).all(axis=0)] = 0  # where nothing is known, nothing can be learned
    booster = HistGradientBoostingClassifier(
        learning_rate=parameters["learning_rate"],
        max_iter=parameters["trees"],
        max_depth=parameters["depth"],
        max_leaf_nodes=None,
        min_samples_leaf=parameters["rows_per_leaf"],
        max_features=parameters["features_per_split"],
        monotonic_cst=[DIRECTIONS.get(name, 0) for name in (*TEXTS, *NUMBERS)],
        early_stopping=False,
        random_state=seed,
    )
    with threadpool_limits(1):  # a sum of floats depends on how it is shared out: one thread, one answer
        booster.fit(features, late)
    trees = export(booster, parameters["depth"])
    some = features[::20]
    np.testing.assert_allclose(Trees(trees).score(some), booster.decision_function(some), atol=1e-9)
    return {"shares": shares, "trees": trees}


def _calibrate(scores: np.ndarray, late: np.ndarray) -> dict[str, float]:
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    with threadpool_limits(1):
        line = LogisticRegression(C=1e6).fit(scores[:, None], np.asarray(late, dtype=bool))
    return {"slope": float(line.coef_[0, 0]), "intercept": float(line.intercept_[0])}
