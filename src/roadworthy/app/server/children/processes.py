"""The server's child processes, runners and services: kept running, and ended with the server, however it ends."""

from __future__ import annotations

import shutil
import subprocess
import threading
import time
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.errors import RoadworthyError

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence
    from pathlib import Path

_LOOK = 0.2  # seconds between two looks at what runs
_GRACE = 20.0  # seconds that children have to end by themselves
_FIRST_PAUSE, _LONGEST_PAUSE = 0.5, 30.0  # before one that ended is started again
_STEADY = 60.0  # seconds after which one that ran is no longer taken for one that cannot start


@dataclass(frozen=True, slots=True)
class Program:
    """A process that is to run.

    Attributes:
        name: Unique among those of the server.
        command: An argument list.
        folder: Where it runs.
        environment: All that it gets.
        log: Where what it prints is added.
        secret: Its first line of standard input, which stays open for as long as the server lives.
    """

    name: str
    command: Sequence[str]
    folder: Path
    environment: Mapping[str, str]
    log: Path
    secret: str = field(default="", repr=False)


@dataclass
class _Child:
    program: Program
    process: subprocess.Popen[bytes] | None = None
    began: float = 0.0
    pause: float = _FIRST_PAUSE
    again: float = 0.0


class Processes:
    """Keeps programs running: one that ends is started again, later each time."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self._say = say
        self._children: dict[str, _Child] = {}
        self._ended: Callable[[str], object] = lambda _: None
        self._lock = threading.Lock()
        self._over = threading.Event()
        # Children end with the thread that started them: this one lives as long as the server.
        self._thread = threading.Thread(target=self._work, name="processes", daemon=True)
        self._thread.start()

    def when_ended(self, tell: Callable[[str], object]) -> None:
        """Have *tell* called with the name of a program that ended by itself, before it is started again."""
        self._ended = tell

    def want(self, program: Program) -> None:
        """Have *program* run from now on; one of its name that runs differently is ended first."""
        with self._lock:
            there = self._children.get(program.name)
            if there is not None and there.program == program:
                return
            if there is not None:
                _end([there])
            self._children[program.name] = _Child(program)

    def drop(self, name: str) -> None:
        """End the program called *name*, if there is one."""
        with self._lock:
            there = self._children.pop(name, None)
        if there is not None:
            _end([there])

    def running(self) -> Mapping[str, int]:
        """Return the process number of each program that runs."""
        with self._lock:
            return {
                name: child.process.pid
                for name, child in self._children.items()
                if child.process is not None and child.process.poll() is None
            }

    def failing(self) -> Mapping[str, bool]:
        """Return for each program that is to run whether it ended and was not started again yet."""
        with self._lock:
            return {
                name: child.began > 0 and (child.process is None or child.process.poll() is not None)
                for name, child in self._children.items()
            }

    def close(self) -> None:
        """End everything."""
        self._over.set()
        self._thread.join()
        _end(list(self._children.values()))

    def _work(self) -> None:
        while not self._over.wait(_LOOK):
            with self._lock:
                for child in self._children.values():
                    self._tend(child)

    def _tend(self, child: _Child) -> None:
        now = time.monotonic()
        if child.process is not None:
            if child.process.poll() is None:
                return
            lived = now - child.began
            child.pause = _FIRST_PAUSE if lived > _STEADY else min(child.pause * 2, _LONGEST_PAUSE)
            child.again = now + child.pause
            status = child.process.returncode
            self._say(f"{child.program.name} ended with status {status}; starting it again in {child.pause:g} s.")
            _let_go(child.process)
            child.process = None
            try:
                self._ended(child.program.name)
            except RoadworthyError as fault:
                self._say(f"{child.program.name}: {fault.problem} {fault.remedy}")
        if now >= child.again:
            child.began, child.process = now, _start(child.program)


def _start(program: Program) -> subprocess.Popen[bytes]:
    program.log.parent.mkdir(parents=True, exist_ok=True)
    tied = ["setpriv", "--pdeathsig", "TERM"] if shutil.which("setpriv") else []
    with program.log.open("ab") as log:
        process = subprocess.Popen(
            [*tied, *program.command], cwd=program.folder, env=dict(program.environment), stdin=subprocess.PIPE,
            stdout=log, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
    if process.stdin is not None and program.secret:
        process.stdin.write(f"{program.secret}\n".encode())
        process.stdin.flush()
    return process


def _let_go(process: subprocess.Popen[bytes]) -> None:
    if process.stdin is not None:
        process.stdin.close()


def _end(children: Sequence[_Child]) -> None:
    processes = [child.process for child in children if child.process is not None]
    for process in processes:
        process.terminate()
        _let_go(process)
    until = time.monotonic() + _GRACE
    for process in processes:
        try:
            process.wait(timeout=max(0.0, until - time.monotonic()))
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()
