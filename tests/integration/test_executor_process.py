"""Stages as processes: they end well, badly, late, or with us; and nothing that they started is left."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from kernel import needed, needed_bubblewrap
from roadworthy.adapters.confinement.linux.confinement import LinuxConfinement
from roadworthy.adapters.confinement.none import NoConfinement
from roadworthy.adapters.executor.process.executor import ProcessExecutor
from roadworthy.app.local import confinement
from roadworthy.build.pipeline.executor import Task
from roadworthy.build.workplace.variables import reach_of
from roadworthy.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.build.workplace.confinement import Confinement, Reach


class LandlockAlone(LinuxConfinement):
    """Confines, and follows nobody."""

    def wrap(self, command: Sequence[str], reach: Reach, folder: str) -> list[str]:  # noqa: ARG002
        """Return *command*."""
        return list(command)


@pytest.fixture
def numbered_here(executor: ProcessExecutor, request: pytest.FixtureRequest) -> ProcessExecutor:
    """The executor, where the numbers that processes see of each other are ours."""
    if "bubblewrapped" in request.node.name:
        pytest.skip("its processes have numbers of their own")
    return executor


def bubblewrapped() -> Confinement:
    """Return bubblewrap, with what follows inside it."""
    return confinement({"ROADWORTHY_CONFINEMENT": "bubblewrap"})()


@pytest.fixture(
    params=[NoConfinement, LandlockAlone, LinuxConfinement, bubblewrapped],
    ids=["free", "confined", "followed", "bubblewrapped"],
)
def executor(request: pytest.FixtureRequest) -> Iterator[ProcessExecutor]:
    """An executor, closed in the end: whatever its tasks are confined to, it does the same."""
    if request.param is not NoConfinement:
        needed()
    if request.param is bubblewrapped:
        needed_bubblewrap()
    executor = ProcessExecutor(request.param)
    yield executor
    executor.close()


def task(folder: Path, *commands: str, timeout: float | None = None, memory: int | None = None) -> Task:
    """Return a task in *folder*."""
    environment = {"PATH": os.defpath, "GIVEN": "yes"}
    log = folder / "logs" / "stage.log"
    (folder / "scratch").mkdir(exist_ok=True)
    (folder / "scratch.trace").touch()
    reach = reach_of(folder, folder / "scratch", Path(sys.executable), folder, log=log, all_told=True)
    return Task("stage", commands, folder, environment, log, timeout, memory, reach)


def log(folder: Path) -> str:
    """Return what the task of *folder* wrote."""
    return (folder / "logs" / "stage.log").read_text()


def is_alive(process: int) -> bool:
    """Return whether a process runs; one that is dead and only not yet collected does not."""
    status = subprocess.run(["ps", "-o", "stat=", "-p", str(process)], capture_output=True, text=True, check=False)
    return status.stdout.strip()[:1] not in {"", "Z"}


def until(path: Path) -> str:
    """Return the content of *path* once it is there."""
    for _ in range(400):
        if path.exists() and path.read_text().endswith("\n"):
            return path.read_text().strip()
        time.sleep(0.025)
    pytest.fail(f"{path} did not appear")


def test_commands_run_one_after_another(tmp_path: Path, executor: ProcessExecutor) -> None:
    """Commands share a folder and a log; only the given environment is passed; standard input is empty."""
    outcome = executor.start(task(tmp_path, "cat; echo $GIVEN$HOME", "pwd >&2")).wait()

    assert outcome.ok
    assert log(tmp_path).splitlines() == ["yes", str(tmp_path)]


def test_a_failing_command_is_the_last(tmp_path: Path, executor: ProcessExecutor) -> None:
    """What follows a failing command is not run, and the command is named."""
    outcome = executor.start(task(tmp_path, "exit 3", "touch after")).wait()

    assert (outcome.end, outcome.status, outcome.command) == ("exited", 3, "exit 3")
    assert not (tmp_path / "after").exists()


def test_a_killed_stage_is_told_from_a_failed_one(tmp_path: Path, executor: ProcessExecutor) -> None:
    """A signal from outside is reported as such, also when a shell stands between."""
    outcome = executor.start(task(tmp_path, "kill -KILL $$")).wait()
    behind_a_shell = executor.start(task(tmp_path, "sh -c 'kill -SEGV $$'; exit $?")).wait()

    assert (outcome.end, outcome.status) == ("signalled", signal.SIGKILL)
    assert (behind_a_shell.end, behind_a_shell.status) == ("signalled", signal.SIGSEGV)


def test_a_hanging_stage_is_ended_with_all_that_it_started(tmp_path: Path, numbered_here: ProcessExecutor) -> None:
    """At its limit a stage is ended, also when it and its children ignore the polite signal."""
    command = "trap '' TERM; (trap '' TERM; sleep 60) & echo $! > child; while :; do sleep 0.1; done"
    outcome = numbered_here.start(task(tmp_path, command, timeout=0.4)).wait()

    assert outcome.end == "timed_out"
    assert outcome.seconds < 5
    assert not is_alive(int((tmp_path / "child").read_text()))


def test_what_a_stage_leaves_in_the_background_is_ended(tmp_path: Path, numbered_here: ProcessExecutor) -> None:
    """A process that a finished stage left behind could still change its outputs: it is ended."""
    outcome = numbered_here.start(task(tmp_path, "sleep 60 & echo $! > child")).wait()

    assert outcome.ok
    assert not is_alive(int((tmp_path / "child").read_text()))


def test_a_cancelled_stage_ends_soon(tmp_path: Path, executor: ProcessExecutor) -> None:
    """Cancelling from another thread ends a stage, and may be repeated."""
    lease = executor.start(task(tmp_path, "sleep 60"))
    threading.Timer(0.1, lease.cancel).start()
    outcome = lease.wait()
    lease.cancel()

    assert outcome.end == "cancelled"
    assert outcome.seconds < 5


def test_closing_ends_what_runs(tmp_path: Path) -> None:
    """An executor that is closed leaves nothing running."""
    executor = ProcessExecutor(NoConfinement)
    leases = [executor.start(task(tmp_path, f"echo $$ > {name}; sleep 60")) for name in ("a", "b")]
    processes = [int(until(tmp_path / name)) for name in ("a", "b")]
    executor.close()

    assert [lease.wait().end for lease in leases] == ["cancelled", "cancelled"]
    assert not any(is_alive(process) for process in processes)


def test_memory_is_limited(tmp_path: Path, executor: ProcessExecutor) -> None:
    """A stage cannot allocate more than it declared."""
    command = f"{sys.executable} -c 'bytearray(400 << 20)'"
    limited = executor.start(task(tmp_path, command, memory=200 << 20)).wait()
    free = executor.start(task(tmp_path, command)).wait()

    assert limited.status == 1
    assert "MemoryError" in log(tmp_path)
    assert free.ok


def test_a_folder_that_is_not_there_is_said(tmp_path: Path, executor: ProcessExecutor) -> None:
    """A working folder that is missing is an error with a remedy."""
    wanted = task(tmp_path, "true")
    lease = executor.start(Task("stage", ("true",), tmp_path / "missing", {}, wanted.log))

    with pytest.raises(StorageError, match="could not be started"):
        lease.wait()


@pytest.mark.parametrize("number", [signal.SIGKILL, signal.SIGTERM])
def test_killing_us_ends_the_stage(tmp_path: Path, number: signal.Signals) -> None:
    """When we are killed, without a chance to act, the stage is killed too, and only then the rescue is run."""
    script = tmp_path / "run.py"
    script.write_text(
        f"""
import fcntl, sys
from pathlib import Path
from roadworthy.adapters.confinement.none import NoConfinement
from roadworthy.adapters.executor.process.executor import ProcessExecutor
from roadworthy.adapters.executor.process.watchdog import Rescue
from roadworthy.build.pipeline.executor import Task
folder = Path({str(tmp_path)!r})
alive = (folder / "alive").open("w")
fcntl.flock(alive, fcntl.LOCK_EX)
rescue = Rescue(alive.fileno(), ["sh", "-c", "echo rescued > " + str(folder / "rescued")])
executor = ProcessExecutor(NoConfinement, lambda: rescue)
command = "sleep 60 & echo $! > child; wait"
executor.start(Task("stage", (command,), folder, {{"PATH": "/usr/bin:/bin"}}, folder / "log")).wait()
"""
    )
    running = subprocess.Popen([sys.executable, str(script)])
    child = int(until(tmp_path / "child"))
    os.kill(running.pid, number)
    running.wait()

    assert until(tmp_path / "rescued") == "rescued"
    assert not is_alive(child)
