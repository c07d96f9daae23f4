"""A limit lets through what it says, forgets nobody too early, and stays small."""

from __future__ import annotations

import threading

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import UsageError
from roadworthy.platform.identity.limit import Limit


class Clock:
    """A clock that goes when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def __call__(self) -> float:
        """Return what time it is."""
        return self.now


def test_a_burst_passes_and_then_one_at_a_time() -> None:
    """Three at once, then one each two seconds; the answer says how long to wait."""
    clock = Clock()
    limit = Limit(0.5, 3, clock=clock)
    answers = [limit.take("ada") for _ in range(4)]
    clock.now += 2

    assert answers == [0.0, 0.0, 0.0, 2.0]
    assert [limit.take("ada"), limit.take("ada")] == [0.0, 2.0]
    assert limit.take("grace") == 0.0


def test_whoever_did_right_has_all_tries_again() -> None:
    """Signing in rightly forgets the wrong tries before."""
    limit = Limit(0.1, 2, clock=Clock())
    limit.take("ada")
    limit.take("ada")
    limit.forgive("ada")

    assert limit.take("ada") == 0.0


@given(st.lists(st.tuples(st.integers(0, 40), st.floats(0, 5)), max_size=200))
def test_it_never_holds_more_keys_than_it_may_nor_lets_through_more_than_it_says(
    tries: list[tuple[int, float]],
) -> None:
    """Whatever comes when: of a key that is remembered, no more than the burst and what time has given."""
    clock = Clock()
    limit = Limit(1.0, 3, keys=50, clock=clock)
    passed: dict[int, int] = {}
    for key, pause in tries:
        clock.now += pause
        passed[key] = passed.get(key, 0) + (limit.take(str(key)) == 0.0)

    assert len(limit) <= 50
    assert all(count <= 3 + clock.now - 1000 + 1e-6 for count in passed.values())


def test_a_crowd_of_keys_stays_in_its_bound() -> None:
    """The oldest are forgotten."""
    limit = Limit(1.0, 1, keys=100)
    for key in range(1000):
        limit.take(str(key))

    assert len(limit) == 100


def test_threads_share_the_tries() -> None:
    """Many at once get no more than there are."""
    limit = Limit(0.001, 25, clock=Clock())
    passed: list[int] = []

    def work() -> None:
        passed.extend(1 for _ in range(20) if limit.take("ada") == 0.0)

    threads = [threading.Thread(target=work) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(passed) == 25


@pytest.mark.parametrize(("rate", "burst", "keys"), [(0, 1, 1), (1, 0, 1), (1, 1, 0)])
def test_a_limit_that_lets_nothing_through_is_refused(rate: float, burst: int, keys: int) -> None:
    """It is a mistake, not a policy."""
    with pytest.raises(UsageError, match="lets nothing through"):
        Limit(rate, burst, keys=keys)
