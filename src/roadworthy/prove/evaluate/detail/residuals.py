"""By how much predicted numbers miss the truth, from the lowest prediction to the highest."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from roadworthy.prove.details import Remainder
    from roadworthy.prove.evaluate.scored import Scored

_PARTS = 10
_NORMAL_95 = 1.959963984540054


def residuals(scored: Scored) -> list[Remainder]:
    """Return the truth minus the prediction in each tenth of the rows, by rising prediction; equal ones stay together.

    Source:
        The interval of a mean: the normal approximation, mean ± 1.96 · standard deviation / √rows.
    """
    if not len(scored):
        return []
    order = np.argsort(scored.score, kind="stable")
    rising = scored.score[order]
    cuts = np.unique(np.searchsorted(rising, rising[np.linspace(0, len(rising), _PARTS + 1).astype(np.int64)[1:-1]]))
    found: list[Remainder] = []
    for part in np.split(order, cuts[cuts > 0]):
        left = scored.truth[part] - scored.score[part]
        mean = float(left.mean())
        half = _NORMAL_95 * float(left.std(ddof=1)) / len(part) ** 0.5 if len(part) > 1 else 0.0
        tenth, ninetieth = (float(bound) for bound in np.quantile(left, (0.1, 0.9)))
        found.append(
            {
                "low": float(scored.score[part[0]]),
                "high": float(scored.score[part[-1]]),
                "rows": len(part),
                "mean": mean,
                "mean_low": mean - half,
                "mean_high": mean + half,
                "tenth": tenth,
                "ninetieth": ninetieth,
            }
        )
    return found
