"""A job's log as it grows: by Server-Sent Events, from where one stopped, until the job ends."""

from __future__ import annotations

import contextlib
import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import pytest

from roadworthy.web.streams import Streams
from web_story import LINE, Story
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PATH = "/projects/toy/jobs/2/log/stream"
SHOWN = r"<script>alert('log')</script> red \u202ehidden"


@dataclass
class Stream:
    """A stream that is read."""

    response: http.client.HTTPResponse
    ids: list[int] = field(default_factory=list)

    def next(self) -> tuple[str, Any]:
        """Return the kind and the data of the next event."""
        kind, data = "message", ""
        while line := self.response.readline().decode().rstrip("\n"):
            name, _, value = line.partition(": ")
            if name == "id":
                self.ids.append(int(value))
            kind, data = (value, data) if name == "event" else (kind, value) if name == "data" else (kind, data)
        return kind, json.loads(data)


@contextlib.contextmanager
def streamed(world: World, who: str, query: str = "", last: str = "") -> Iterator[Stream]:
    """Open the stream of the check of main."""
    headers = {"cookie": f"roadworthy={world.person(who).cookies['roadworthy']}"} | (
        {"last-event-id": last} if last else {}
    )
    connection = http.client.HTTPConnection("127.0.0.1", world.port, timeout=30)
    with contextlib.closing(connection):
        connection.request("GET", PATH + query, headers=headers)
        yield Stream(connection.getresponse())


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[World, Story]]:
    """Give a platform with a project that was just pushed: job 2 is the check of main."""
    with World.open(tmp_path) as opened:
        yield opened, Story.begin(opened.platform, tmp_path / "laptop")


def test_lines_come_as_they_are_printed_until_the_job_ends(told: tuple[World, Story]) -> None:
    """Whole lines only, as text with every character seen; what stands at the very end comes without its newline."""
    world, story = told
    job = story.claim()
    story.print(job, f"begins\n{LINE}\nhalf a li")
    with streamed(world, "rita") as stream:
        first = stream.next()
        story.print(job, "ne\nlast", offset=len(f"begins\n{LINE}\nhalf a li".encode()))
        second = stream.next()
        story.end(job, "failed")
        rest = [stream.next(), stream.next()]

    assert stream.response.headers["content-type"] == "text/event-stream; charset=utf-8"
    assert stream.response.headers["cache-control"] == "no-store"
    assert first == ("message", ["begins", SHOWN])
    assert second == ("message", ["half a line"])
    assert rest == [("message", ["last"]), ("end", 0)]


def test_a_stream_that_broke_goes_on_where_it_was(told: tuple[World, Story]) -> None:
    """By the number of the last event, which counts bytes; or by an offset, as a page asks."""
    world, story = told
    job = story.claim()
    story.print(job, "one: äöü\ntwo\nthree\n")
    with streamed(world, "rita") as stream:
        whole = stream.next()
    place = len("one: äöü\n".encode())
    with streamed(world, "rita", last=str(place)) as stream:
        after = stream.next()
    with streamed(world, "rita", f"?offset={place + 4}") as stream:
        last = stream.next()

    assert whole == ("message", ["one: äöü", "two", "three"])
    assert after == ("message", ["two", "three"])
    assert last == ("message", ["three"])
    assert stream.ids == [len("one: äöü\ntwo\nthree\n".encode())]


def test_a_job_that_is_done_once_more_begins_anew(told: tuple[World, Story]) -> None:
    """What was shown of the attempt before is to be taken away."""
    world, story = told
    story.print(story.claim(), "short\n")
    with streamed(world, "rita", "?offset=1000") as stream:
        found = [stream.next(), stream.next()]

    assert found == [("anew", 0), ("message", ["short"])]


def test_a_log_of_a_job_that_ended_ends_at_once(told: tuple[World, Story]) -> None:
    """Also one of which nothing is kept."""
    world, story = told
    world.person("carl").post("/projects/toy/jobs/2/cancel")
    with streamed(world, "rita") as stream:
        found = stream.next()

    assert found == ("end", 0)
    assert story.local.folder.is_dir()


def test_streams_are_bounded(told: tuple[World, Story]) -> None:
    """Nobody keeps more than eight open; whoever closes one has room for another."""
    world, story = told
    story.print(story.claim(), "line\n")
    with contextlib.ExitStack() as stack:
        streams = [stack.enter_context(streamed(world, "rita")) for _ in range(8)]
        for one in streams:
            assert one.next() == ("message", ["line"])
        with streamed(world, "rita") as refused, streamed(world, "carl") as other:
            assert (refused.response.status, other.response.status) == (429, 200)
            assert refused.response.headers["retry-after"] == "10"


def test_a_stream_that_is_closed_leaves_room() -> None:
    """However its block ends."""
    streams = Streams(most=2, own=1)
    with contextlib.suppress(KeyError), streams.one("ada"):
        inside = streams.is_full("ada"), streams.is_full("bob")
        with streams.one("bob"):
            full = streams.is_full("carl")
        raise KeyError

    assert inside == (True, False)
    assert full
    assert not streams.is_full("ada")


@pytest.mark.parametrize("last", ["x", "-1", "1" * 30])
def test_a_place_that_is_none_is_the_beginning(told: tuple[World, Story], last: str) -> None:
    """A browser sends what it was sent; others may send anything."""
    world, story = told
    story.print(story.claim(), "line\n")
    with streamed(world, "rita", last=last) as stream:
        kinds = [stream.next()]
        if kinds == [("anew", 0)]:
            kinds = [stream.next()]

    assert kinds == [("message", ["line"])]


def test_the_whole_log_is_text(told: tuple[World, Story]) -> None:
    """As it was printed, and never taken for a page."""
    world, story = told
    story.print(story.claim(), f"{LINE}\n")
    answer = world.person("rita").get("/api/projects/toy/jobs/2/log")

    assert answer.text == f"{LINE}\n"
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["x-content-type-options"] == "nosniff"


def test_beyond_the_end_of_a_log_there_is_nothing(told: tuple[World, Story]) -> None:
    """Also where no file can reach, which is no fault of ours."""
    world, story = told
    story.print(story.claim(), "short\n")
    answers = [world.person("rita").get(f"/api/projects/toy/jobs/2/log?offset={at}") for at in (6, 1000, 2**53)]

    assert [(one.status, one.text) for one in answers] == [(200, ""), (200, ""), (200, "")]
