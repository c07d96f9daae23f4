"""What comments are about: found again by its content."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import UsageError
from roadworthy.platform.change.discussion import (
    LONGEST,
    Anchor,
    anchored,
    place_of,
    refuse_name,
    refuse_text,
    resolved,
)
from roadworthy.platform.change.said import RESOLUTION, Said

FILE = ["import os", "", "def f():", "    return 1", "", "def g():", "    return 1", ""]


def test_a_line_is_found_where_it_moved_to() -> None:
    """Lines that come before it move it; one that says the same elsewhere is not taken for it."""
    anchor = anchored("a.py", 7, FILE)

    assert place_of(anchor, FILE) == 7
    assert place_of(anchor, ["# first", *FILE]) == 8
    assert place_of(anchor, FILE[4:]) == 3
    assert place_of(anchor, [*FILE[:6], "    return 2"]) == 4  # what is left that says so
    assert place_of(anchor, ["nothing", "of it"]) is None


@given(st.lists(st.sampled_from(["a", "b", "c", ""]), min_size=1, max_size=12), st.data())
def test_a_line_of_the_same_file_is_where_it_was(lines: list[str], data: st.DataObject) -> None:
    """Whichever it is, and however often it stands there."""
    line = data.draw(st.integers(1, len(lines)))

    found = place_of(anchored("f", line, lines), lines)
    assert found is not None
    assert lines[found - 1] == lines[line - 1]


def test_an_anchor_is_kept_as_it_is() -> None:
    """A record gives back what it was given."""
    anchor = anchored("a.py", 1, FILE)

    assert Anchor.of(anchor.as_json()) == anchor


@pytest.mark.parametrize("line", [0, 9, -1])
def test_a_line_that_is_not_there_is_refused(line: int) -> None:
    """How many there are is told."""
    with pytest.raises(UsageError, match="has 8 lines"):
        anchored("a.py", line, FILE)


@pytest.mark.parametrize("text", ["", " \n ", "x" * (LONGEST + 1), "a\0b"])
def test_a_comment_says_something(text: str) -> None:
    """Neither nothing nor a book."""
    with pytest.raises(UsageError):
        refuse_text(text)


def test_rows_are_not_named_where_the_project_wants_none() -> None:
    """`review: {rows: never}` goes for comments."""
    refuse_name(Anchor("row", "flight_id=7"), rows=True)
    with pytest.raises(UsageError, match="rows: never"):
        refuse_name(Anchor("row", "flight_id=7"), rows=False)
    with pytest.raises(UsageError, match="on a slice names it"):
        refuse_name(Anchor("slice", ""), rows=True)
    with pytest.raises(UsageError):
        refuse_name(Anchor("plot", "a\u202eb"), rows=True)


def test_a_comment_may_be_opened_again() -> None:
    """The last word counts."""
    words = [
        Said("r", RESOLUTION, 1, "ada", "", "", {"comment": "c", "state": state}) for state in ("resolved", "open")
    ]

    assert list(resolved(words[:1])) == ["c"]
    assert resolved(words) == {}
