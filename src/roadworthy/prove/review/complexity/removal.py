"""A change that only takes away is asked not to make things worse, where others are asked to make them better."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from roadworthy.prove.review.comparison import Gate

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.prove.review.comparison import Complexity, MetricRow, Rival

SECTION, NAME = "Complexity", "no worse for what is taken away"
_MARGIN = 0.01  # of the rival's value: what simplicity may cost at the most


def is_removal(complexity: Complexity) -> bool:
    """Whether a change takes features, stages, dependencies or parameters away and adds none, nor lines of code."""
    gone = any(count.removed for count in complexity.counts)
    come = any(count.added for count in complexity.counts)
    code = sum(lines.added - lines.removed for lines in complexity.lines if lines.kind == "code")
    return gone and not come and code <= 0


def gates(
    found: Sequence[Gate], complexity: Complexity, metrics: Sequence[MetricRow], rivals: Sequence[Rival]
) -> tuple[Gate, ...]:
    """Return *found*, for a removal with the gate of non-inferiority in the place of a demand to be better.

    It is held against production, or against the base before there is one; the demand to be better than the baseline
    stays. It passes when the primary metric's interval lies above a loss of one in a hundred.

    Source:
        Piaggio et al. (2012), "Reporting of Noninferiority and Equivalence Randomized Trials".
    """
    if not is_removal(complexity):
        return tuple(found)
    at = next((place for role in ("production", "base") for place, one in enumerate(rivals) if role in one.roles), None)
    primary = next((row for row in metrics if row.primary), None)
    if at is None or primary is None:
        why = "Nothing is there to hold it against." if at is None else "No primary metric is declared."
        return (*found, Gate(SECTION, NAME, "not_run", why))
    gate = _gate(primary, at, rivals[at].title)
    if gate.verdict != "passed":
        return (*found, gate)
    return (*(_instead(one, primary.name) for one in found), gate)


def _gate(primary: MetricRow, at: int, title: str) -> Gate:
    value, difference = primary.versus[at].value, primary.versus[at].difference
    low = None if difference is None else difference["low"]
    high = None if difference is None else difference["high"]
    if value is None or value["value"] is None or low is None or high is None:
        return Gate(SECTION, NAME, "not_run", f"{primary.name} was not held against {title} row by row.")
    margin = _MARGIN * abs(value["value"])
    worst = low if primary.better == "higher" else -high
    said = (
        f"{primary.name} is worse than that of {title} by {max(-worst, 0.0):.4f} at the most; {margin:.4f} is allowed."
    )
    return Gate(SECTION, NAME, "passed" if worst >= -margin else "failed", said)


def _instead(gate: Gate, metric: str) -> Gate:
    """Return *gate*, passed when it is the demand that the primary metric be better than production's."""
    if gate.verdict == "failed" and gate.name == f"{metric} better than production":
        return replace(gate, verdict="passed", reason=f"A removal need not be better. {gate.reason}")
    return gate
