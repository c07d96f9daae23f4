"""The number of the next version."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.operate.release.number import Bump, Number, next_number

PART = st.integers(min_value=0, max_value=99)
NUMBERS = st.lists(st.tuples(PART, PART, PART))


@pytest.mark.parametrize(
    ("released", "bump", "is_baseline", "expected"),
    [
        ([], None, True, (0, 1, 0)),
        ([(0, 1, 0)], None, True, (0, 2, 0)),
        ([(0, 1, 0)], None, False, (1, 0, 0)),
        ([], None, False, (1, 0, 0)),
        ([(1, 0, 0)], None, False, (1, 1, 0)),
        ([(1, 4, 2)], None, True, (1, 5, 0)),
        ([(1, 4, 2)], "patch", False, (1, 4, 3)),
        ([(1, 4, 2)], "major", False, (2, 0, 0)),
        ([(0, 1, 0)], "minor", False, (0, 2, 0)),
        ([(1, 9, 0), (1, 10, 0)], None, False, (1, 11, 0)),
    ],
)
def test_the_next_number(released: list[Number], bump: Bump | None, expected: Number, *, is_baseline: bool) -> None:
    """The first launch is 0.1.0, the first other model 1.0.0, then the minor number rises unless told otherwise."""
    assert next_number(released, bump, is_baseline=is_baseline) == expected


@given(released=NUMBERS, bump=st.sampled_from([None, "major", "minor", "patch"]), is_baseline=st.booleans())
def test_a_number_is_higher_than_all_before(released: list[Number], bump: Bump | None, *, is_baseline: bool) -> None:
    """Whatever was released, in whatever order, the next number is higher."""
    number = next_number(released, bump, is_baseline=is_baseline)

    assert all(number > before for before in released)
    assert number == next_number(released[::-1], bump, is_baseline=is_baseline)
