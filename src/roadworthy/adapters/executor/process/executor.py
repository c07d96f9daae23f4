"""Stages as processes of this machine, each in a process group of its own."""

from __future__ import annotations

import contextlib
import os
import select
import signal
import subprocess
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from roadworthy.adapters.executor.process.watchdog import Watchdog
from roadworthy.build.pipeline.executor import Outcome
from roadworthy.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.adapters.executor.process.watchdog import Rescue
    from roadworthy.build.pipeline.executor import Lease, Task
    from roadworthy.build.workplace.confinement import Confinement

End = Literal["exited", "signalled", "timed_out", "cancelled"]

# Registers its process group before it does anything else, so that there is no moment in which it could be left alone.
_BEGIN = 'echo "+$$" >&0; exec </dev/null; [ -z "$1" ] || ulimit -d "$1"; shift; exec "$@"'
_GRACE = 1.0  # seconds between asking a process to end and ending it
_LAST_WAIT = 2.0
_SHELL_SIGNAL = 128  # a shell reports a child killed by signal N as 128 + N
_KILLS = {
    number.value
    for number in (
        signal.SIGKILL, signal.SIGTERM, signal.SIGSEGV, signal.SIGABRT, signal.SIGBUS, signal.SIGILL, signal.SIGFPE
    )
}  # fmt: skip


class ProcessExecutor:
    """Runs tasks here. An Executor."""

    def __init__(self, confinement: Callable[[], Confinement], rescue: Callable[[], Rescue] | None = None) -> None:
        """Take what gives the confinement, asked for each task, and the rescue, asked when the first starts."""
        self._confinement = confinement
        self._rescue = rescue
        self._watchdog: Watchdog | None = None
        self._leases: set[ProcessLease] = set()
        self._lock = threading.Lock()

    def start(self, task: Task) -> Lease:
        """Start *task* in a thread that follows it to its end."""
        try:
            task.log.parent.mkdir(parents=True, exist_ok=True)
            log = os.open(task.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND | os.O_CLOEXEC, 0o644)
        except OSError as fault:
            raise StorageError(
                f"The log {task.log} cannot be written: {fault.strerror}.",
                remedy="Free some space, or make the folder .roadworthy writable; then run again.",
            ) from fault
        with self._lock:
            if self._watchdog is None or not self._watchdog.alive:
                self._watchdog = Watchdog(self._rescue() if self._rescue else None)
            lease = ProcessLease(task, log, self._watchdog, self._confinement())
            self._leases = {running for running in self._leases if running.is_running} | {lease}
        lease.begin()
        return lease

    def close(self) -> None:
        """End everything that still runs, and send the watchdog away."""
        with self._lock:
            for lease in self._leases:
                lease.cancel()
            for lease in self._leases:
                lease.join()
            self._leases.clear()
            if self._watchdog is not None:
                self._watchdog.close()
                self._watchdog = None


