"""What is planted: breakages, each in a share of the rows; and honest upgrades. All fixed before anything was tried."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

Columns = dict[str, np.ndarray]
SHARES = (0.25, 0.5, 1.0)
OTHER_UNIT = 1.609  # kilometres in a mile


@dataclass(frozen=True)
class Plant:
    """A breakage of one column in a share of the rows; `serving`: of what is predicted alone, not of the training."""

    kind: str
    column: str
    share: float
    serving: bool = False

    def broken(self, columns: Columns, seed: int) -> Columns:
        """Return *columns* with this breakage."""
        draw = np.random.default_rng(seed)
        values = columns[self.column]
        hit = draw.random(len(values)) < self.share
        return {**columns, self.column: np.where(hit, self._wrong(values, draw), values)}

    def _wrong(self, values: np.ndarray, draw: np.random.Generator) -> np.ndarray:
        if self.kind == "shifted unit":
            return values * OTHER_UNIT
        if self.kind == "stale join":
            return values[draw.permutation(len(values))]
        if self.kind == "swapped categories":
            names, codes = np.unique(values, return_inverse=True)
            return np.roll(names, 1)[codes]
        return np.full(len(values), np.nan) if values.dtype.kind == "f" else np.full(len(values), "", values.dtype)


def plants(numbers: tuple[str, str], category: str) -> list[Plant]:
    """Return every breakage of the study for a table."""
    found = []
    for share in SHARES:
        found += [Plant("lost feature", column, share) for column in (*numbers, category)]
        found += [Plant("shifted unit", column, share) for column in numbers]
        found += [Plant("stale join", column, share) for column in numbers]
        found += [Plant("swapped categories", category, share, serving=True)]
        found += [Plant("lost in serving", column, share, serving=True) for column in (*numbers, category)]
    return found


def without(columns: Columns, names: tuple[str, ...]) -> Columns:
    """Return *columns* without *names*."""
    return {name: values for name, values in columns.items() if name not in names}
