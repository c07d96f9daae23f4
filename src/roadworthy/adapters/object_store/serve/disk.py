"""Work on the disk, away from the event loop: a little at once, so that the server's threads are left to others."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, ParamSpec, TypeVar

from starlette.concurrency import run_in_threadpool

if TYPE_CHECKING:
    from collections.abc import Callable

P = ParamSpec("P")
T = TypeVar("T")


class Disk:
    """Does at most *at_once* things at a time."""

    def __init__(self, at_once: int) -> None:
        self._free = asyncio.Semaphore(at_once)

    async def do(self, work: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
        """Return what *work* returns, done in a thread; raises what it raises. What was begun is awaited."""
        async with self._free:
            return await run_in_threadpool(work, *arguments, **named)
