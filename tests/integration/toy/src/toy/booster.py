"""A booster that is pickled by the scikit-learn of its own Python environment, and loads in no other."""

from __future__ import annotations

import pickle
import sys
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import sklearn
from sklearn.ensemble import HistGradientBoostingClassifier


class Booster:
    """What `load` returns."""

    def __init__(self, booster: Any) -> None:
        self._booster = booster

    def predict(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the chance, and by which numpy and scikit-learn it was computed."""
        features = rows.assign(carrier=rows["carrier"] == "UA").astype(float).to_numpy()
        return pd.DataFrame(
            {
                "probability": self._booster.predict_proba(features)[:, 1],
                "computed_by": f"numpy {np.__version__.split('.')[0]}, scikit-learn {sklearn.__version__[:3]}",
            }
        )


def load(path: str) -> Booster:
    """Return the booster in *path*."""
    made_by, booster = pickle.loads(Path(path).read_bytes())  # noqa: S301 - the test's own
    if made_by != sklearn.__version__:
        raise RuntimeError(f"made by scikit-learn {made_by}, not {sklearn.__version__}")
    return Booster(booster)


def train(path: str) -> None:
    """Write a booster that says late when the wind blows."""
    wind = np.linspace(0, 60, 400)
    features = np.column_stack([np.arange(400) % 2, wind])
    booster = HistGradientBoostingClassifier(max_iter=5, random_state=1).fit(features, wind > 30)
    Path(path).write_bytes(pickle.dumps((sklearn.__version__, booster)))


if __name__ == "__main__":
    train(sys.argv[1])
