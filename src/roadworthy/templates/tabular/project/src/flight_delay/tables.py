"""Read tables as columns: a column is a numpy array, and a missing number is NaN."""

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import duckdb
import numpy as np

Rows = Mapping[str, Any]  # what both a dictionary of arrays and a pandas frame offer: rows["hour"]


def read(path: Path) -> Rows:
    """Return the columns of a Parquet file."""
    with duckdb.connect() as db:
        columns = db.read_parquet(str(path)).fetchnumpy()
    return {name: _without_mask(values) for name, values in columns.items()}


def _without_mask(values: np.ndarray) -> np.ndarray:
    if not isinstance(values, np.ma.MaskedArray):
        return values
    if values.dtype.kind in "iuf":
        return values.astype(float).filled(np.nan)
    return values.filled(None) if values.dtype.kind == "O" else values.data
