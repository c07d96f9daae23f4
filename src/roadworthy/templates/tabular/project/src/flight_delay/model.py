"""The artifact: one JSON file with all that was learned, the feature transform included."""

import json
from pathlib import Path
from typing import Any

import pandas as pd

from flight_delay.learners import LEARNERS


class DelayModel:
    """Predicts from what a caller sends: the declared inputs, whatever their spelling, with gaps or without."""

    def __init__(self, learner: str, learned: dict[str, Any]) -> None:
        self.learner = LEARNERS[learner](learned)

    def predict(self, rows: pd.DataFrame) -> pd.DataFrame:
        """Return the chance, in [0, 1], that each flight arrives late."""
        return pd.DataFrame({"probability": self.learner.probability(rows)}, index=rows.index)


def load(path: str | Path) -> DelayModel:
    """Return the model kept at *path*."""
    return DelayModel(**json.loads(Path(path).read_text(encoding="utf-8")))
