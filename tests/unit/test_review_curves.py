"""What every threshold would find and cost, and the plots of it."""

from __future__ import annotations

import numpy as np
import pytest

from roadworthy.prove.evaluate.scored import Scored
from roadworthy.prove.review.drawn.curves import Curve, curve
from roadworthy.prove.review.drawn.thresholds import costs, thresholds
from roadworthy.prove.review.grammar import colour


def scored(score: list[float], truth: list[float], cutoff: float = 0.5) -> Scored:
    """Return answers that flag from *cutoff* on."""
    given, true = np.array(score), np.array(truth)
    decided = (given >= cutoff).astype(np.float64)
    return Scored(given, true, decided, decided == true)


FOUR = scored([0.9, 0.7, 0.7, 0.1], [1, 0, 1, 0])


def drawn() -> Curve:
    """Return the curve of four rows, two of them with the same score."""
    found = curve(FOUR)
    assert found is not None
    return found


def test_a_threshold_flags_all_rows_of_one_score_or_none() -> None:
    """Of four rows with three scores there are three thresholds, and each row is found, wrong, missed or left."""
    points = drawn().points

    assert [point.threshold for point in points] == [0.9, 0.7, 0.1]
    assert [point.flagged for point in points] == [0.25, 0.75, 1.0]
    assert [point.recall for point in points] == [0.5, 1.0, 1.0]
    assert [point.precision for point in points] == [1.0, pytest.approx(2 / 3), 0.5]


def test_the_decision_as_it_is_now_has_its_place() -> None:
    """It is told what the declared decision flags, finds and misses."""
    now = drawn().now

    assert now is not None
    assert (now.flagged, now.found, now.wrong, now.missed) == (0.75, 0.5, 0.25, 0.0)


@pytest.mark.parametrize(
    "answers",
    [
        scored([], []),
        scored([0.4, 0.6], [1, 1]),
        Scored(np.array([3.0]), np.array([2.5]), np.array([3.0]), np.ones(1, bool)),
    ],
    ids=["no rows", "one kind of row", "a regression"],
)
def test_what_has_no_threshold_has_no_curve(answers: Scored) -> None:
    """Without rows, without both outcomes, or without yes and no there is nothing to draw."""
    assert curve(answers) is None


def test_a_curve_is_short_however_many_rows_there_are() -> None:
    """A hundred thousand scores come to about sixty points, from nothing flagged to everything."""
    draw = np.random.default_rng(3)
    found = curve(scored(list(draw.random(100_000)), list((draw.random(100_000) < 0.2).astype(float))))

    assert found is not None
    assert len(found.points) <= 60
    assert found.points[-1].flagged == 1.0


def test_costs_are_the_declared_ones() -> None:
    """The table says what 1,000 rows cost: five for a miss, two for a false alarm."""
    plot = costs({"candidate": drawn()}, (5.0, 2.0))

    assert plot is not None
    assert [row[-1] for row in plot.rows] == ["1,250.0", "500.0", "1,000.0"]
    assert "declared costs" in plot.reading


def test_each_plot_shows_whom_the_page_asks_for() -> None:
    """Both plots have a parameter that names the models shown, and filter their rows by it."""
    curves = {"candidate": drawn(), "main": drawn()}

    for plot in (thresholds(curves), costs(curves, None)):
        assert plot is not None
        assert plot.spec["params"][0] == {"name": "shown", "value": ["candidate", "main"]}
        assert plot.spec["transform"][0] == {"filter": "indexof(shown, datum.title) >= 0"}
    assert thresholds({}) is None
    assert costs({}, None) is None


def test_a_model_has_one_colour_in_all_plots() -> None:
    """A plot that lacks one model gives the next one no other colour than the other plots do."""
    order = ["candidate", "main", "the baseline"]
    whole = colour(order, order)["color"]["scale"]["range"]
    few = colour(["candidate", "the baseline"], order)["color"]["scale"]["range"]

    assert few == [whole[0], whole[2]]
