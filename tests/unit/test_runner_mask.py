"""No secret is left in a log, however the text is cut into pieces."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from roadworthy.app.runner.mask import MASK, Masked

SECRET, OTHER = "s3cr3t-canary", "cr3t"


def masked(pieces: list[str], *secrets: str) -> str:
    """Return what is handed on of *pieces*."""
    said: list[str] = []
    mask = Masked(said.append, secrets)
    for piece in pieces:
        mask.say(piece)
    mask.end()
    return "".join(said)


@given(
    st.lists(st.integers(0, 60), max_size=8), st.text("s3crt-any \n", max_size=20), st.text("s3crt-any \n", max_size=20)
)
def test_a_secret_is_taken_out_wherever_it_is_cut(cuts: list[int], before: str, after: str) -> None:
    """Of a secret nothing is handed on, and everything else is."""
    text = f"{before}{SECRET}{after}{SECRET}"
    places = sorted({0, len(text), *(cut % (len(text) + 1) for cut in cuts)})
    pieces = [text[low:high] for low, high in pairwise(places)]

    assert masked(pieces, SECRET) == text.replace(SECRET, MASK)
    assert SECRET not in masked(pieces, SECRET, OTHER)


def test_each_line_of_a_secret_is_one() -> None:
    """A key of several lines is printed a line at a time."""
    assert masked(["-- first line\n", "second line --"], "first line\nsecond line") == f"-- {MASK}\n{MASK} --"


def test_what_is_too_short_is_left() -> None:
    """A secret of a letter would take that letter out of the whole log."""
    assert masked(["a banana"], "a") == "a banana"
