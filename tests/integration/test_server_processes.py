"""The server's children: kept running, told apart, and ended with it, however it ends."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from roadworthy.app.server.children.processes import Processes, Program

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

SLEEPER = "import time; print('here', flush=True); time.sleep(60)"
READER = "import sys; print('heard', len(sys.stdin.readline().strip()), flush=True); sys.stdin.read()"
PARENT = """
import sys, time
from pathlib import Path
from roadworthy.app.server.children.processes import Processes, Program

processes = Processes(print)
log = Path(sys.argv[1])
processes.want(Program("sleeper", [sys.executable, "-c", "import time; time.sleep(60)"], log.parent, {}, log))
while not processes.running():
    time.sleep(0.02)
print(processes.running()["sleeper"], flush=True)
time.sleep(60)
"""


@pytest.fixture
def said() -> list[str]:
    """Return what was said of the processes."""
    return []


@pytest.fixture
def processes(said: list[str]) -> Iterator[Processes]:
    """Give processes, ended afterwards."""
    made = Processes(said.append)
    yield made
    made.close()


def program(folder: Path, code: str, name: str = "one", secret: str = "") -> Program:
    """Return a program of Python's."""
    return Program(name, [sys.executable, "-c", code], folder, {"PATH": os.environ["PATH"]}, folder / "log", secret)


def until(holds: Callable[[], bool], seconds: float = 10) -> None:
    """Wait until something holds."""
    end = time.monotonic() + seconds
    while not holds():
        assert time.monotonic() < end
        time.sleep(0.02)


def alive(number: int) -> bool:
    """Whether a process runs: not one that is dead and not yet collected."""
    with suppress(FileNotFoundError, ProcessLookupError):
        return Path(f"/proc/{number}/stat").read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
    return False


def test_a_program_that_ends_is_started_again(processes: Processes, said: list[str], tmp_path: Path) -> None:
    """Killed, it comes back as another process, and that it ended is said."""
    processes.want(program(tmp_path, SLEEPER))
    until(lambda: bool(processes.running()))
    first = processes.running()["one"]
    os.kill(first, signal.SIGKILL)
    until(lambda: processes.running().get("one") not in {None, first})

    assert "one ended with status -9" in said[0]


def test_the_same_program_is_not_started_twice(processes: Processes, tmp_path: Path) -> None:
    """Wanting what runs changes nothing; wanting it otherwise ends it first."""
    processes.want(program(tmp_path, SLEEPER))
    until(lambda: bool(processes.running()))
    first = processes.running()["one"]
    processes.want(program(tmp_path, SLEEPER))
    assert processes.running() == {"one": first}

    processes.want(program(tmp_path, f"{SLEEPER}  # otherwise"))
    until(lambda: processes.running().get("one") not in {None, first})
    assert not alive(first)


def test_a_secret_is_heard_and_stands_nowhere(processes: Processes, tmp_path: Path) -> None:
    """It is the first line of standard input: no argument, no variable, no repr."""
    wanted = program(tmp_path, READER, secret="s3cret-canary")  # noqa: S106 - a canary
    processes.want(wanted)
    until(lambda: "heard 13" in (tmp_path / "log").read_text() if (tmp_path / "log").exists() else False)
    number = processes.running()["one"]

    assert "canary" not in repr(wanted)
    for name in ("cmdline", "environ"):
        assert b"canary" not in Path(f"/proc/{number}/{name}").read_bytes()


def test_a_dropped_program_ends(processes: Processes, tmp_path: Path) -> None:
    """Others go on."""
    processes.want(program(tmp_path, SLEEPER, "one"))
    processes.want(program(tmp_path, SLEEPER, "two"))
    until(lambda: len(processes.running()) == 2)
    one = processes.running()["one"]
    processes.drop("one")

    assert not alive(one)
    assert list(processes.running()) == ["two"]


def test_children_end_when_the_server_is_killed(tmp_path: Path) -> None:
    """After kill -9 of the server nothing of it goes on."""
    with subprocess.Popen(
        [sys.executable, "-c", PARENT, str(tmp_path / "log")], stdout=subprocess.PIPE, text=True
    ) as server:
        assert server.stdout is not None
        child = int(server.stdout.readline())
        assert alive(child)
        server.kill()

    until(lambda: not alive(child))
