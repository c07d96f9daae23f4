"""`git http-backend`, run for one request: streamed both ways in pieces, and ended when nobody waits for it."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import signal
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from roadworthy.platform.forge.names import shown

if TYPE_CHECKING:
    from asyncio.subprocess import Process
    from collections.abc import Mapping

    from starlette.types import Receive, Send

    from roadworthy.adapters.forge.embedded.body import Unpacker

_LOG = logging.getLogger(__name__)
_PIECE: Final = 64 << 10
_HEAD: Final = 16 << 10  # bytes of the answer's headers
_TOLD: Final = 4 << 10  # bytes of what git says on its standard error
_PASSED: Final = {b"content-type", b"cache-control", b"expires", b"pragma"}
_GRACE: Final = 5.0  # seconds between asking a git to end and making it


class ClientGone(Exception):
    """Nobody waits for the answer any more."""


class NoAnswer(Exception):
    """git ended before it answered."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long an exchange may take, in seconds.

    Attributes:
        idle: While nothing moves in either direction.
        longest: In all.
        finish: For git to end by itself, once all was sent and the client has gone.
    """

    idle: float = 120.0
    longest: float = 3600.0
    finish: float = 30.0


@dataclass(slots=True)
class Exchange:
    """One request and its answer; `began` says whether the answer has begun."""

    receive: Receive
    send: Send
    body: Unpacker
    patience: Patience
    began: bool = False
    _sent: asyncio.Event = field(default_factory=asyncio.Event)
    _deadline: asyncio.Timeout = field(default_factory=lambda: asyncio.timeout(None))
    _end: float = 0.0

    async def run(self, environment: Mapping[str, str], keep: tuple[int, ...]) -> None:
        """Let git answer.

        Raises:
            TimeoutError: Nothing moved for too long.
            ClientGone: The client went away.
            BadBody: What it sent is not to be read.
            NoAnswer: git ended without one.
        """
        process = await asyncio.create_subprocess_exec(
            "git", "http-backend",
            stdin=asyncio.subprocess.PIPE, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE,
            env=environment, pass_fds=keep, start_new_session=True, cwd=environment["GIT_PROJECT_ROOT"],
        )  # fmt: skip
        said = asyncio.create_task(_hear(process))
        self._end = asyncio.get_running_loop().time() + self.patience.longest
        try:
            async with self._deadline:
                self._moved()
                await self._both_ways(process)
        finally:
            await asyncio.shield(_finish(process, said))

    async def _both_ways(self, process: Process) -> None:
        upward = asyncio.create_task(self._upward(process))
        downward = asyncio.create_task(self._downward(process))
        try:
            await asyncio.wait((upward, downward), return_when=asyncio.FIRST_COMPLETED)
            if not downward.done() and self._sent.is_set():
                # All was sent, and perhaps let in: better that git ends by itself than in the middle.
                await asyncio.wait((downward,), timeout=self.patience.finish)
            if upward.done():
                upward.result()
            await downward
            await process.wait()
        finally:
            upward.cancel()
            downward.cancel()
            await asyncio.gather(upward, downward, return_exceptions=True)

    async def _upward(self, process: Process) -> None:
        """Hand on what the client sends, then wait until it goes away."""
        while True:
            message = await self.receive()
            if message["type"] == "http.disconnect":
                raise ClientGone
            for piece in self.body.feed(message.get("body", b"")):
                await _give(process, piece)
                self._moved()
            if not message.get("more_body", False) and not self._sent.is_set():
                for piece in self.body.end():
                    await _give(process, piece)
                self._sent.set()
                _writer(process).close()

    async def _downward(self, process: Process) -> None:
        """Hand on what git answers, once the client has sent everything, and so listens."""
        reader = _reader(process)
        await self._sent.wait()
        status, headers = await _head(reader)
        await self.send({"type": "http.response.start", "status": status, "headers": headers})
        self.began = True
        while piece := await reader.read(_PIECE):
            await self.send({"type": "http.response.body", "body": piece, "more_body": True})
            self._moved()
        await self.send({"type": "http.response.body", "body": b"", "more_body": False})

    def _moved(self) -> None:
        now = asyncio.get_running_loop().time()
        self._deadline.reschedule(min(now + self.patience.idle, self._end))


async def _give(process: Process, piece: bytes) -> None:
    # A git that has seen enough closes its end; the client still has to send the rest before it listens.
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        _writer(process).write(piece)
        await _writer(process).drain()


async def _head(reader: asyncio.StreamReader) -> tuple[int, list[tuple[bytes, bytes]]]:
    headers: list[tuple[bytes, bytes]] = []
    status, size = 200, 0
    while True:
        line = await reader.readline()
        size += len(line)
        if not line or size > _HEAD:
            raise NoAnswer
        name, _, value = line.rstrip(b"\r\n").partition(b":")
        if not name:
            return status, headers
        if name.lower() == b"status":
            status = int(value.split()[0])
        elif name.lower() in _PASSED:
            headers.append((name.lower(), value.strip()))


async def _hear(process: Process) -> bytes:
    """Return the beginning of what git says on its standard error, and read the rest."""
    kept = b""
    while process.stderr is not None and (piece := await process.stderr.read(_PIECE)):
        kept = (kept + piece)[:_TOLD]
    return kept


async def _finish(process: Process, said: asyncio.Task[bytes]) -> None:
    """Leave nothing of *process* behind, and log what it said."""
    for number in (signal.SIGTERM, signal.SIGKILL):
        if process.returncode is not None:
            break
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, number)
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(process.wait(), _GRACE)
    await asyncio.wait((said,), timeout=1)
    if said.done() and said.result():
        _LOG.warning("git http-backend: %s", shown(said.result().decode("utf-8", "replace").strip()))
    said.cancel()


def _writer(process: Process) -> asyncio.StreamWriter:
    if process.stdin is None:
        raise NoAnswer
    return process.stdin


def _reader(process: Process) -> asyncio.StreamReader:
    if process.stdout is None:
        raise NoAnswer
    return process.stdout
