"""How values read and look on pages."""

from __future__ import annotations

import datetime as dt

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.web.show import moment
from roadworthy.web.show.drawing import drawn
from roadworthy.web.show.printed import printed

NOW = dt.datetime(2026, 5, 14, 12, tzinfo=dt.UTC)


@pytest.mark.parametrize(
    ("before", "said"),
    [(0, "just now"), (59, "just now"), (60, "1 min ago"), (3599, "59 min ago"), (7200, "2 h ago"),
     (86_400, "yesterday"), (3 * 86_400, "3 days ago"), (30 * 86_400, "14 Apr 2026"), (-5, "just now")],
)  # fmt: skip
def test_a_moment_is_told_by_how_long_ago_it_was(before: int, said: str) -> None:
    """The longer ago, the less exactly; and a clock that is a little ahead is no fault."""
    then = NOW - dt.timedelta(seconds=before)

    assert moment.ago(then.isoformat(), NOW) == said
    assert moment.ago(round(then.timestamp() * 1000), NOW) == said


@pytest.mark.parametrize(
    ("seconds", "said"), [(0, "0.0 s"), (1.44, "1.4 s"), (38.2, "38 s"), (125, "2 min 5 s"), (12_000, "3 h 20 min")]
)
def test_a_span_has_few_digits(seconds: float, said: str) -> None:
    """Tenths only where they matter."""
    assert moment.lasting(seconds) == said


def test_the_same_moment_reads_the_same_from_both_forms() -> None:
    """Milliseconds and ISO 8601, in any time zone."""
    assert moment.when("2026-05-04T14:00:00.5+02:00") == moment.when(1_777_896_000_500) == "4 May 2026, 12:00 UTC"
    assert moment.iso(1_777_896_000_500) == "2026-05-04T12:00:00+00:00"


def test_only_whole_lines_are_shown_until_all_is_there() -> None:
    """The rest is read again; of a log that has ended it is the last line."""
    some, whole = printed(b"one\ntw", 0, ended=False), printed(b"one\ntw", 0, ended=True)

    assert (some.lines, some.begin, some.end) == (("one",), 0, 4)
    assert (whole.lines, whole.end) == (("one", "tw"), 6)


def test_what_begins_in_the_middle_begins_with_a_whole_line() -> None:
    """The first may have begun before."""
    found = printed(b"nd of one\ntwo\n", 100, ended=False)

    assert (found.lines, found.begin, found.end) == (("two",), 110, 114)


def test_a_line_of_a_log_hides_nothing() -> None:
    """Colours go, a progress bar becomes lines, and controls and what turns text around are seen."""
    found = printed("\x1b[1;31mred\x1b[0m\r\n10 %\r20 %\n\u202eevil\x07\n".encode(), 0, ended=True)

    assert found.lines == ("red", "10 %", "20 %", r"\u202eevil\x07")


@given(st.binary(max_size=200), st.integers(0, 200))
def test_pieces_of_a_log_are_the_log(data: bytes, cut: int) -> None:
    """However it comes, no byte is shown twice or never."""
    first = printed(data[:cut], 0, ended=False)
    rest = printed(data[first.end :], 0, ended=True)

    assert first.end + rest.end == len(data)
    assert (*first.lines, *rest.lines) == printed(data, 0, ended=True).lines or not rest.lines


def stage(name: str, *needs: str) -> dict[str, object]:
    """Return a stage as a page knows it."""
    return {"name": name, "state": "ran", "needs": list(needs)}


def test_a_stage_stands_after_all_that_it_waits_for() -> None:
    """Each in a column of its own depth, none on another, a line for each that it waits for."""
    found = drawn([stage("a"), stage("b", "a"), stage("c", "a"), stage("d", "b", "c", "a")])

    assert found is not None
    place = {box.name: box.x for box in found.boxes}
    assert place["a"] < place["b"] == place["c"] < place["d"]
    assert len({(box.x, box.y) for box in found.boxes}) == 4
    assert len(found.lines) == 5
    assert all(box.x + found.box[0] <= found.width and box.y + found.box[1] <= found.height for box in found.boxes)


def test_a_graph_without_lines_is_not_drawn() -> None:
    """One stage, stages that do not know each other, and more than anybody could follow."""
    assert drawn([]) is None
    assert drawn([stage("a")]) is None
    assert drawn([stage("a"), stage("b")]) is None
    assert drawn([stage("0"), *(stage(str(at), "0") for at in range(1, 60))]) is None


def test_a_long_name_is_cut_and_a_hostile_one_seen() -> None:
    """In the drawing; the table has it whole."""
    found = drawn([stage("train@\u202e" + "x" * 50), stage("b", "train@\u202e" + "x" * 50)])

    assert found is not None
    assert found.boxes[0].shown.startswith(r"train@\u202e")
    assert len(found.boxes[0].shown) == 16
