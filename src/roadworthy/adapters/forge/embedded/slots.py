"""How many gits run at once: for everybody, and for one."""

from __future__ import annotations

import asyncio
import contextlib
from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import AsyncIterator


class Busy(Exception):
    """No slot became free in time."""


class Slots:
    """Lets *total* run at once, and *each* of one actor; who comes later waits for *seconds*, then is sent away."""

    def __init__(self, total: int, each: int, seconds: float) -> None:
        self._total, self._each, self._seconds = total, each, seconds
        self._taken: Counter[str] = Counter()
        self._changed = asyncio.Condition()

    @contextlib.asynccontextmanager
    async def take(self, actor: str) -> AsyncIterator[None]:
        """Hold a slot for the block. Raises Busy when none is free in time."""
        try:
            async with asyncio.timeout(self._seconds), self._changed:
                await self._changed.wait_for(lambda: self._is_free(actor))
                self._taken[actor] += 1
        except TimeoutError as fault:
            raise Busy from fault
        try:
            yield
        finally:
            self._taken -= Counter([actor])
            async with self._changed:
                self._changed.notify_all()

    def _is_free(self, actor: str) -> bool:
        return self._taken.total() < self._total and self._taken[actor] < self._each
