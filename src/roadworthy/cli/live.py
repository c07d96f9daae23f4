"""What is shown while stages run: a line for each that is done, and on a terminal what runs now."""

from __future__ import annotations

import shutil
import sys
import time
from typing import TYPE_CHECKING

import click

from roadworthy.build.pipeline.job import Ended, Failed, Started, Ticked, Waits
from roadworthy.cli.progress import erase

if TYPE_CHECKING:
    from roadworthy.build.pipeline.job import Event
    from roadworthy.build.pipeline.record import StageRun

_COLOURS = {"ran": "green", "cached": "bright_black", "frozen": "blue"}
_MOST = 4  # stages named in the line of what runs now


class Live:
    """Shows events on standard error."""

    def __init__(self) -> None:
        self._on_terminal = sys.stderr.isatty()
        self._running: dict[str, float] = {}
        self._whys: dict[str, str] = {}
        self._unwatched: list[str] = []

    def say(self, event: Event) -> None:
        """Show *event*."""
        match event:
            case Started(stage, why):
                self._running[stage] = time.monotonic()
                self._whys[stage] = why
                if not self._on_terminal:
                    self._line(f"{stage}: {click.style('runs', fg='yellow')} ({why})")
            case Waits(stage):
                self._line(f"{stage}: waits for another command that works on it")
            case Ended(stage, result):
                self._running.pop(stage, None)
                self._line(_ended(stage, result))
                if not result.watched:
                    self._unwatched.append(stage)
            case Failed(stage):
                self._running.pop(stage, None)
                self._line(f"{stage}: {click.style('failed', fg='red')}")
            case Ticked():
                pass
        self._now()

    def note(self, text: str) -> None:
        """Show a line."""
        self._line(text)

    def close(self) -> None:
        """Leave nothing unfinished on the terminal; say once which stages were not watched."""
        if self._on_terminal:
            erase()
        if self._unwatched:
            said = "not watched: only Python processes are; declare what it reads and writes"
            click.secho(f"{_shortened(self._unwatched)}: {said}", dim=True, err=True)
            self._unwatched = []

    def _line(self, text: str) -> None:
        if self._on_terminal:
            erase()
        click.echo(text, err=True)

    def _now(self) -> None:
        if self._on_terminal and self._running:
            now = time.monotonic()
            shown = [f"{stage} {now - began:.0f} s" for stage, began in list(self._running.items())[:_MOST]]
            more = len(self._running) - _MOST
            text = " · ".join([*shown, *([f"{more} more"] if more > 0 else [])])
            width = shutil.get_terminal_size().columns - 1  # a line that wraps could not be rewritten
            erase()
            click.echo(text[:width], nl=False, err=True)


def _ended(stage: str, result: StageRun) -> str:
    state = click.style(result.state, fg=_COLOURS[result.state])
    took = f" in {result.seconds:.1f} s" if result.state == "ran" else ""
    notes = "".join(f"\n  {click.style('!', fg='yellow')} it {note}" for note in result.notes)
    return f"{stage}: {state}{took} ({result.why}){notes}"


def _shortened(stages: list[str]) -> str:
    more = len(stages) - _MOST
    return ", ".join(stages[:_MOST]) + (f" and {more} more" if more > 0 else "")
