"""A push is asked to be whole in the name of its client, however its first bytes come, and else left as it is."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from roadworthy.adapters.forge.embedded.body import Unpacker

OLD, NEW = "1" * 40, "2" * 40


def line(text: bytes) -> bytes:
    """Return a line of git's protocol."""
    return f"{len(text) + 4:04x}".encode() + text


def asked(sent: bytes, cuts: list[int], *, pushes: bool = True) -> bytes:
    """Return what git reads of what is *sent* in the pieces that *cuts* make of it."""
    body, places = (
        Unpacker(packed=False, most=1 << 20, pushes=pushes),
        sorted({0, *(at % (len(sent) + 1) for at in cuts)}),
    )
    pieces = [sent[at:until] for at, until in zip(places, [*places[1:], len(sent)], strict=True)]
    return b"".join([*(one for piece in pieces for one in body.feed(piece)), *body.end()])


CUTS = st.lists(st.integers(0, 400), max_size=6)
COMMANDS = f"{OLD} {NEW} refs/heads/a".encode(), f"{OLD} {NEW} refs/heads/b".encode()
REST = line(COMMANDS[1]) + b"0000PACK" + bytes(range(256))


@given(CUTS, st.sampled_from([b"", line(b"shallow " + OLD.encode())]))
def test_the_first_command_asks_for_all_or_nothing(cuts: list[int], before: bytes) -> None:
    """The capability is added once, and no other byte changes, wherever the pieces are cut."""
    sent = before + line(COMMANDS[0] + b"\0 report-status side-band-64k") + REST

    assert asked(sent, cuts) == before + line(COMMANDS[0] + b"\0 report-status side-band-64k atomic") + REST
    assert asked(sent, cuts, pushes=False) == sent


@given(CUTS, st.sampled_from([
    line(COMMANDS[0] + b"\0 atomic report-status") + REST, b"0000", b"", b"00", b"zzzz and more", b"0001",
    line(COMMANDS[0]) + REST, b"ffff" + b"x" * 300,
]))  # fmt: skip
def test_what_asks_already_or_is_no_push_is_left(cuts: list[int], sent: bytes) -> None:
    """Only git says what it cannot read."""
    assert asked(sent, cuts) == sent


def test_a_line_that_would_be_too_long_is_left() -> None:
    """A line of the protocol has at most 65,520 bytes; a ref of that length is refused later by its name."""
    sent = line(COMMANDS[0] + b"\0" + b"x" * 65_415) + REST

    assert asked(sent, []) == sent
