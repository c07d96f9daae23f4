"""A change that only takes away: recognised as such, and asked not to be worse."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from roadworthy.prove.review.comparison import Complexity, Count, Gate, Lines, MetricRow, Rival, Versus
from roadworthy.prove.review.complexity.removal import gates, is_removal

if TYPE_CHECKING:
    from roadworthy.prove.measures import Interval

PRODUCTION = Rival(("production",), "production v1.0.0", "production v1.0.0")
BETTER = Gate("Evaluation", "roc_auc better than production", "failed", "+0.001 (-0.002 to 0.004).")
GONE = Complexity(counts=(Count("features", 3, 2, removed=("weekday",)),), lines=(Lines("code", 1, 9),))


def row(low: float, high: float, better: str = "higher") -> MetricRow:
    """Return the primary metric, with its difference from production's."""
    difference: Interval = {"value": (low + high) / 2, "low": low, "high": high}
    versus = Versus({"value": 0.7, "low": 0.69, "high": 0.71}, difference, "unclear")
    return MetricRow("roc_auc", "lower" if better == "lower" else "higher", True, None, (versus,))  # noqa: FBT003


def test_a_removal_takes_away_and_adds_nothing() -> None:
    """Whoever adds a stage or more code than goes is no remover; nor is who takes nothing away."""
    assert is_removal(GONE)
    assert not is_removal(Complexity(counts=(*GONE.counts, Count("stages", 1, 2, added=("more",)))))
    assert not is_removal(Complexity(counts=GONE.counts, lines=(Lines("code", 9, 1),)))
    assert not is_removal(Complexity())


@pytest.mark.parametrize(
    ("metric", "verdicts"),
    [
        (row(-0.004, 0.003), ["passed", "passed"]),
        (row(-0.02, 0.03), ["failed", "failed"]),
        (row(-0.02, 0.006, "lower"), ["passed", "passed"]),
        (row(-0.02, 0.02, "lower"), ["failed", "failed"]),
    ],
)
def test_a_removal_is_held_to_be_no_worse_instead_of_better(metric: MetricRow, verdicts: list[str]) -> None:
    """It passes where the loss is surely under one in a hundred, and then need not be better than production."""
    found = gates((BETTER,), GONE, (metric,), (PRODUCTION,))

    assert [gate.verdict for gate in found] == verdicts


def test_other_changes_are_still_asked_to_be_better() -> None:
    """The gates of a change that is no removal stay; what cannot be compared is not run, with the reason."""
    (kept, unknown) = gates((BETTER,), GONE, (row(0, 0),), ())

    assert gates((BETTER,), Complexity(), (row(-0.004, 0.003),), (PRODUCTION,)) == (BETTER,)
    assert (kept, unknown.verdict, unknown.reason) == (BETTER, "not_run", "Nothing is there to hold it against.")
