"""A request's body, read within limits: what is too large is never held, and its sender is told."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

from roadworthy.operate.serve.refusal import BAD, TIMED_OUT, TOO_LARGE, Refusal

if TYPE_CHECKING:
    from starlette.requests import Request

LIMIT = 16 << 20  # bytes
_DRAIN = 1 << 30  # bytes that are read and thrown away, so that a sender that does not listen yet hears the answer
_SECONDS = 30.0


async def read(request: Request) -> bytes:
    """Return the body of *request*.

    Raises:
        Refusal: It is larger than the limit, or does not come.
    """
    declared = request.headers.get("content-length", "")
    too_large = declared.isdecimal() and int(declared) > LIMIT
    if too_large and request.headers.get("expect", "").lower() == "100-continue":
        raise _too_large()
    pieces: list[bytes] = []
    try:
        async with asyncio.timeout(_SECONDS):
            await _pour(request, pieces, 0 if too_large else LIMIT)
    except TimeoutError:
        raise Refusal(TIMED_OUT, f"The body did not come within {_SECONDS:g} s.", "Send it faster.") from None
    if not any(pieces):
        raise Refusal(BAD, "The body is empty.", "Send JSON.")
    return b"".join(pieces)


async def _pour(request: Request, pieces: list[bytes], limit: int) -> None:
    size = 0
    async for piece in request.stream():
        size += len(piece)
        if size <= limit:
            pieces.append(piece)
        else:
            pieces.clear()
        if size > _DRAIN:
            break
    if size > limit:
        raise _too_large()


def _too_large() -> Refusal:
    limit = LIMIT >> 20
    return Refusal(TOO_LARGE, f"The body is larger than {limit} MiB.", "Send fewer rows at once.")
