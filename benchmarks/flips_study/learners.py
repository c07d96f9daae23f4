"""The learners of the study: a linear model, a forest and a booster, behind one encoding of the inputs."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.linear_model import LogisticRegression, Ridge

from roadworthy.prove.evaluate.decision import Rule, flag, within
from roadworthy.prove.evaluate.scored import Scored

Columns = dict[str, np.ndarray]
LEARNERS = ("linear", "forest", "booster")
FLAG = Rule(share=0.15)
TOLERANCE = 0.15
_RARE = 0.01


@dataclass(frozen=True)
class Fitted:
    """A model with its encoding: numbers standardised (missing: the median), common categories as 0 and 1."""

    model: Any
    task: str
    centres: dict[str, tuple[float, float]]
    kept: dict[str, list[str]]

    def scored(self, columns: Columns, truth: np.ndarray) -> Scored:
        """Return the answers on *columns*, judged by the decision of the task."""
        given = _matrix(columns, self.centres, self.kept)
        if self.task == "binary":
            said = self.model.predict_proba(given)[:, 1]
            flagged = flag(said, FLAG)
            return Scored(said, truth, flagged.astype(float), flagged == (truth == 1.0))
        said = self.model.predict(given).astype(float)
        right = said == truth if self.task == "classes" else within(said, truth, TOLERANCE)
        return Scored(said, truth, said, right)


def fit(learner: str, task: str, columns: Columns, label: np.ndarray, seed: int) -> Fitted:
    """Return *learner* fitted to *columns*."""
    centres = {}
    kept = {}
    for name, values in columns.items():
        if values.dtype.kind == "f":
            known = values[~np.isnan(values)]
            centres[name] = (float(np.median(known)), float(known.std()) or 1.0) if len(known) else (0.0, 1.0)
        else:
            names, counts = np.unique(values, return_counts=True)
            kept[name] = [str(one) for one in names[counts >= _RARE * len(values)]]
    model = _model(learner, task, seed).fit(_matrix(columns, centres, kept), label)
    return Fitted(model, task, centres, kept)


def _matrix(columns: Columns, centres: dict[str, tuple[float, float]], kept: dict[str, list[str]]) -> np.ndarray:
    parts = [
        np.where(np.isnan(columns[name]), 0.0, (columns[name] - middle) / spread)
        for name, (middle, spread) in centres.items()
    ]
    parts += [(columns[name] == one).astype(float) for name, names in kept.items() for one in names]
    return np.stack(parts, axis=1)


def _model(learner: str, task: str, seed: int) -> Any:
    number = task == "number"
    if learner == "linear":
        return Ridge(alpha=1.0) if number else LogisticRegression(max_iter=100, tol=1e-3)
    if learner == "forest":
        forest = RandomForestRegressor if number else RandomForestClassifier
        return forest(n_estimators=30, min_samples_leaf=5, max_features=0.4, random_state=seed, n_jobs=1)
    booster = HistGradientBoostingRegressor if number else HistGradientBoostingClassifier
    return booster(max_iter=40, max_leaf_nodes=15, early_stopping=False, max_features=0.6, random_state=seed)
