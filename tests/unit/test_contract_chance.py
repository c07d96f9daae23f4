"""Data tests that weigh evidence: distances, chance, the false discovery rate, and columns that give a label away."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.build.data.table import Column, Table
from roadworthy.prove.contract.weigh.chance import between_counts, between_numbers, chi_squared, discoveries
from roadworthy.prove.contract.weigh.leakage import explained
from roadworthy.prove.contract.weigh.likeness import differences


@pytest.fixture
def draw() -> np.random.Generator:
    """Return numbers that are the same each time, in whatever order the tests run."""
    return np.random.default_rng(7)


@pytest.mark.parametrize(
    ("value", "freedom", "chance"),
    [(3.841459, 1, 0.05), (11.0705, 5, 0.05), (0.0, 3, 1.0), (124.342, 100, 0.05), (30.0, 2, 3.059e-7), (0.5, 10, 1.0)],
)
def test_the_tail_of_chi_squared_is_that_of_the_tables(value: float, freedom: int, chance: float) -> None:
    """The chance agrees with published tables, in both branches of the computation."""
    assert chi_squared(value, freedom) == pytest.approx(chance, rel=2e-4)


def test_the_gap_between_two_samples_is_the_largest_between_their_shares() -> None:
    """Two samples without overlap lie 1 apart, a sample lies 0 from itself, and a tabled gap has its tabled chance."""
    gap, chance = between_numbers(np.arange(100.0), np.arange(200.0, 300.0))
    same = between_numbers(np.arange(50.0), np.arange(50.0))
    shifted = between_numbers(np.arange(1000.0), np.arange(1000.0) + 61)  # 1.36 · sqrt(2 / 1000) is the 5 % bound

    assert gap == 1
    assert chance < 1e-20
    assert same == (0.0, 1.0)
    assert shifted[0] == pytest.approx(0.061)
    assert 0.04 < shifted[1] < 0.06


def test_many_rare_categories_are_no_difference_by_themselves(draw: np.random.Generator) -> None:
    """Two draws from the same ten thousand categories differ by half in their shares, which chance alone explains."""
    one, other = (np.bincount(draw.integers(0, 10_000, 5_000), minlength=10_000).astype(float) for _ in range(2))
    distance, chance = between_counts(one, other)
    moved, unlikely = between_counts(np.array([90.0, 10.0]), np.array([60.0, 40.0]))

    assert np.abs(one / 5_000 - other / 5_000).sum() / 2 > 0.5
    assert distance < 0.3
    assert chance > 0.001
    assert moved == pytest.approx(0.3, abs=0.01)
    assert unlikely < 1e-5


@given(st.lists(st.floats(0, 1), max_size=30), st.floats(0.001, 0.5))
def test_a_smaller_chance_is_never_passed_over(chances: list[float], share: float) -> None:
    """What is found is found from the smallest chance up, each within the share, and all that Bonferroni finds."""
    found = discoveries(chances, share)
    kept = [chance for chance, yes in zip(chances, found, strict=True) if yes]
    left = [chance for chance, yes in zip(chances, found, strict=True) if not yes]

    assert not kept or not left or max(kept) < min(left)
    assert all(chance <= share for chance in kept)
    assert all(chance > share / len(chances) for chance in left)


def test_false_discoveries_are_as_rare_as_is_said(draw: np.random.Generator) -> None:
    """Of 100 files of 20 columns in which nothing moved, at most one in ten names any column at a rate of 5 %."""
    alarms = 0
    for _ in range(100):
        draws = draw.normal(size=(2, 20, 150))
        one, other = (Table({str(n): Column(side[n]) for n in range(20)}) for side in draws)
        alarms += any(each.found for each in differences(one, other, one.names, 0.05, 100))

    assert alarms <= 10


def test_what_moved_is_found_and_what_is_too_little_is_not_judged(draw: np.random.Generator) -> None:
    """A shifted column, another mix of categories and more missing values are found; few rows are told as such."""
    size = 400
    mix = np.array(["a", "b"], dtype=object)
    one = Table(
        {
            "same": Column(draw.normal(size=size)),
            "shifted": Column(draw.normal(size=size)),
            "mix": Column(mix[(draw.random(size) < 0.3).astype(int)]),
            "gone": Column(draw.normal(size=size)),
            "few": Column(np.where(np.arange(size) < 20, 1.0, np.nan)),
        }
    )
    other = Table(
        {
            "same": Column(draw.normal(size=size)),
            "shifted": Column(draw.normal(size=size) + 1),
            "mix": Column(mix[(draw.random(size) < 0.6).astype(int)]),
            "gone": Column(np.where(draw.random(size) < 0.4, np.nan, draw.normal(size=size))),
            "few": Column(draw.normal(size=size)),
        }
    )
    found = {(each.column, each.aspect): each for each in differences(one, other, one.names, 0.05, 100)}

    assert {key for key, each in found.items() if each.found} == {
        ("shifted", "values"),
        ("mix", "values"),
        ("gone", "missing"),
        ("few", "missing"),
    }
    assert found["few", "values"].distance is None
    assert found["few", "values"].rows == (20, size)
    assert found["shifted", "values"].distance == pytest.approx(0.38, abs=0.1)


def labelled(draw: np.random.Generator, size: int = 2000) -> Table:
    """Return rows with a label, its copy, a shadow of it, noise, and a category for every row."""
    late = draw.random(size) < 0.3
    wind = np.where(late, 20.0, 10.0) + draw.normal(size=size) * 8
    return Table(
        {
            "late": Column(late),
            "delay": Column(np.where(late, 30 + draw.random(size), draw.random(size))),
            "wind": Column(wind),
            "noise": Column(draw.normal(size=size)),
            "flight": Column(np.array([f"f{number}" for number in range(size)], dtype=object)),
            "nothing": Column(np.full(size, np.nan)),
        }
    )


def test_a_column_that_gives_the_label_away_explains_all_of_it(draw: np.random.Generator) -> None:
    """A number made from the label tells it; a cause tells some, and an identifier of every row nothing."""
    told = explained(labelled(draw), "late", ["delay", "wind", "noise", "flight", "nothing"])

    assert isinstance(told, dict)
    assert told["delay"] > 0.95
    assert 0.1 < told["wind"] < 0.5
    assert max(told["noise"], told["flight"], told["nothing"]) < 0.05


def test_classes_and_numbers_are_labels_too(draw: np.random.Generator) -> None:
    """A class is told by its code, and a number by a multiple of it."""
    kinds = draw.integers(0, 5, 1000)
    price = draw.normal(size=1000) * 100
    table = Table(
        {
            "kind": Column(np.array([f"kind {kind}" for kind in kinds], dtype=object)),
            "code": Column(kinds),
            "price": Column(price),
            "with_tax": Column(price * 1.25),
        }
    )
    kind, money = explained(table, "kind", ["code", "price"]), explained(table, "price", ["with_tax", "code"])

    assert isinstance(kind, dict)
    assert isinstance(money, dict)
    assert kind["code"] == pytest.approx(1)
    assert kind["price"] < 0.05
    assert money["with_tax"] > 0.95
    assert money["code"] < 0.05


@pytest.mark.parametrize(
    ("label", "words"),
    [
        (Column(np.arange(50.0)), "too few rows: 50"),
        (Column(np.full(600, 1.0)), "the same in all 600 rows"),
        (Column(np.array([str(number) for number in range(600)], dtype=object)), "more than 50 classes"),
    ],
)
def test_a_label_that_says_nothing_is_not_judged(label: Column, words: str) -> None:
    """Too few rows, a constant label and too many classes are told, and nothing is guessed."""
    said = explained(Table({"y": label, "x": label}), "y", ["x"])

    assert isinstance(said, str)
    assert words in said
