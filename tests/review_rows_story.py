"""Reviews with the rows behind them: those of the stories, and any number that a draw makes up."""

from __future__ import annotations

from dataclasses import replace
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from review_story import comparison
from review_world import FEATURES, world
from roadworthy.prove.evaluate.scored import Scored
from roadworthy.prove.review.drawn.curves import curve
from roadworthy.prove.review.rows.answers import Answers
from roadworthy.prove.review.rows.flipped import flipped
from roadworthy.prove.review.rows.near import with_neighbours

if TYPE_CHECKING:
    from review_story import Story
    from roadworthy.prove.review.comparison import Comparison

GROUPS = (
    ("night", "hour >= 20", True),
    ("storms", "wind_speed > 20", True),
    ("wind_speed > 30", "wind_speed > 30", False),
)


def explored(story: Story, *, rows_shown: bool = True) -> Comparison:
    """Return the comparison of *story*, with its flips as rows, their neighbours, and what thresholds would do."""
    told = comparison(story)
    old, new = story.answers
    rows = flipped(old, new, told.flips[0].rival.title, GROUPS, rows_shown=rows_shown)
    training = world(len(new.rows)).rows
    curves = {"candidate": curve(new.scored), told.flips[0].rival.title: curve(old.scored)}
    return replace(
        told,
        flipped=rows and with_neighbours(rows, training, len(training), "late") if rows_shown else rows,
        curves={title: one for title, one in curves.items() if one is not None},
    )


@lru_cache(maxsize=2)
def flood(flips: int) -> tuple[Answers, Answers]:
    """Return two models' answers on twice as many rows as *flips* of them flip."""
    rows = flips * 2
    draw = np.random.default_rng(11)
    few = world(1500).rows
    table = few.take(draw.integers(0, len(few), rows))
    table = table.with_column(
        "flight_id", replace(few["flight_id"], values=np.array([f"F{at}" for at in range(rows)], dtype=object))
    )
    truth = table["late"].values.astype(np.float64)
    flips_here = np.arange(rows) < flips
    right = (draw.random(rows) < 0.5) & flips_here
    sides = []
    for is_right in (right | ~flips_here, ~right):
        decided = np.where(is_right, truth, 1 - truth)
        score = np.clip(0.5 + (decided - 0.5) * draw.random(rows), 0, 1)
        sides.append(Answers(Scored(score, truth, decided, decided == truth), table, ("flight_id",), FEATURES, "late"))
    return sides[0], sides[1]


def flooded(story: Story, flips: int) -> Comparison:
    """Return the comparison of *story* as if *flips* rows had flipped."""
    told = comparison(story)
    rows = flipped(*flood(flips), title=told.flips[0].rival.title, predicates=GROUPS, rows_shown=True)
    return replace(told, flipped=rows)
