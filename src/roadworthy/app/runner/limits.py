"""What the commands of a job may use: watched from outside, and ended at once with the reason when it is more."""

from __future__ import annotations

import contextlib
import os
import resource
import shutil
import signal
import threading
import time
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Self

from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

MEMORY, PROCESSES = "ROADWORTHY_JOB_MEMORY", "ROADWORTHY_JOB_PROCESSES"
DISK, SECONDS = "ROADWORTHY_JOB_DISK", "ROADWORTHY_JOB_SECONDS"
LIMITS = (MEMORY, PROCESSES, DISK, SECONDS)
_GIB = 1 << 30
_EVERY, _MEASURED_EVERY = 0.2, 5.0  # seconds between two looks at processes, and at folders
_RESERVE = 256 << 20  # bytes that a job leaves free on the disk, which the server needs too
_FIRST_TO_GO = "500"  # when memory runs out nevertheless, the kernel ends jobs before the server
_ROUNDS = 100  # in which processes are looked for that were born while others were stopped
_AT_ONCE = 2  # times the memory of a job that one process may ask for: some ask for what they never use
_PAGE = os.sysconf("SC_PAGE_SIZE")
_UNSHARED = 3  # statm: size, resident, shared


@dataclass(frozen=True, slots=True)
class Limits:
    """What all processes of a job may use together.

    Attributes:
        memory: Bytes that they hold for themselves.
        processes: How many there may be.
        disk: Bytes of their checkout and scratch folder, and of any one file.
        seconds: How long the job may take.
    """

    memory: int = 4 * _GIB
    processes: int = 512
    disk: int = 20 * _GIB
    seconds: float = 3600.0

    @classmethod
    def of(cls, environment: Mapping[str, str]) -> Self:
        """Return what *environment* says, and the usual where it says nothing: memory and disk in GiB.

        Raises:
            UsageError: A number cannot be read, or is not positive.
        """
        whole = cls()
        return cls(
            round(_number(environment, MEMORY, whole.memory / _GIB) * _GIB),
            round(_number(environment, PROCESSES, whole.processes)),
            round(_number(environment, DISK, whole.disk / _GIB) * _GIB),
            _number(environment, SECONDS, whole.seconds),
        )


def _number(environment: Mapping[str, str], name: str, usual: float) -> float:
    said = environment.get(name, "")
    try:
        found = float(said) if said else usual
    except ValueError:
        found = 0.0
    if not 0 < found < float("inf"):
        raise UsageError(f"{name} is {said!r}, which is no limit.", remedy="Write a number above 0, such as `4`.")
    return found


@contextmanager
def watched(command: int, limits: Limits, folders: Sequence[Path], breached: list[str]) -> Iterator[None]:
    """Watch the process *command* and all below it beside the block; what breaches *limits* is ended, and told."""
    over = threading.Event()
    with contextlib.suppress(OSError):
        resource.prlimit(command, resource.RLIMIT_FSIZE, (limits.disk, limits.disk))
        most = _AT_ONCE * limits.memory  # by the kernel: between two looks a process can ask for any amount
        resource.prlimit(command, resource.RLIMIT_DATA, (most, most))
        Path(f"/proc/{command}/oom_score_adj").write_text(_FIRST_TO_GO, encoding="ascii")

    def watch() -> None:
        measured = time.monotonic()
        while not over.wait(_EVERY):
            below = processes(command)
            why = _too_many(below, limits)
            if why is None and time.monotonic() - measured > _MEASURED_EVERY:
                why, measured = _too_large(folders, limits), time.monotonic()
            why = why or _full(folders)
            if why is not None:
                breached.append(why)
                end(command)
                return

    thread = threading.Thread(target=watch, name=f"limits of {command}", daemon=True)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def processes(command: int) -> tuple[int, ...]:
    """Return *command* and all processes below it, those that a shell left behind in a session of theirs too."""
    parents: dict[int, list[int]] = {}
    for place in os.scandir("/proc"):
        if place.name.isdecimal():
            with contextlib.suppress(OSError, IndexError, ValueError):
                stat = Path(place.path, "stat").read_text(encoding="utf-8", errors="replace")
                state, parent = stat.rpartition(")")[2].split()[:2]
                if state not in {"Z", "X"}:
                    parents.setdefault(int(parent), []).append(int(place.name))
    found = [command]
    for one in found:
        found += parents.get(one, [])
    return tuple(found)


def end(command: int) -> None:
    """End *command* and all below it: first all are stopped, until no more are found, for they may be forking."""
    stopped: set[int] = set()
    for _ in range(_ROUNDS):
        fresh = set(processes(command)) - stopped
        if not fresh:
            break
        _signal(fresh, signal.SIGSTOP)
        stopped |= fresh
    _signal(stopped, signal.SIGKILL)


def _signal(some: Iterable[int], number: signal.Signals) -> None:
    for one in some:
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.kill(one, number)


def _too_many(below: Sequence[int], limits: Limits) -> str | None:
    if len(below) > limits.processes:
        return f"Killed: it had more than {limits.processes} processes."
    if sum(map(_held, below)) > limits.memory:
        return f"Killed: it used more than {_shown(limits.memory)} of memory."
    return None


def _held(process: int) -> int:
    """Return the bytes that a process holds for itself alone."""
    with contextlib.suppress(OSError, ValueError):
        _, resident, shared = Path(f"/proc/{process}/statm").read_text(encoding="ascii").split()[:_UNSHARED]
        return (int(resident) - int(shared)) * _PAGE
    return 0  # it ended meanwhile


def _too_large(folders: Sequence[Path], limits: Limits) -> str | None:
    if sum(map(_size, folders)) > limits.disk:
        return f"Killed: it wrote more than {_shown(limits.disk)} to disk."
    return None


def _full(folders: Sequence[Path]) -> str | None:
    for folder in folders:
        with contextlib.suppress(OSError):
            if shutil.disk_usage(folder).free < _RESERVE:
                return f"Killed: less than {_shown(_RESERVE)} of the disk were free."
    return None


def _size(folder: Path) -> int:
    whole = 0
    for place, _, names in os.walk(folder):
        for name in names:
            with contextlib.suppress(OSError):
                whole += os.lstat(os.path.join(place, name)).st_blocks * 512  # noqa: PTH118 - many, and quickly
    return whole


def _shown(size: int) -> str:
    return f"{size / _GIB:g} GiB" if size >= _GIB else f"{size / (1 << 20):g} MiB"
