"""What each threshold would do: whom it flags, whom it misses, and what that costs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.prove.details import Cut
    from roadworthy.prove.evaluate.scored import Scored

_CUTS = 50


def curve(scored: Scored, costs: Mapping[str, float] | None) -> list[Cut]:
    """Return what flagging from each of up to 50 cutoffs on does, the lowest cutoff first.

    Args:
        scored: Answers of a binary classification.
        costs: `miss` and `false_alarm`; what is not named costs 1, as in the decision. None: nothing has a cost.
    """
    rows = len(scored)
    if not rows:
        return []
    order = np.argsort(scored.score, kind="stable")
    score, truth = scored.score[order], scored.truth[order]
    cutoffs = np.unique(score[np.linspace(0, rows - 1, min(_CUTS, rows)).astype(np.int64)])
    first = np.searchsorted(score, cutoffs, side="left")
    positives = float(truth.sum())
    hits = positives - np.concatenate(([0.0], np.cumsum(truth)))[first]
    return [
        _cut(float(cutoff), (int(rows - at), float(hit)), (rows, positives), costs)
        for cutoff, at, hit in zip(cutoffs, first, hits, strict=True)
    ]


def _cut(cutoff: float, taken: tuple[int, float], whole: tuple[int, float], costs: Mapping[str, float] | None) -> Cut:
    (flagged, hits), (rows, positives) = taken, whole
    alarms, misses = flagged - hits, positives - hits
    cost = None
    if costs is not None:
        cost = (costs.get("false_alarm", 1.0) * alarms + costs.get("miss", 1.0) * misses) / rows
    return {
        "cutoff": cutoff,
        "flagged": flagged / rows,
        "precision": hits / flagged if flagged else None,
        "recall": hits / positives if positives else None,
        "false_alarms": alarms / (rows - positives) if rows > positives else None,
        "cost": cost,
    }
