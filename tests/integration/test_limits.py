"""Limits of a job: whatever breaks one is ended soon, whole, and told apart from the others."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from typing import TYPE_CHECKING

import pytest

from roadworthy.app.runner.check import Breached, Commands
from roadworthy.app.runner.limits import DISK, MEMORY, Limits, processes, watched
from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path

SMALL = Limits(memory=300 << 20, processes=20, disk=64 << 20, seconds=60.0)
# Each of the first few has more, faster than they could be counted; it ends by itself after a while.
BOMB = "import os, time\nfor _ in range(7):\n    os.fork()\n    time.sleep(0.05)\ntime.sleep(20)\n"
HOG = "import time\nheld = []\nwhile True:\n    held.append(bytearray(b'x' * (20 << 20)))\n    time.sleep(0.05)\n"
GULP = "import time\ntime.sleep(0.5)\nheld = bytearray(700 << 20)\ntime.sleep(60)\n"
KEEP = "import time; held = bytearray(b'x' * (120 << 20)); time.sleep(60)"
# In sessions of their own: still below us.
SHARED = f"""import subprocess, sys, time
for _ in range(4):
    subprocess.Popen([sys.executable, '-c', {KEEP!r}], start_new_session=True)
time.sleep(60)
"""
MANY = """import time
for n in range(40):
    open(f'part{n}', 'wb').write(b'x' * (8 << 20))
    time.sleep(0.05)
time.sleep(60)
"""
LOG = "import os\nwhile True:\n    os.write(1, b'x' * (1 << 20))\n"


def breach(code: str, folder: Path) -> tuple[list[str], subprocess.Popen[bytes], set[int]]:
    """Run *code* under small limits until it has ended; return what was told, and the processes that were seen."""
    breached: list[str] = []
    log = (folder / "log").open("wb")
    with log:
        process = subprocess.Popen([sys.executable, "-c", code], cwd=folder, stdout=log, stderr=log)
    seen: set[int] = set()
    with watched(process.pid, SMALL, (folder,), breached):
        until = time.monotonic() + 60
        while process.poll() is None and time.monotonic() < until:
            seen |= set(processes(process.pid))
            time.sleep(0.05)
    assert process.wait(timeout=1) != 0
    return breached, process, seen


@pytest.mark.parametrize(("code", "told"), [
    (BOMB, "Killed: it had more than 20 processes."),
    (HOG, "Killed: it used more than 300 MiB of memory."),
    (SHARED, "Killed: it used more than 300 MiB of memory."),
    (MANY, "Killed: it wrote more than 64 MiB to disk."),
])  # fmt: skip
def test_what_breaks_a_limit_is_ended_with_all_below_it(tmp_path: Path, code: str, told: str) -> None:
    """It is told which limit it was, and nothing of it goes on."""
    breached, _, seen = breach(code, tmp_path)

    assert breached == [told]
    time.sleep(0.2)
    assert not [one for one in seen if len(processes(one)) > 1 or _is_alive(one)]


def _is_alive(process: int) -> bool:
    try:
        with open(f"/proc/{process}/stat", encoding="utf-8") as stat:  # noqa: PTH123 - a file of the kernel's
            return stat.read().rpartition(")")[2].split()[0] not in {"Z", "X"}
    except OSError:
        return False


def test_no_process_takes_twice_the_memory_at_once(tmp_path: Path) -> None:
    """The kernel refuses it: between two looks nobody would have seen it."""
    breached, _, _ = breach(GULP, tmp_path)

    assert breached == []
    assert "MemoryError" in (tmp_path / "log").read_text(encoding="utf-8")


def test_no_file_grows_beyond_the_limit(tmp_path: Path) -> None:
    """A log of ten gigabytes is cut off by the kernel where the limit is."""
    _, process, _ = breach(LOG, tmp_path)

    assert process.returncode != 0
    assert (tmp_path / "log").stat().st_size <= SMALL.disk + (1 << 16)


def test_a_job_that_takes_too_long_is_told_so(tmp_path: Path) -> None:
    """As its verdict: to do it again would take as long."""
    said: list[str] = []
    limits = Limits(seconds=1.0)
    commands = Commands(tmp_path, dict(os.environ), said.append, time.monotonic(), 0, limits, tmp_path)

    with pytest.raises(Breached, match="did not end within 1 s"):
        commands.run("up", "--home", str(tmp_path / "home"), "--port", "0")


def test_limits_are_set_by_whoever_runs_the_platform() -> None:
    """In GiB; what is no number is refused."""
    assert Limits.of({MEMORY: "2", DISK: "0.5"}) == Limits(memory=2 << 30, disk=1 << 29)
    with pytest.raises(UsageError, match="ROADWORTHY_JOB_MEMORY is 'much'"):
        Limits.of({MEMORY: "much"})
