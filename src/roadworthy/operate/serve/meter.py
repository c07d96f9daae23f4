"""What the service counts of itself, as Prometheus reads it."""

from __future__ import annotations

import bisect
import math
from collections import Counter
from typing import TYPE_CHECKING

from roadworthy.operate.serve.guard import Answer

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.operate.serve.batch import Outcome

_BOUNDS = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, math.inf)


class Meter:
    """Counts requests and rows. For the event loop's thread alone."""

    def __init__(self) -> None:
        self._requests: Counter[tuple[str, int]] = Counter()
        self._rows: Counter[tuple[str, str]] = Counter()
        self._latency = [0] * len(_BOUNDS)
        self._seconds = 0.0

    def request(self, route: str, status: int) -> None:
        """Count a request and its status."""
        self._requests[route, status] += 1

    def outcome(self, version: str, rows: int, outcome: Outcome, seconds: float) -> None:
        """Count the rows of a request by their verdict, and how long it took."""
        if isinstance(outcome, Answer):
            for verdict in outcome.verdicts:
                self._rows[version, verdict] += 1
        else:
            self._rows[version, "failed"] += rows
        self._latency[bisect.bisect_left(_BOUNDS, seconds)] += 1
        self._seconds += seconds

    def render(self, gauges: Mapping[str, float], version: str) -> str:
        """Return all counts in Prometheus' text format, and *gauges* as they are now."""
        requests = [
            f'{{route="{route}",status="{status}"}} {n}' for (route, status), n in sorted(self._requests.items())
        ]
        rows = [f'{{version="{of}",verdict="{verdict}"}} {n}' for (of, verdict), n in sorted(self._rows.items())]
        return "".join(
            [
                _family("requests_total", "counter", "Requests by their answer's status.", requests),
                _family("predictions_total", "counter", "Rows by what the guard did with them.", rows),
                _family(
                    "prediction_seconds", "histogram", "From a request's arrival to its answer.", self._histogram()
                ),
                _family("version_info", "gauge", "The version that answers.", [f'{{version="{version}"}} 1']),
                *(
                    _family(name, "gauge", name.replace("_", " ").capitalize() + ".", [f" {value:g}"])
                    for name, value in gauges.items()
                ),
            ]
        )

    def _histogram(self) -> list[str]:
        lines, so_far = [], 0
        for bound, count in zip(_BOUNDS, self._latency, strict=True):
            so_far += count
            lines.append(f'_bucket{{le="{"+Inf" if math.isinf(bound) else bound}"}} {so_far}')
        return [*lines, f"_sum {self._seconds:.6f}", f"_count {so_far}"]


def _family(name: str, kind: str, told: str, lines: list[str]) -> str:
    head = f"# HELP roadworthy_{name} {told}\n# TYPE roadworthy_{name} {kind}\n"
    return head + "".join(f"roadworthy_{name}{line}\n" for line in lines)
