"""The process a worker runs in: its surroundings, its last words, and its end."""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import threading
from collections import deque
from concurrent.futures import Future
from contextlib import suppress
from typing import IO, TYPE_CHECKING

from roadworthy.build.model.scratch import Scratch
from roadworthy.build.workplace.variables import closed
from roadworthy.errors import LoadFailed

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.build.model.spec import ModelSpec

_LINES, _WIDTH = 40, 400  # of what it printed are kept
# Threads of OpenMP spin against each other on a busy machine: 2 ms at the 99th percentile with one, 250 with two.
_ONE_THREAD = dict.fromkeys(
    ("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS", "NUMEXPR_NUM_THREADS", "POLARS_MAX_THREADS"), "1"
)


class Process:
    """A started worker: the socket to it, and what it printed last."""

    def __init__(self, spec: ModelSpec) -> None:
        self._scratch = Scratch()
        self.channel, theirs = socket.socketpair()
        life, self._lifeline = os.pipe()  # ends the worker when we are gone, however we go
        self._printed: deque[str] = deque(maxlen=_LINES)
        started: Future[subprocess.Popen[bytes]] = Future()
        self._listener = threading.Thread(
            target=self._listen, args=(started, spec, theirs.fileno(), life), name="worker output", daemon=True
        )
        self._listener.start()
        try:
            self._process = started.result()
        except OSError as fault:
            os.close(self._lifeline)
            self.channel.close()
            self._scratch.remove()
            raise LoadFailed(
                f"The worker cannot be started: {fault}.",
                remedy="See that the project's Python environment is there: `roadworthy doctor`.",
            ) from fault
        finally:
            theirs.close()
            os.close(life)

    def _start(self, spec: ModelSpec, channel: int, life: int) -> subprocess.Popen[bytes]:
        return subprocess.Popen(
            _confined(
                [str(spec.python), "-m", "roadworthy_kit.worker", str(channel), str(life)], spec, self._scratch.path
            ),
            cwd=spec.folder,
            env=_surroundings(spec, self._scratch.path),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            pass_fds=(channel, life),
            start_new_session=True,
        )

    def _listen(self, started: Future[subprocess.Popen[bytes]], spec: ModelSpec, channel: int, life: int) -> None:
        """Start the worker, read what it prints, so that it never waits for us, and keep the end of it.

        A confined process ends with the thread that started it: this one lives as long as the worker.
        """
        try:
            process = self._start(spec, channel, life)
        except OSError as fault:
            started.set_exception(fault)
            return
        output: IO[bytes] | None = process.stdout
        started.set_result(process)
        if output is None:
            return
        with output:
            while line := output.readline(_WIDTH):
                self._printed.append(line.decode(errors="replace").rstrip())

    @property
    def pid(self) -> int:
        """Its process id, which is also its group's."""
        return self._process.pid

    def has_ended(self) -> bool:
        """Whether it has ended by itself."""
        return self._process.poll() is not None

    def last_words(self) -> str:
        """Return what it printed last, as lines to be shown under a problem; empty when it printed nothing."""
        self._listener.join(timeout=0.5)
        return "".join(f"\n  {line}" for line in [*self._printed][-12:])

    def how_it_ended(self, wait: float = 1.0) -> str:
        """Return how it ended, in words."""
        try:
            status = self._process.wait(timeout=wait)
        except subprocess.TimeoutExpired:
            return "it closed its socket and went on"
        if status >= 0:
            return f"exit status {status}"
        hint = " (perhaps out of memory)" if status == -signal.SIGKILL else ""
        return f"killed by {signal.Signals(-status).name}{hint}"

    def end(self) -> None:
        """End it and everything that it started; may be repeated."""
        with suppress(ProcessLookupError, PermissionError):  # it has ended, and all of its group
            os.killpg(self._process.pid, signal.SIGKILL)
        self._process.wait()
        self.channel.close()
        if self._lifeline >= 0:
            os.close(self._lifeline)
            self._lifeline = -1
        self._listener.join(timeout=1)
        self._scratch.remove()


def _confined(command: list[str], spec: ModelSpec, scratch: Path) -> list[str]:
    if spec.confinement is None or not spec.confinement.isolates:
        return command
    reach = closed(spec.folder, scratch, [spec.kit, spec.path], [spec.python])
    return spec.confinement.wrap(command, reach, str(spec.folder.resolve()))


def _surroundings(spec: ModelSpec, scratch: Path) -> dict[str, str]:
    """Return the environment of a worker: nothing of ours, one thread, and a home that is thrown away."""
    return {
        **_ONE_THREAD,
        "PATH": f"{spec.python.parent}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": ":".join(map(str, (spec.kit, spec.folder / "src", spec.folder))),
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
    }
