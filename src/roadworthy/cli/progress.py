"""What is shown of work that takes more than two seconds: on standard error, a line that is rewritten on a terminal."""

from __future__ import annotations

import sys
import threading
import time
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from types import TracebackType

_EVERY_S, _EVERY_LINE_S = 0.5, 10.0
_UNITS = ("B", "KiB", "MiB", "GiB", "TiB")


class Progress:
    """Shows *label* and how far it went until the block ends, if that takes more than *after* seconds."""

    def __init__(self, label: str, total: int | None = None, *, after: float = 2.0) -> None:
        self.label = label
        self._total = total
        self._after = after
        self._done = 0
        self._began = time.monotonic()
        self._ended = threading.Event()
        self._shown = False
        self._thread = threading.Thread(target=self._show, daemon=True)

    def add(self, size: int) -> None:
        """Note that *size* more bytes are done."""
        self._done += size

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self._ended.set()
        self._thread.join()
        if self._shown and sys.stderr.isatty():
            erase()

    def line(self) -> str:
        """Return what is shown now."""
        parts = [self.label]
        if self._total:
            parts.append(f"{readable(self._done)} of {readable(self._total)}")
        elif self._done:
            parts.append(readable(self._done))
        parts.append(f"{time.monotonic() - self._began:.0f} s")
        return " · ".join(parts)

    def _show(self) -> None:
        on_terminal = sys.stderr.isatty()
        wait = self._after
        while not self._ended.wait(wait):
            self._shown = True
            if on_terminal:
                erase()
            click.echo(self.line(), nl=not on_terminal, err=True)
            wait = _EVERY_S if on_terminal else _EVERY_LINE_S


def erase() -> None:
    """Empty the line of the terminal, also for those who want no colours: click takes that for a colour."""
    click.echo("\r\033[K", nl=False, err=True, color=True)


def readable(size: int) -> str:
    """Return *size* bytes as people read it, e.g. `4.2 MiB`."""
    amount = float(size)
    for unit in _UNITS:
        if amount < 1024 or unit == _UNITS[-1]:  # noqa: PLR2004 - the next unit
            return f"{amount:.0f} {unit}" if unit == "B" else f"{amount:.1f} {unit}"
        amount /= 1024
    raise AssertionError(unit)
