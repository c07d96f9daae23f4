"""How long one prediction takes: single rows, one after another, through the model's worker on this machine.

Each row is asked several times and the quickest answer counts: what else the machine does meanwhile is not the model's
doing, and only ever slows it down. What differs between rows is the model's, and stays.
"""

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

_ASKED = 60  # rows
_TIMES = 4  # each


def measure(predict: Callable[[Table], Table], rows: Table) -> Floats:
    """Return the milliseconds that each of up to 60 rows takes by itself, at the quickest of four times.

    Raises:
        ModelError: The model does not answer as it declares.
    """
    chosen = np.linspace(0, len(rows) - 1, min(_ASKED, len(rows))).astype(np.int64)
    singles = [rows.take(chosen[place : place + 1]) for place in range(len(chosen))]
    taken = np.array([[_time(predict, single) for single in singles] for _ in range(_TIMES)])
    quickest: Floats = taken.min(axis=0)
    return quickest


def _time(predict: Callable[[Table], Table], single: Table) -> float:
    began = time.perf_counter()
    predict(single)
    return 1000 * (time.perf_counter() - began)


def checks(rule: Latency, taken: Floats) -> tuple[Check, ...]:
    """Return a check for each declared quantile."""
    found = []
    for name, quantile, limit in (("p50", 0.5, rule.p50), ("p99", 0.99, rule.p99)):
        if limit is None:
            continue
        value, most = float(np.quantile(taken, quantile)), 1000 * seconds(limit)
        summary = f"{value:.1f} ms for one row on this machine, the gateway left out; at most {limit} is asked."
        facts = {"milliseconds": value, "limit": most, "rows": len(taken)}
        found.append(Check("evaluation", f"latency {name}", "passed" if value <= most else "failed", summary, facts))
    return tuple(found)
