"""One measured figure, beside its peer's and its mark."""

from __future__ import annotations

import os
import resource
import statistics
import subprocess
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from pathlib import Path

Clock = Literal["wall", "cpu"]


@dataclass(frozen=True)
class Figure:
    """A median, its spread, and what it is held against.

    Attributes:
        what: What was measured, in words.
        ours: Median of the repetitions.
        spread: Smallest and largest of them.
        unit: Of all the numbers here, e.g. `s` or `CPU s`.
        mark: What the figure should not exceed (or fall below, for rates); None when none was set.
        peer: The peer's name and version, and its median in the same run.
    """

    what: str
    ours: float
    spread: tuple[float, float]
    unit: str
    mark: float | None = None
    peer: tuple[str, float] | None = None

    def row(self) -> str:
        """Return the figure as a row of a Markdown table."""
        low, high = self.spread
        peer = f"{self.peer[0]}: {self.peer[1]:.3g}" if self.peer else "none"
        ratio = f"{self.peer[1] / self.ours:.1f}" if self.peer and self.ours else ""
        mark = f"{self.mark:g}" if self.mark is not None else ""
        return f"| {self.what} | {self.ours:.3g} ({low:.3g} to {high:.3g}) {self.unit} | {mark} | {peer} | {ratio} |"


HEAD = "| what | median (spread) | mark | peer | peer ÷ ours |\n|---|---|---|---|---|"


def summarise(what: str, seconds: Sequence[float], unit: str, **held: object) -> Figure:
    """Return the figure of repeated measurements; *held* gives `mark` and `peer`."""
    return Figure(what, statistics.median(seconds), (min(seconds), max(seconds)), unit, **held)  # type: ignore[arg-type]


def take(command: Sequence[str], folder: Path, *, clock: Clock, status: int = 0) -> float:
    """Run *command* in *folder* and return its seconds: wall, or CPU of it and its children.

    Raises:
        RuntimeError: It ended with another status: a failed command has no figure.
    """
    before, started = resource.getrusage(resource.RUSAGE_CHILDREN), time.perf_counter()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False, env=os.environ)
    wall, after = time.perf_counter() - started, resource.getrusage(resource.RUSAGE_CHILDREN)
    if done.returncode != status:
        raise RuntimeError(f"{command} ended with {done.returncode}:\n{done.stdout[-2000:]}{done.stderr[-2000:]}")
    return wall if clock == "wall" else after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime


def in_turn(takers: Sequence[Callable[[], float]], times: int) -> list[list[float]]:
    """Call the *takers* in turn, *times* rounds after one that warms up, and return each one's measurements."""
    for taker in takers:
        taker()
    rounds = [[taker() for taker in takers] for _ in range(times)]
    return [list(column) for column in zip(*rounds, strict=True)]
