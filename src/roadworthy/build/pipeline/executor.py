"""What is needed of a place where stages are executed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.build.workplace.confinement import Reach


@dataclass(frozen=True, slots=True)
class Task:
    """Commands to execute.

    Attributes:
        name: The stage, for messages.
        commands: Shell commands, run one after another until one fails.
        folder: Where they are run.
        environment: All of the environment variables; nothing else is passed.
        log: Where both output streams are appended.
        reach: What its processes are confined to, or None for nothing.
        timeout: Seconds for all commands together, or None.
        memory: Bytes that each process may allocate, or None.
    """

    name: str
    commands: tuple[str, ...]
    folder: Path
    environment: Mapping[str, str]
    log: Path
    timeout: float | None = None
    memory: int | None = None
    reach: Reach | None = None


@dataclass(frozen=True, slots=True)
class Outcome:
    """How commands ended.

    Attributes:
        end: `exited` by themselves; `signalled`: killed from outside; `timed_out`: by us, at the limit;
            `cancelled`: by us, because somebody asked.
        status: The exit status, or the number of the signal.
        command: The command that was running last.
        seconds: Wall time.
    """

    end: Literal["exited", "signalled", "timed_out", "cancelled"]
    status: int
    command: str
    seconds: float

    @property
    def ok(self) -> bool:
        """Whether every command ended well."""
        return self.end == "exited" and self.status == 0


class Lease(Protocol):
    """A task that is being executed."""

    def wait(self) -> Outcome:
        """Return how it ended, when it has; every process that it started is gone by then. May be repeated."""

    def cancel(self) -> None:
        """End it and all that it started, now; `wait` then returns soon. May be repeated, from any thread."""


class Executor(Protocol):
    """Executes tasks, several at a time."""

    def start(self, task: Task) -> Lease:
        """Start *task*. Raises StorageError when its log cannot be written. Not to be repeated."""

    def close(self) -> None:
        """End everything that still runs. May be repeated."""
