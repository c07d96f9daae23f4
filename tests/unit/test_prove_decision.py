"""The declared decision, applied."""

from __future__ import annotations

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.declare.requirements import Decision
from roadworthy.prove.evaluate.decision import Rule, cutoff, describe, flag, rule, within

scores = st.lists(st.integers(0, 10).map(float), min_size=1, max_size=60).map(np.array)
shares = st.floats(0.01, 1.0)


@given(scores, shares)
def test_flag_top_flags_exactly_the_share(score: np.ndarray[tuple[int], np.dtype[np.float64]], share: float) -> None:
    """However many scores are equal, the declared share of the rows is flagged, and none below the others."""
    flagged = flag(score, Rule(share=share))

    assert flagged.sum() == min(len(score), max(1, round(share * len(score))))
    assert not (~flagged).any() or score[flagged].min() >= score[~flagged].max()


@given(scores, shares)
def test_flagging_depends_on_the_order_of_scores_alone(
    score: np.ndarray[tuple[int], np.dtype[np.float64]], share: float
) -> None:
    """Two models that rank rows alike flag the same ones, also among equal scores."""
    assert (flag(score, Rule(share=share)) == flag(score**3 + 1, Rule(share=share))).all()


def test_equal_scores_are_not_flagged_by_their_place() -> None:
    """Where all scores are equal, the flagged rows are spread over the table, not its first ones."""
    flagged = flag(np.zeros(1000), Rule(share=0.1))

    assert 20 < flagged[:500].sum() < 80


def test_decisions_in_words_and_numbers() -> None:
    """Every form of a decision becomes a rule, and can be told."""
    assert rule(Decision(flag_top=0.15)) == Rule(share=0.15)
    assert rule(Decision(threshold=0.3)) == Rule(cutoff=0.3)
    assert rule(Decision(costs={"miss": 4.0, "false_alarm": 1.0})) == Rule(cutoff=0.2)
    assert rule(None) == Rule(cutoff=0.5)
    assert describe(Decision(flag_top=0.15)) == "flag the top 15 %"
    assert describe(Decision(threshold=0.3)) == "flag from 0.3 on"
    assert describe(Decision(tolerance=0.1)) == "right within 10 % of the truth"


def test_cutoff_and_tolerance() -> None:
    """The cutoff is the lowest flagged score; a tolerance is a share of the truth."""
    score = np.array([0.1, 0.9, 0.4])

    assert cutoff(score, score >= 0.4) == 0.4
    assert cutoff(score, score > 1) is None
    assert within(np.array([9.0, 8.0]), np.array([10.0, 10.0]), 0.1).tolist() == [True, False]
