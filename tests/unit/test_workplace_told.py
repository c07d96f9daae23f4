"""Of what a project's code printed, its author is told their own line and what was raised."""

from __future__ import annotations

import traceback
from pathlib import Path

import pytest

from roadworthy.build.workplace.told import tail

PROJECT = Path("/team/project")
LIBRARY = "/usr/lib/python3/site-packages/frames/engine.py"
KIT = "/team/project/.roadworthy/kit/1/roadworthy_kit/trace.py"


def frame(path: str, source: str) -> str:
    """Return one frame of a traceback, as Python prints it."""
    return f'  File "{path}", line 7, in work\n    {source}\n    ^^^^^^^^\n'


def trace(*frames: str, raised: str) -> str:
    """Return a traceback."""
    return "".join(["Traceback (most recent call last):\n", *frames, f"{raised}\n"])


def test_the_frames_of_a_library_do_not_hide_ones_own_line() -> None:
    """Of fifty frames of a library, the last is told: where it was raised."""
    inner = [frame(LIBRARY, f"step({number})") for number in range(50)]
    text = "reading\n" + trace(frame("/team/project/src/train.py", "fit(rows)"), *inner, raised="ValueError: no rows")

    told = tail(text, PROJECT, 20)

    assert told == [
        "reading",
        "Traceback (most recent call last):",
        *frame("/team/project/src/train.py", "fit(rows)").splitlines(),
        *frame(LIBRARY, "step(49)").splitlines(),
        "ValueError: no rows",
    ]


@pytest.mark.parametrize("most", [1, 5, 20])
def test_ones_own_line_is_told_whatever_is_printed_after_it(most: int) -> None:
    """A message of a hundred lines, and what is printed at the end, push neither the line nor the exception away."""
    own = frame("/team/project/src/train.py", "fit(rows)")
    text = trace(own, frame(LIBRARY, "raise"), raised="ValueError: wrong\n" + "  detail\n" * 100) + "goodbye\n"

    told = tail(text, PROJECT, most)

    assert "    fit(rows)" in told
    assert "ValueError: wrong" in told
    assert told[-1] == "goodbye"
    assert len(told) <= most + len(own.splitlines()) + 2


def test_of_a_chain_the_innermost_own_line_and_the_last_exception_are_told() -> None:
    """What a library raised while it handled another exception is told with the line that called it."""
    first = trace(frame(LIBRARY, "look()"), frame(LIBRARY, "deeper()"), raised="KeyError: 1")
    then = trace(frame("/team/project/src/train.py", 'rows["wind"]'), frame(LIBRARY, "raise"), raised="KeyError: wind")
    text = f"{first}\nThe above exception was the direct cause of the following exception:\n\n{then}"

    told = tail(text, PROJECT, 100)

    assert '    rows["wind"]' in told
    assert told[-1] == "KeyError: wind"
    assert "    look()" not in told


@pytest.mark.parametrize(
    "path", [KIT, "/team/project/.venv/lib/site-packages/a.py", "/team/project/.roadworthy/environments/1/a.py"]
)
def test_what_is_installed_in_the_project_is_not_its_own(path: str) -> None:
    """An environment inside of the project's folder holds the code of others, and so does the kit."""
    text = trace(
        frame("/team/project/src/train.py", "fit(rows)"),
        frame(path, "theirs()"),
        frame(LIBRARY, "raise"),
        raised="E: x",
    )

    told = tail(text, PROJECT, 20)

    assert "    fit(rows)" in told
    assert "    theirs()" not in told


def test_a_log_without_an_own_frame_is_told_as_it_ends() -> None:
    """Nothing is left out where nothing is the project's."""
    text = "".join(f"line {number}\n" for number in range(30)) + trace(
        frame(LIBRARY, "one()"), frame(LIBRARY, "two()"), raised="E: x"
    )

    assert tail(text, PROJECT, 12) == text.splitlines()[-12:]


def test_what_python_prints_is_understood() -> None:
    """A real traceback, of a group of exceptions too, is read as one."""

    def fail(depth: int) -> None:
        if depth:
            fail(depth - 1)
        raise ExceptionGroup("both", [ValueError("one"), TypeError("two")])

    try:
        fail(30)
    except ExceptionGroup as fault:
        text = "".join(traceback.format_exception(fault))
    told = tail(text, Path(__file__).parent, 12)

    assert any("raise ExceptionGroup" in line for line in told)
    assert any("TypeError: two" in line for line in told)
