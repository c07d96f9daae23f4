"""Whether stated chances come true: bins of scores, and how often the positive class came in each."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from roadworthy.build.data.table import Floats, Integers
    from roadworthy.prove.measures import CalibrationBin

BINS = 10
_NORMAL_95 = 1.959963984540054


def bin_of(chance: Floats) -> Integers:
    """Return the bin of each stated chance: ten of equal width over [0, 1], the last one closed."""
    return np.clip((chance * BINS).astype(np.int64), 0, BINS - 1)


def wilson(hits: float, rows: float) -> tuple[float, float]:
    """Return the 95 % interval of a share of *hits* in *rows*; (0, 1) of no rows.

    Source:
        Wilson (1927), "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    if rows <= 0:
        return 0.0, 1.0
    square = _NORMAL_95**2
    share = hits / rows
    centre = (share + square / (2 * rows)) / (1 + square / rows)
    half = _NORMAL_95 / (1 + square / rows) * np.sqrt(share * (1 - share) / rows + square / (4 * rows**2))
    return max(0.0, float(centre - half)), min(1.0, float(centre + half))


def curve(chance: Floats, came: Floats) -> list[CalibrationBin]:
    """Return what was stated and what was observed in each bin that has rows.

    Args:
        chance: Shape (n,). The stated chance, in [0, 1].
        came: Shape (n,). Whether it came true: 0 or 1.
    """
    bins = bin_of(chance)
    rows = np.bincount(bins, minlength=BINS)
    stated = np.bincount(bins, weights=chance, minlength=BINS)
    hits = np.bincount(bins, weights=came, minlength=BINS)
    points: list[CalibrationBin] = []
    for number in np.flatnonzero(rows):
        low, high = wilson(float(hits[number]), float(rows[number]))
        points.append(
            {
                "low": int(number) / BINS,
                "high": (int(number) + 1) / BINS,
                "rows": int(rows[number]),
                "stated": float(stated[number] / rows[number]),
                "observed": float(hits[number] / rows[number]),
                "observed_low": low,
                "observed_high": high,
            }
        )
    return points
