"""One execution of stages: what it needs, and what it tells while it goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from roadworthy.build.environment.prepare import PythonEnvironment
    from roadworthy.build.pipeline.executor import Executor
    from roadworthy.build.pipeline.inputs import Setting
    from roadworthy.build.pipeline.record import StageRun
    from roadworthy.build.workplace.aside import Session


@dataclass(frozen=True, slots=True)
class Started:
    """A stage runs now, and why."""

    stage: str
    why: str


@dataclass(frozen=True, slots=True)
class Waits:
    """A stage waits for another process that works on it."""

    stage: str


@dataclass(frozen=True, slots=True)
class Ended:
    """A stage is done."""

    stage: str
    result: StageRun


@dataclass(frozen=True, slots=True)
class Failed:
    """A stage failed."""

    stage: str


@dataclass(frozen=True, slots=True)
class Ticked:
    """A moment has passed, so that what is shown can show it."""


Event = Started | Waits | Ended | Failed | Ticked


def silent(event: Event) -> None:
    """Tell nobody of *event*."""


@dataclass(frozen=True, slots=True)
class Job:
    """Stages to execute.

    Attributes:
        setting: Where, and with what.
        python: The project's Python environment.
        kit: Gives the folder of the kit when it is needed.
        executor: Who executes them.
        session: Where outputs are set aside.
        logs: Folder of a log a stage.
        slots: How many processors stages may use at once.
        strict: Whether a file that is read but not declared fails the stage.
        follows: Whether processes of every language are watched; a stage that nobody watched is then run again.
        say: Told of what goes on; always from the thread that executes.
    """

    setting: Setting
    python: PythonEnvironment
    kit: Callable[[], Path]
    executor: Executor
    session: Session
    logs: Path
    slots: int = 1
    strict: bool = False
    follows: bool = False
    say: Callable[[Event], None] = field(default=silent)
