"""Progress is shown only of what takes long."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

import pytest

from roadworthy.cli.progress import Progress, readable

if TYPE_CHECKING:
    from collections.abc import Callable


@pytest.mark.parametrize(
    ("size", "text"), [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5155818, "4.9 MiB"), (2**50, "1024.0 TiB")]
)
def test_sizes_read_as_people_write_them(size: int, text: str) -> None:
    """A size has at most one digit after the point, in the unit that fits."""
    assert readable(size) == text


def test_what_is_quick_shows_nothing(capsys: pytest.CaptureFixture[str]) -> None:
    """Work that ends within two seconds leaves the terminal alone."""
    with Progress("working") as shown:
        shown.add(10)

    assert capsys.readouterr() == ("", "")


def test_what_is_slow_says_how_far_it_is(capsys: pytest.CaptureFixture[str]) -> None:
    """Later a line on standard error tells what is done; standard output stays clean."""
    with Progress("working", total=2048, after=0) as shown:
        shown.add(1024)
        _wait(lambda: bool(shown._shown))
    said = capsys.readouterr()

    assert said.out == ""
    assert said.err.startswith("working · ")
    assert shown.line().startswith("working · 1.0 KiB of 2.0 KiB · ")


def _wait(until: Callable[[], bool]) -> None:
    for _ in range(1000):
        if until():
            return
        time.sleep(0.005)
    raise AssertionError("never shown")
