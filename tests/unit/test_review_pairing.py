"""Two models on the same rows: paired by key, whatever the order."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np
import pytest

from review_story import better
from review_world import world
from roadworthy.prove.evaluate.metric import metric
from roadworthy.prove.evaluate.scored import Scored
from roadworthy.prove.review.pairing import NotPaired, Paired, grid, moved, pair

if TYPE_CHECKING:
    from roadworthy.declare.requirements import Task
    from roadworthy.prove.review.rows.answers import Answers

TASK: Task = "binary_classification"


def shuffled(answers: Answers) -> Answers:
    """Return the same answers with their rows in another order."""
    order = np.random.default_rng(3).permutation(len(answers.rows))
    one = answers.scored
    scored = Scored(one.score[order], one.truth[order], one.decided[order], one.right[order])
    return replace(answers, rows=answers.rows.take(order), scored=scored)


def test_the_order_of_rows_does_not_matter() -> None:
    """Rows are found by their key: the same models in another order differ by as much."""
    base, head = better().answers
    plain, mixed = pair(base, head, TASK, rows_shown=True), pair(shuffled(base), head, TASK, rows_shown=True)

    assert isinstance(plain, Paired)
    assert plain == mixed


def test_a_difference_is_that_of_the_metrics() -> None:
    """The paired difference is the candidate's metric minus the base's, and lies within its interval."""
    base, head = better().answers
    found = pair(base, head, TASK, rows_shown=True)
    auc = metric("roc_auc", TASK)

    assert isinstance(found, Paired)
    gain = found.differences["roc_auc"]
    assert gain["value"] == pytest.approx(auc.value(head.scored) - auc.value(base.scored))
    assert (gain["low"] or 1.0) < (gain["value"] or 0.0) < (gain["high"] or 0.0)


def test_a_model_does_not_differ_from_itself() -> None:
    """Held against itself, a model breaks nothing, fixes nothing and moves no score."""
    base, _ = better().answers
    found = pair(base, base, TASK, rows_shown=True)

    assert isinstance(found, Paired)
    assert found.measure is not None
    assert (found.measure["negative_count"], found.measure["positive_count"]) == (0, 0)
    assert {(one["low"], one["high"]) for one in found.differences.values()} == {(0.0, 0.0)}
    assert found.grid is not None
    assert all(old == new for old, new, _ in found.grid.cells)


def test_rows_without_a_key_in_common_are_not_paired() -> None:
    """Without a key, with another key, with a key that stands twice, or with no row in common: the reason is told."""
    base, head = better().answers
    few = np.arange(10)
    doubled = replace(base, rows=base.rows.with_column("flight_id", base.rows["carrier"]))
    apart = replace(base, rows=base.rows.take(few), scored=base.scored.take(np.arange(len(base.rows)) < 10))
    others = replace(
        head, rows=head.rows.take(few + 20), scored=head.scored.take((np.arange(len(head.rows)) // 10) == 2)
    )

    for one, other in (
        (replace(base, key=()), head),
        (replace(base, key=("hour",)), head),
        (doubled, head),
        (apart, others),
    ):
        assert isinstance(pair(one, other, TASK, rows_shown=True), NotPaired)


def test_rows_are_not_shown_where_the_profile_forbids_it() -> None:
    """`review: {rows: never}` leaves counts and shares, and no example."""
    found = pair(*better().answers, TASK, rows_shown=False)

    assert isinstance(found, Paired)
    assert found.measure is not None
    assert found.measure["negative_count"] > 0
    assert found.measure["broken"] == found.measure["fixed"] == []


def test_scores_move_between_rows_found_by_their_key() -> None:
    """The grid of two sides in different orders is that of the same order; without a key there is none."""
    base, head = better().answers

    assert moved(shuffled(base), head) == grid(base.scored, head.scored)
    assert moved(replace(base, key=()), head) is None


def test_every_row_is_in_one_cell() -> None:
    """The cells of the grid hold all rows, also those on its outermost edges."""
    one = world(1500)
    base, head = better().answers
    found = grid(base.scored, head.scored)

    assert found is not None
    assert sum(rows for _, _, rows in found.cells) == len(one.rows)
