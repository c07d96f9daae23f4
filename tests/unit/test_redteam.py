"""The search for weaknesses: what it says of pairs, of the same thing found twice, and of a budget that is spent."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from redteam_world import target
from roadworthy.build.data.query import where
from roadworthy.build.data.table import Column, Table
from roadworthy.declare.predicate import objection
from roadworthy.errors import PredictFailed
from roadworthy.prove.behaviour.ask import ask
from roadworthy.prove.redteam.disturb import lower
from roadworthy.prove.redteam.finding import AFTER, BEFORE, Finding, Kind, moves, pairs, stays
from roadworthy.prove.redteam.regions import both, of_table
from roadworthy.prove.redteam.search import Wishes, distinct, search


def finding(kind: Kind, cause: str, columns: tuple[str, ...], effect: float = 0.5) -> Finding:
    """Return a finding with nothing in it that matters here."""
    return Finding(kind, cause, columns, cause, Table({}), "true", "true", 1, 1, effect)


def answered(first: float, second: float) -> Table:
    """Return a pair of rows with answers to them."""
    inputs = Table({"wind": Column(np.array([1.0]))}), Table({"wind": Column(np.array([6.0]))})
    both_rows = pairs(*inputs, np.array([0]))
    return both_rows.with_column("chance", Column(np.array([first, second])))


def test_a_pair_stands_beside_its_other_half() -> None:
    """Both rows of a pair carry its number, and say which of them was changed."""
    rows = answered(0.2, 0.3)

    assert rows["pair"].values.tolist() == [0, 0]
    assert rows["role"].values.tolist() == [BEFORE, AFTER]
    assert rows["wind"].values.tolist() == [1.0, 6.0]


def test_an_answer_that_stays_is_told_from_one_that_moves() -> None:
    """The predicate of an invariance holds within its tolerance, and may stand in a declared file."""
    predicate = stays("chance", 0.05, text=False)

    assert objection(predicate) is None
    assert where(answered(0.2, 0.24), predicate).all()
    assert not where(answered(0.2, 0.3), predicate).any()


@pytest.mark.parametrize(
    ("direction", "right", "wrong"),
    [("not_lower", 0.2, 0.1), ("not_higher", 0.2, 0.3), ("higher", 0.3, 0.2), ("lower", 0.1, 0.2)],
)
def test_a_direction_is_judged_within_its_pair(direction: str, right: float, wrong: float) -> None:
    """The changed row is held against the other one of its pair; the row as it was is never wrong."""
    predicate = moves("chance", direction)

    assert objection(predicate) is None
    assert where(answered(0.2, right), predicate).tolist() == [True, True]
    assert where(answered(0.2, wrong), predicate).tolist() == [True, False]


def test_what_shows_the_same_again_is_told_once() -> None:
    """A weak slice of a disturbed input and a jump of a nervous one are left out, and the worst of a cause is kept."""
    found = distinct(
        [
            finding("instability", "noise in wind", ("wind",)),
            finding("boundary", "wind", ("wind",)),
            finding("weak_slice", '"wind" > 3', ("wind",)),
            finding("weak_slice", '"hour" IS NULL', ("hour",)),
            finding("missing", "hour", ("hour",), effect=0.1),
            finding("missing", "hour", ("hour",), effect=0.9),
            finding("weak_slice", "carrier = 'UA'", ("carrier",)),
        ]
    )

    assert sorted((one.kind, one.effect) for one in found) == [
        ("instability", 0.5),
        ("missing", 0.9),
        ("weak_slice", 0.5),
    ]
    assert [one.cause for one in found if one.kind == "weak_slice"] == ["carrier = 'UA'"]


def test_a_spent_budget_leaves_attacks_untried_and_says_which() -> None:
    """No attack begins after the budget; each that did not is named."""
    ticks = iter(range(1000))
    report = search(target(count=60), Wishes(budget=4, clock=lambda: float(next(ticks))))

    assert report.made == ("declared: more wind is never safer", "missing: carrier", "missing: wind")
    assert "weak slices" in report.not_run
    assert not set(report.made) & set(report.not_run)


def test_the_lower_bound_of_a_share_grows_with_the_rows() -> None:
    """One of ten proves less than a hundred of a thousand; Wilson's bound for 10 of 100 is known."""
    assert lower(1, 10) < lower(100, 1000) < 0.1
    assert lower(10, 100) == pytest.approx(0.0459, abs=2e-3)
    assert lower(0, 0) == 0.0


def test_a_region_says_in_sql_what_it_holds() -> None:
    """The predicate of a region, or of two together, holds of its rows alone."""
    rows = target(count=300).rows
    regions = of_table(rows, ("carrier", "wind", "hour"), 20)
    pair = both(regions[0], next(one for one in regions if one.columns == ("hour",)))

    assert len(regions) > 50
    for region in (*regions[::9], pair):
        assert (where(rows, region.where) == region.rows).all(), region.where


def test_rows_that_a_model_refuses_are_sought_by_halving() -> None:
    """A model that raises for one row of a table is known by that row, and answers the others."""
    made = target(count=64)

    def fussy(rows: Table) -> Table:
        if (rows["distance"].values == made.rows["distance"].values[41]).any():
            raise PredictFailed("Its predict raised: bad input.", remedy="Mend it.")
        return made.predict(rows)

    said = ask(fussy, made.rows.select(made.inputs))

    assert np.flatnonzero(~said.answered).tolist() == [41]
    assert len(said.answers) == 63
    assert "bad input" in said.fault


def test_equal_seeds_find_the_same() -> None:
    """What chance decides is decided by the seed."""
    spoiled = target(lambda rows, said: np.where(rows["wind"].is_missing(), 0.97, said), count=400)
    one, other = search(spoiled, Wishes(seed=3)), search(spoiled, Wishes(seed=3))

    assert [replace(found, examples=Table({})) for found in one.findings] == [
        replace(found, examples=Table({})) for found in other.findings
    ]
    assert one.findings
