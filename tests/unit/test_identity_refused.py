"""What is refused is told, and however much of it there is, the audit grows by little."""

from __future__ import annotations

from typing import cast

from hypothesis import given
from hypothesis import strategies as st

from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.identity.refused import WHILE, Refused


class Clock:
    """A clock that goes when it is told to."""

    now = 1000.0

    def __call__(self) -> float:
        """Return what time it is."""
        return self.now


def refusal(target: str = "ada", project: str | None = None) -> Entry:
    """Return a try that was refused."""
    return Entry("anonymous", "sign_in.refuse", target, project)


def test_the_first_is_told_at_once_and_the_same_again_is_counted() -> None:
    """Whoever looks at the audit finds the first within a second, and later how many there were."""
    clock = Clock()
    refused = Refused(clock=clock)
    for _ in range(100):
        refused.note(refusal(), "10.0.0.1")
    first, now = refused.due(), refused.due()
    clock.now += WHILE
    (rest,) = refused.due()

    assert [(one.target, one.detail) for one in first] == [("ada", {"from": "10.0.0.1"})]
    assert now == ()
    assert (rest.actor, rest.action, rest.target) == ("platform", "sign_in.refuse", "several")
    assert rest.detail == {"times": 99, "most often": {"ada from 10.0.0.1": 99}}
    assert refused.due(all_of_it=True) == ()


def test_what_was_counted_is_told_at_the_end() -> None:
    """A server that ends in order forgets nothing; each project is told of by itself."""
    refused = Refused(burst=1, clock=Clock())
    for project in ("flights", "trains", "flights"):
        refused.note(refusal("main", project))
    told = refused.due(all_of_it=True)

    assert [(one.project, one.target, one.detail.get("times")) for one in told] == [
        ("flights", "main", None), ("trains", "several", 1), ("flights", "several", 1),
    ]  # fmt: skip


@given(st.lists(st.tuples(st.integers(0, 300), st.integers(0, 300), st.floats(0, 30)), max_size=300))
def test_of_any_number_of_tries_few_entries_are_made_and_none_is_lost(tries: list[tuple[int, int, float]]) -> None:
    """The bound: a burst, twelve an hour, and one for all the others each ten minutes."""
    clock = Clock()
    refused = Refused(burst=5, clock=clock)
    told: list[Entry] = []
    for name, address, pause in tries:
        clock.now += pause
        refused.note(refusal(str(name)), str(address))
        told += refused.due()
    told += refused.due(all_of_it=True)
    seconds = clock.now - 1000

    assert len(told) <= 5 + seconds * 12 / 3600 + seconds / WHILE + 2
    assert sum(cast("int", one.detail.get("times", 1)) for one in told) == len(tries)
