"""A lane asks once for all that queued, answers everybody, and lets nobody suffer for another's rows."""

from __future__ import annotations

import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.build.data.table import Column, Table
from roadworthy.errors import LoadFailed, PredictFailed, WorkerDied
from roadworthy.operate.serve.batch import Closed, Job, Lane
from roadworthy.operate.serve.guard import Answer, Guard
from roadworthy.operate.serve.refusal import Refusal
from roadworthy.operate.serve.scope import Rule

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.operate.serve.batch import Outcome

GUARD = Guard({"x": Rule("number")}, {"y": Rule("number")}, "flag")


class Fake:
    """Workers whose model doubles its input, fails for 13, and dies for 666; the gate holds it back."""

    baseline = None

    def __init__(self) -> None:
        self.gate = threading.Event()
        self.gate.set()
        self.asked = threading.Event()
        self.batches: list[int] = []
        self.usable = True
        self.starts = 0
        self.refuses_to_start = 0
        self.closed = False

    @property
    def model(self) -> Fake:
        """It is its own model."""
        return self

    def predict(self, table: Table, *, timeout: float) -> Table:
        """Double."""
        self.asked.set()
        self.gate.wait(timeout)
        values = table["x"].values.astype(float)
        self.batches.append(len(values))
        if 666 in values:
            self.usable = False
            raise WorkerDied("It died.", remedy="Start it again.")
        if 13 in values:
            raise PredictFailed("It raised.\nTraceback", remedy="Mend it.")
        return Table({"y": Column(values * 2)})

    def start(self) -> None:
        """Live again."""
        self.starts += 1
        if self.starts <= self.refuses_to_start:
            raise LoadFailed("Not yet.", remedy="Wait.")
        self.usable = True

    def close(self) -> None:
        """End."""
        self.closed = True


class Desk:
    """Takes what a lane delivers."""

    def __init__(self, fake: Fake) -> None:
        self.outcomes: dict[object, Outcome] = {}
        self.said: list[str] = []
        self.lane = Lane(fake, GUARD, self.deliver, timeout=5, say=self.said.append)

    def deliver(self, pairs: Sequence[tuple[Job, Outcome]]) -> None:
        """Take outcomes."""
        self.outcomes.update((job.ticket, outcome) for job, outcome in pairs)

    def ask(self, ticket: object, *values: float) -> None:
        """Put rows into the lane."""
        self.lane.submit(Job(Table({"x": Column(np.array(values, dtype=float))}), ticket))

    def doubled(self, ticket: object) -> list[float]:
        """Return the answer of a job."""
        outcome = self.outcomes[ticket]
        assert isinstance(outcome, Answer), outcome
        values: list[float] = outcome.outputs["y"].values.tolist()
        return values

    def until(self, count: int) -> None:
        """Wait until *count* jobs have their outcome."""
        end = time.monotonic() + 5
        while len(self.outcomes) < count:
            assert time.monotonic() < end
            time.sleep(0.001)


@given(st.lists(st.lists(st.floats(-1e6, 1e6), min_size=1, max_size=5), min_size=1, max_size=20))
@settings(max_examples=30)
def test_everybody_gets_the_answer_to_their_own_rows(requests: list[list[float]]) -> None:
    """However requests fall into batches, each gets its rows back, in its order; closing answers what waits."""
    fake = Fake()
    desk = Desk(fake)
    for ticket, values in enumerate(requests):
        desk.ask(ticket, *values)
    desk.lane.close()

    assert {ticket: desk.doubled(ticket) for ticket in desk.outcomes} == {
        ticket: [value * 2 for value in values] for ticket, values in enumerate(requests)
    }
    assert fake.closed


def test_what_queued_is_asked_at_once() -> None:
    """While one batch is on its way, everything that comes makes the next one."""
    fake = Fake()
    fake.gate.clear()
    desk = Desk(fake)
    desk.ask("first", 1)
    fake.asked.wait(5)
    for ticket in range(50):
        desk.ask(ticket, ticket + 100)
    fake.gate.set()
    desk.until(51)
    desk.lane.close()

    assert fake.batches == [1, 50]


def test_one_bad_request_fails_alone() -> None:
    """A batch that the model cannot answer is asked again request by request; who runs it sees the traceback."""
    fake = Fake()
    fake.gate.clear()
    desk = Desk(fake)
    desk.ask("first", 1)
    fake.asked.wait(5)
    desk.ask("good", 2)
    desk.ask("bad", 13)
    desk.ask("also good", 3)
    fake.gate.set()
    desk.lane.close()
    bad = desk.outcomes["bad"]

    assert (desk.doubled("good"), desk.doubled("also good")) == ([4.0], [6.0])
    assert isinstance(bad, Refusal)
    assert (bad.status, bad.problem) == (500, "It raised.")
    assert desk.said == ["It raised.\nTraceback"]


def test_a_dead_model_is_started_again_and_meanwhile_everybody_is_told() -> None:
    """Requests are turned away at once, with the reason, until it answers again."""
    fake = Fake()
    fake.refuses_to_start = 1
    desk = Desk(fake)
    desk.ask("deadly", 666)
    desk.until(1)
    while desk.lane.trouble is None or "does not start" not in desk.lane.trouble:
        time.sleep(0.001)
    with pytest.raises(Refusal, match=r"does not start: Not yet\.") as told:
        desk.ask("too early", 1)
    while desk.lane.trouble:
        time.sleep(0.01)
    desk.ask("later", 2)
    desk.until(2)
    desk.lane.close()
    deadly = desk.outcomes["deadly"]

    assert isinstance(deadly, Refusal)
    assert (deadly.status, told.value.status) == (503, 503)
    assert desk.doubled("later") == [4.0]
    assert desk.lane.restarts == 1


def test_a_closed_lane_takes_nothing_more() -> None:
    """Whoever comes too late is told so, and asks the version that took over."""
    desk = Desk(Fake())
    desk.lane.close()
    desk.lane.close()

    with pytest.raises(Closed):
        desk.ask("late", 1)


def test_too_many_waiting_requests_are_turned_away() -> None:
    """The queue is bounded: a model that is too slow is told by its clients, not by the memory."""
    fake = Fake()
    fake.gate.clear()
    desk = Desk(fake)

    turned_away = [ticket for ticket in range(8000) if not taken(desk, ticket)]
    fake.gate.set()
    desk.lane.close()

    assert len(turned_away) > 1000
    assert len(desk.outcomes) + len(turned_away) == 8000


def taken(desk: Desk, ticket: int) -> bool:
    """Whether the lane takes a request."""
    with suppress(Refusal):
        desk.ask(ticket, 1)
        return True
    return False


def test_requests_of_other_types_are_asked_apart() -> None:
    """Where no type is declared, text from one client never meets numbers from another."""
    fake = Fake()
    fake.gate.clear()
    desk = Desk(fake)
    desk.ask("first", 1)
    fake.asked.wait(5)
    desk.ask("number", 2)
    desk.lane.submit(Job(Table({"x": Column(np.array(["3"], dtype=object))}), "text"))
    fake.gate.set()
    desk.lane.close()

    assert (desk.doubled("number"), desk.doubled("text")) == ([4.0], [6.0])
