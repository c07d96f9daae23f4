"""How long one prediction takes: single rows, one after another, through the model's worker on this machine."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.declare.form import seconds
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.build.data.table import Floats, Table
    from roadworthy.declare.requirements import Latency

_ASKED = 200
_WARM_UP = 5


def measure(predict: Callable[[Table], Table], rows: Table) -> Floats:
    """Return the milliseconds of up to 200 predictions of one row each, after a few that warm up.

    Raises:
        ModelError: The model does not answer as it declares.
    """
    chosen = np.linspace(0, len(rows) - 1, min(_ASKED, len(rows))).astype(np.int64)
    singles = [rows.take(chosen[place : place + 1]) for place in range(len(chosen))]
    for single in singles[:_WARM_UP]:
        predict(single)
    taken = []
    for single in singles:
        began = time.perf_counter()
        predict(single)
        taken.append(1000 * (time.perf_counter() - began))
    return np.array(taken)


def checks(rule: Latency, taken: Floats) -> tuple[Check, ...]:
    """Return a check for each declared quantile."""
    found = []
    for name, quantile, limit in (("p50", 0.5, rule.p50), ("p99", 0.99, rule.p99)):
        if limit is None:
            continue
        value, most = float(np.quantile(taken, quantile)), 1000 * seconds(limit)
        summary = f"{value:.1f} ms for one row on this machine, the gateway left out; at most {limit} is asked."
        facts = {"milliseconds": value, "limit": most, "predictions": len(taken)}
        found.append(Check("evaluation", f"latency {name}", "passed" if value <= most else "failed", summary, facts))
    return tuple(found)
