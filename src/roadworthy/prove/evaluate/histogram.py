"""How the models' scores are distributed, in the same bins for all of them."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.build.data.table import Floats
    from roadworthy.prove.measures import Histogram

_BINS = 40


def histogram(scores: Mapping[str, Floats]) -> Histogram | None:
    """Return the counts of each role's scores in 40 bins over the range of all of them; None without scores."""
    every = [score for score in scores.values() if len(score)]
    if not every:
        return None
    low, high = min(float(score.min()) for score in every), max(float(score.max()) for score in every)
    edges = np.linspace(low, high if high > low else low + 1.0, _BINS + 1)
    counts = {role: np.histogram(score, bins=edges)[0].tolist() for role, score in scores.items()}
    return {"edges": edges.tolist(), "counts": counts}
