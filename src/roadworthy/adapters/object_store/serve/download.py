"""An object on its way out: read piece by piece, and handed out whole only when it is what its address says."""

from __future__ import annotations

import asyncio
import logging
import os
from http import HTTPStatus
from typing import TYPE_CHECKING

from blake3 import blake3
from starlette.requests import Request
from starlette.responses import Response

from roadworthy.adapters.object_store.serve.refusal import SAFE
from roadworthy.errors import IntegrityError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import damaged

if TYPE_CHECKING:
    from starlette.types import Message, Receive, Scope, Send

    from roadworthy.adapters.object_store.serve.disk import Disk
    from roadworthy.ledger.objects.folder import DirectoryStore

_LOG = logging.getLogger(__name__)


class Reading:
    """Reads *address* in *store* from its beginning, in pieces. The last is given only when all of them are right.

    What is found damaged is set aside, so that whoever has the bytes brings them again.

    Raises:
        NotFound: It is not kept.
        IntegrityError: A symlink or a device stands in its place.
    """

    def __init__(self, store: DirectoryStore, address: Address, piece: int) -> None:
        self._store, self.address, self._piece = store, address, piece
        self._stream = store.open(address)
        self._hasher = blake3()
        self.size = os.fstat(self._stream.fileno()).st_size
        self.at = 0

    def next(self) -> bytes:
        """Return the next piece; called until `at` is `size`, at least once.

        Raises:
            IntegrityError: These are other bytes than the address says: the object is no longer kept.
        """
        data = self._stream.read(min(self._piece, self.size - self.at))
        self._hasher.update(data)
        self.at += len(data)
        if self.at == self.size or not data:
            found = Address(f"blake3:{self._hasher.hexdigest()}")
            if found != self.address or self.at != self.size:
                self._store.set_aside(self.address)
                raise damaged(str(self._store.path(self.address)), self.address, found)
        return data

    def close(self) -> None:
        """Let go of the file."""
        self._stream.close()


class Download(Response):
    """What *reading* gives from *start* on, of which *first* was read already: sent as fast as it is taken.

    A client that takes nothing for *idle* seconds is left, and so is one for whom the bytes prove wrong at their end:
    it gets less than was announced, and so no object.
    """

    def __init__(self, reading: Reading, first: bytes, start: int, disk: Disk, idle: float) -> None:
        self._reading, self._first, self._start, self._disk, self._idle = reading, first, start, disk, idle
        status = HTTPStatus.PARTIAL_CONTENT if start else HTTPStatus.OK
        super().__init__(status_code=status, headers=headers_of(reading.address, reading.size, start))

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Send it."""
        try:
            await self._pour(Request(scope, receive), send)
        except TimeoutError:
            _LOG.warning("A client that took nothing of %s for %g s was left.", self._reading.address, self._idle)
        except IntegrityError as fault:
            _LOG.error("%s It was set aside.", fault.problem)
        finally:
            self._reading.close()

    async def _pour(self, request: Request, send: Send) -> None:
        await self._send(send, {"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        piece, is_done = self._first, False
        while not is_done:
            is_done = self._reading.at == self._reading.size
            wanted = piece[max(0, self._start - self._reading.at + len(piece)) :]
            if wanted or is_done:
                await self._send(send, {"type": "http.response.body", "body": wanted, "more_body": not is_done})
            if not is_done and await request.is_disconnected():
                return
            piece = b"" if is_done else await self._disk.do(self._reading.next)

    async def _send(self, send: Send, message: Message) -> None:
        async with asyncio.timeout(self._idle):
            await send(message)


def headers_of(address: Address, size: int, start: int = 0) -> dict[str, str]:
    """Return what is said of an object of *size* bytes that is sent from *start* on: no browser shows it as a page."""
    headers = {
        **SAFE,
        "Accept-Ranges": "bytes",
        "Content-Disposition": "attachment",
        "Content-Length": str(size - start),
        "Content-Security-Policy": "sandbox; default-src 'none'",
        "Content-Type": "application/octet-stream",
        "ETag": f'"{address}"',
    }
    return {**headers, "Content-Range": f"bytes {start}-{size - 1}/{size}"} if start else headers
