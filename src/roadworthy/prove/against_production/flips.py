"""Rows on which two models differ in being right: what the candidate breaks, and what it mends."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from roadworthy.build.data.table import Bools, Floats
    from roadworthy.prove.evaluate.scored import Scored


@dataclass(frozen=True, slots=True)
class Flips:
    """Which rows flip, each of shape (n,): `negative` where production is right and the candidate wrong."""

    negative: Bools
    positive: Bools

    @property
    def ratio(self) -> float | None:
        """Negative flips for each positive one; None without positive flips."""
        mended = int(self.positive.sum())
        return int(self.negative.sum()) / mended if mended else None


def flips(production: Scored, candidate: Scored) -> Flips:
    """Return the flips from *production* to *candidate*, two models' answers on the same rows.

    Source:
        Yan et al. (2021), "Positive-Congruent Training: Towards Regression-Free Model Updates": negative flips.
    """
    return Flips(production.right & ~candidate.right, ~production.right & candidate.right)


def furthest(which: Bools, production: Floats, candidate: Floats, most: int) -> list[int]:
    """Return up to *most* of the rows *which*, those first whose score moved furthest."""
    rows = np.flatnonzero(which)
    moved = np.abs(candidate[rows] - production[rows])
    return [int(row) for row in rows[np.argsort(-moved, kind="stable")][:most]]
