"""How many streams of logs there are: bounded, for each person and for all."""

from __future__ import annotations

import threading
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field


@dataclass(frozen=True, slots=True)
class Streams:
    """The streams that are open, by whose they are.

    Attributes:
        most: Of everybody.
        own: Of one person: a browser keeps six connections to one server at most.
    """

    most: int = 64
    own: int = 8
    _open: Counter[str] = field(default_factory=Counter)
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def is_full(self, who: str) -> bool:
        """Whether there is no room for another of *who*."""
        with self._lock:
            return self._open[who] >= self.own or self._open.total() >= self.most

    @contextmanager
    def one(self, who: str) -> Iterator[None]:
        """Count a stream of *who* while the block lasts."""
        with self._lock:
            self._open[who] += 1
        try:
            yield
        finally:
            with self._lock:
                self._open[who] -= 1
