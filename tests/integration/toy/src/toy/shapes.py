"""Models that answer in every shape a data frame can take: the artifact is a file that names which."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd

if TYPE_CHECKING:
    from collections.abc import Callable


def chance(rows: pd.DataFrame) -> pd.Series:
    """Return a chance that grows with the wind."""
    return rows["wind"].fillna(0) / 100


SHAPES: dict[str, Callable[[pd.DataFrame], Any]] = {
    "frame": lambda rows: pd.DataFrame({"probability": chance(rows)}),
    "series": lambda rows: chance(rows).rename("probability"),
    "nullable": lambda rows: pd.DataFrame({"probability": chance(rows).astype("Float64")}),
    "float32": lambda rows: pd.DataFrame({"probability": chance(rows).astype("float32")}),
    "array": lambda rows: chance(rows).to_numpy(),
    "matrix": lambda rows: chance(rows).to_numpy().reshape(-1, 1),
    "objects": lambda rows: pd.DataFrame({"probability": chance(rows).astype(object)}),
    "own index": lambda rows: pd.DataFrame({"probability": chance(rows)}).set_index(rows["carrier"]),
    "sorted": lambda rows: pd.DataFrame({"probability": chance(rows)}).sort_values("probability"),
    "reversed": lambda rows: pd.DataFrame({"probability": chance(rows)})[::-1],
    "missing": lambda rows: pd.DataFrame({"probability": chance(rows).astype("Float64").mask(rows["wind"] > 50)}),
    "twice": lambda rows: pd.concat([chance(rows).rename("probability")] * 2, axis=1),
    "cube": lambda rows: np.zeros((len(rows), 1, 1)),
}


class Model:
    """What `load` returns."""

    def __init__(self, shape: str) -> None:
        self.predict = SHAPES[shape]


def load(path: str) -> Model:
    """Return the model whose shape the file *path* names."""
    return Model(Path(path).read_text(encoding="utf-8"))
