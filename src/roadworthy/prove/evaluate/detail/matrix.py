"""Which class is taken for which."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from roadworthy.prove.details import Matrix
    from roadworthy.prove.evaluate.scored import Scored

MOST = 20  # classes that stand by themselves
REST = "all others"


def matrix(scored: Scored) -> Matrix:
    """Return the rows by truth and decision; classes are in the order of their names, what is beyond 20 is merged."""
    truth, decided = scored.truth.astype(np.int64), scored.decided.astype(np.int64)
    count = len(scored.names)
    rows = np.bincount(truth, minlength=count) + np.bincount(decided, minlength=count)
    there = np.flatnonzero(rows)
    shown = np.sort(there[np.argsort(-rows[there], kind="stable")][: len(there) if len(there) <= MOST else MOST - 1])
    merged = len(there) - len(shown)
    place = np.full(count, len(shown))
    place[shown] = np.arange(len(shown))
    names = [scored.names[code] for code in shown] + ([REST] if merged else [])
    cells = np.zeros((len(names), len(names)), dtype=np.int64)
    np.add.at(cells, (place[truth], place[decided]), 1)
    return {"classes": names, "counts": cells.tolist(), "merged": merged}
