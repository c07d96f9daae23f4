"""What is done with a score: the declared decision, applied to a model's answers, and whether it was right."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from roadworthy.build.data.table import Bools, Floats
    from roadworthy.declare.requirements import Decision

_TIES = 2013  # seeds the order in which equal scores are flagged: the same for every model
_EVEN = 0.5


@dataclass(frozen=True, slots=True)
class Rule:
    """A decision about numbers: flag the best-scored share, or all from a cutoff on; one of the two is set."""

    share: float | None = None
    cutoff: float | None = None


def rule(decision: Decision | None) -> Rule:
    """Return what *decision* does to a stated chance; without one, what is likelier than not is flagged.

    Source:
        Costs: Elkan (2001), "The Foundations of Cost-Sensitive Learning": flag from
        false_alarm / (false_alarm + miss) on.
    """
    if decision is None:
        return Rule(cutoff=_EVEN)
    if decision.flag_top is not None:
        return Rule(share=decision.flag_top)
    if decision.costs is not None:
        alarm, miss = decision.costs.get("false_alarm", 1.0), decision.costs.get("miss", 1.0)
        return Rule(cutoff=alarm / (alarm + miss))
    return Rule(cutoff=_EVEN if decision.threshold is None else decision.threshold)


def describe(decision: Decision | None) -> str:
    """Return *decision* in words."""
    match decision:
        case None:
            return "flag what is likelier than not"
        case _ if decision.flag_top is not None:
            return f"flag the top {100 * (decision.flag_top or 0.0):.3g} %"
        case _ if decision.costs is not None:
            return f"flag from {rule(decision).cutoff:.3g} on (by the declared costs)"
        case _ if decision.tolerance is not None:
            return f"right within {100 * decision.tolerance:.3g} % of the truth"
        case _:
            return f"flag from {rule(decision).cutoff:.3g} on"


def flag(score: Floats, how: Rule) -> Bools:
    """Return which rows are flagged.

    Args:
        score: Shape (n,), finite.
        how: The share of rows to flag, or the score from which on rows are flagged.

    Returns:
        Shape (n,). For a share, exactly round(share · n) rows, at least one; among equal scores, rows are taken in a
        fixed shuffled order that is the same for every model, so that two models that agree flag the same rows.
    """
    if how.share is None:
        return score >= (_EVEN if how.cutoff is None else how.cutoff)
    flagged = np.zeros(len(score), dtype=np.bool_)
    if len(score) == 0:
        return flagged
    count = min(len(score), max(1, round(how.share * len(score))))
    shuffled = np.random.default_rng(_TIES).permutation(len(score))
    best = np.argsort(-score[shuffled], kind="stable")[:count]
    flagged[shuffled[best]] = True
    return flagged


def cutoff(score: Floats, flagged: Bools) -> float | None:
    """Return the lowest score that was flagged; None when none was."""
    return float(score[flagged].min()) if flagged.any() else None


def within(prediction: Floats, truth: Floats, tolerance: float) -> Bools:
    """Return which predictions lie within *tolerance* (a share of the truth's size) of the truth."""
    return np.abs(prediction - truth) <= tolerance * np.abs(truth)
