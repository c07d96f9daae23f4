"""What a client sends, in pieces, for as long as it keeps up."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import TYPE_CHECKING

from starlette.requests import ClientDisconnect

if TYPE_CHECKING:
    from collections.abc import AsyncIterator

    from starlette.types import Receive


@dataclass(frozen=True, slots=True)
class Pace:
    """How slowly a client may send or take.

    Attributes:
        idle: Seconds in which nothing moves.
        slowest: Bytes a second, over all that is sent, beyond the first *idle* seconds.
        piece: Bytes that are held in memory at once.
    """

    idle: float = 30.0
    slowest: int = 16 << 10
    piece: int = 256 << 10


async def pieces(receive: Receive, size: int, pace: Pace) -> AsyncIterator[bytes]:
    """Yield the body of a request that is *size* bytes long. What we do between the pieces is not the client's time.

    Raises:
        TimeoutError: It came too slowly.
        ClientDisconnect: It ended before it was whole.
    """
    left, more = pace.idle + size / pace.slowest, True
    loop = asyncio.get_running_loop()
    held = bytearray()
    while more:
        began = loop.time()
        async with asyncio.timeout(min(pace.idle, left)):
            message = await receive()
        left -= loop.time() - began
        if message["type"] == "http.disconnect":
            raise ClientDisconnect
        held += message.get("body", b"")
        more = message.get("more_body", False)
        if len(held) >= pace.piece or not more:
            yield bytes(held)
            held.clear()