class ProcessLease:
    """A task of the ProcessExecutor."""

    def __init__(self, task: Task, log: int, watchdog: Watchdog, confinement: Confinement) -> None:
        self._task = task
        self._log = log
        self._watchdog = watchdog
        self._confinement = confinement
        self._cancel = os.eventfd(0, os.EFD_CLOEXEC)
        self._outcome: Outcome | None = None
        self._fault: OSError | None = None
        self._thread = threading.Thread(target=self._follow, name=f"stage {task.name}", daemon=True)

    @property
    def is_running(self) -> bool:
        """Whether it has not ended."""
        return self._thread.is_alive()

    def begin(self) -> None:
        """Start the first command."""
        self._thread.start()

    def join(self) -> None:
        """Wait until it has ended, however it did."""
        self._thread.join()

    def cancel(self) -> None:
        """End it."""
        if self._outcome is None:
            with contextlib.suppress(OSError):  # it ended meanwhile
                os.eventfd_write(self._cancel, 1)

    def wait(self) -> Outcome:
        """Return how it ended."""
        self.join()
        if self._outcome is None:
            raise StorageError(
                f"Stage {self._task.name} could not be started: {self._fault}.",
                remedy="See that its working folder is there, and that the machine can start more processes.",
            ) from self._fault
        return self._outcome

    def _follow(self) -> None:
        try:
            if self._task.reach is not None:  # what this thread starts inherits what it is confined to
                self._confinement.enter(self._task.reach)
            self._outcome = self._run()
        except OSError as fault:
            self._fault = fault
        finally:
            os.close(self._log)
            os.close(self._cancel)

    def _run(self) -> Outcome:
        began = time.monotonic()
        deadline = None if self._task.timeout is None else began + self._task.timeout
        ended = Outcome("exited", 0, "", 0.0)
        for command in self._task.commands:
            end, status = self._command(command, deadline)
            ended = Outcome(end, status, command, time.monotonic() - began)
            if not ended.ok:
                break
        return ended

    def _command(self, command: str, deadline: float | None) -> tuple[End, int]:
        task = self._task
        memory = "" if task.memory is None else str(task.memory // 1024)
        words = ["/bin/sh", "-c", command]
        process = subprocess.Popen(
            [
                *("/bin/sh", "-c", _BEGIN, "stage", memory),
                *(words if task.reach is None else self._confinement.wrap(words, task.reach, str(task.folder))),
            ],
            cwd=task.folder,
            env=dict(task.environment),
            stdin=self._watchdog.register,
            stdout=self._log,
            stderr=subprocess.STDOUT,
            start_new_session=True,
        )
        end = self._until_end(process, deadline)
        status = process.wait()
        self._gone(process.pid)
        return _ending(end, status)

    def _until_end(self, process: subprocess.Popen[bytes], deadline: float | None) -> End:
        """Wait for the leader of the group, then end the rest of the group; the leader is not reaped yet."""
        handle = os.pidfd_open(process.pid)
        try:
            end = self._wait(handle, deadline)
            if end != "exited":
                _signal(process.pid, signal.SIGTERM)
                _ready([handle], _GRACE)
            # As long as the leader is not reaped, its number cannot belong to anybody else.
            _signal(process.pid, signal.SIGKILL)
            _ready([handle], None)
        finally:
            os.close(handle)
        return end

    def _wait(self, handle: int, deadline: float | None) -> End:
        ready = _ready([handle, self._cancel], None if deadline is None else max(0.0, deadline - time.monotonic()))
        if handle in ready:
            return "exited"
        return "cancelled" if ready else "timed_out"

    def _gone(self, group: int) -> None:
        until = time.monotonic() + _LAST_WAIT
        while _signal(group, 0) and _runs(group) and time.monotonic() < until:
            time.sleep(0.005)
        self._watchdog.forget(group)


def _ready(handles: list[int], patience: float | None) -> list[int]:
    """Return which of *handles* have something to read, waiting at most *patience* seconds for the first."""
    poll = select.poll()
    for handle in handles:
        poll.register(handle, select.POLLIN)
    return [handle for handle, _ in poll.poll(None if patience is None else patience * 1000)]


def _signal(group: int, number: int) -> bool:
    """Send a signal to a process group; return whether there is such a group."""
    try:
        os.killpg(group, number)
    except ProcessLookupError:
        return False
    except PermissionError:  # only zombies, or a process that changed its user, are left
        return number != 0
    return True


def _runs(group: int) -> bool:
    """Return whether a process of *group* runs; those that are dead and not yet collected by init do not."""
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):  # it ended meanwhile
            state, _, its_group = entry.read_text(errors="replace").rpartition(")")[2].split()[:3]
            if int(its_group) == group and state not in {"Z", "X"}:
                return True
    return False


def _ending(end: End, status: int) -> tuple[End, int]:
    if end != "exited":
        return end, abs(status)
    if status < 0:
        return "signalled", -status
    if status - _SHELL_SIGNAL in _KILLS:
        return "signalled", status - _SHELL_SIGNAL
    return end, status
