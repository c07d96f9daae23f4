"""The line to a server: connections that are kept, requests that are repeated when it breaks or the server is busy."""

from __future__ import annotations

import contextlib
import http.client
import random
import ssl
import time
import weakref
from collections import deque
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Protocol
from urllib.parse import urlsplit

from roadworthy.adapters.object_store.http.refusal import refused
from roadworthy.errors import RoadworthyError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

_AGAIN: Final = {
    HTTPStatus.REQUEST_TIMEOUT,
    HTTPStatus.TOO_MANY_REQUESTS,
    HTTPStatus.INTERNAL_SERVER_ERROR,
    HTTPStatus.BAD_GATEWAY,
    HTTPStatus.SERVICE_UNAVAILABLE,
    HTTPStatus.GATEWAY_TIMEOUT,
}
_PIECE: Final = 256 << 10
_TOLD: Final = 4 << 20  # bytes of an answer that is read whole
BROKEN = (OSError, http.client.HTTPException)


@dataclass(frozen=True, slots=True)
class Patience:
    """How often a request is repeated, and how long is waited.

    Attributes:
        attempts: Requests, the first included.
        first: Seconds before the second; each time twice as many, and up to half as many more.
        longest: Seconds at most.
        silence: Seconds in which the server says nothing, or takes nothing.
    """

    attempts: int = 5
    first: float = 0.2
    longest: float = 10.0
    silence: float = 60.0

    def wait(self, attempt: int, asked: str | None = None) -> None:
        """Wait after *attempt* attempts, as long as the server *asked* for if it did."""
        own = self.first * 2 ** (attempt - 1) * random.uniform(1, 1.5)  # noqa: S311 - nothing secret
        asked_s = float(asked) if asked is not None and asked.isdecimal() else 0.0
        time.sleep(min(self.longest, max(own, asked_s)))


class Body(Protocol):
    """What is sent: read from its beginning, each time that it is sent."""

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""

    def seek(self, offset: int, /) -> int:
        """Go to a place in it."""


@dataclass(frozen=True, slots=True)
class Request:
    """What is asked, of a path below the line's URL. It may be repeated."""

    method: str
    path: str
    headers: Mapping[str, str] = field(default_factory=dict)
    body: Body | None = None


@dataclass(slots=True)
class _Connection:
    """A connection to the server; *used* when it had an answer before, and may have been closed since."""

    http: http.client.HTTPConnection
    used: bool = False


class Answer:
    """An answer whose body is still to be read. It is left by `close`; a line is kept when all was read."""

    def __init__(self, line: Line, connection: _Connection, response: http.client.HTTPResponse) -> None:
        self._line, self._connection, self._response = line, connection, response
        self.status = response.status

    def header(self, name: str) -> str | None:
        """Return a header."""
        return self._response.getheader(name)

    def readinto(self, buffer: memoryview) -> int:
        """Read into *buffer*, and return how many bytes; 0 at the end. Raises OSError, HTTPException when it breaks."""
        return self._response.readinto(buffer)

    def read(self) -> bytes:
        """Return a short body, and leave; what broke off is as good as nothing."""
        try:
            return self._response.read(_TOLD)
        except BROKEN:
            return b""
        finally:
            self.close()

    def close(self) -> None:
        """Leave it; may be repeated."""
        if self._response.isclosed() and not self._response.will_close:
            self._line.keep(self._connection)
        else:
            self._connection.http.close()
        self._response.close()


class Line:
    """Asks one server, as whoever *token* stands for; for many threads. It never follows a redirect.

    Args:
        url: Where the paths of requests begin: `http` or `https`, host, port, and perhaps a path.
        token: Shown with each request; empty: none is.
        patience: How often a request is repeated.
    """

    def __init__(self, url: str, token: str, patience: Patience | None = None) -> None:
        place = urlsplit(url)
        self.url = url
        self.patience = patience or Patience()
        self._kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        self._host, self._root = place.netloc, place.path
        self._token = token
        self._idle: deque[_Connection] = deque()
        weakref.finalize(self, _close, self._idle)

    def __repr__(self) -> str:
        return f"Line({self.url!r})"

    def ask(self, request: Request) -> Answer:
        """Return the answer to *request*, which is none that asks to come again.

        Raises:
            Unreachable: The server does not answer, or is busy for too long.
        """
        attempt = 0
        while True:
            attempt += 1
            asked = None
            try:
                answer = self._once(request)
                if answer.status not in _AGAIN:
                    return answer
                asked = answer.header("Retry-After")
                problem: RoadworthyError = refused(answer.status, answer.read(), self.url)
            except BROKEN as fault:
                problem = _unreachable(self.url, fault)
                if isinstance(fault, ssl.SSLCertVerificationError):
                    raise problem from fault
            if attempt >= self.patience.attempts:
                raise problem
            self.patience.wait(attempt, asked)

    def keep(self, connection: _Connection) -> None:
        """Keep *connection* for the next request."""
        connection.used = True
        self._idle.append(connection)

    def _once(self, request: Request) -> Answer:
        while True:
            connection = self._connection()
            try:
                return Answer(self, connection, self._send(connection.http, request))
            except BaseException as fault:
                connection.http.close()
                if not connection.used or not isinstance(fault, BROKEN):
                    raise

    def _connection(self) -> _Connection:
        with contextlib.suppress(IndexError):
            return self._idle.pop()
        return _Connection(self._kind(self._host, timeout=self.patience.silence, blocksize=_PIECE))

    def _send(self, connection: http.client.HTTPConnection, request: Request) -> http.client.HTTPResponse:
        headers = {**request.headers, **({"Authorization": f"Bearer {self._token}"} if self._token else {})}
        if request.body is not None:
            request.body.seek(0)
        if connection.sock is None:
            connection.connect()
        try:
            connection.request(request.method, self._root + request.path, request.body, headers)
        except (BrokenPipeError, ConnectionResetError, ssl.SSLError):
            if request.body is None:
                raise
            # The server may have refused before it heard all, and what it said is there to be read.
        return connection.getresponse()


def _unreachable(url: str, fault: BaseException) -> Unreachable:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return Unreachable(
            f"{url} shows a certificate that is not trusted here: {fault.verify_message}.",
            remedy="Let SSL_CERT_FILE name the certificates of your organisation, or ask the platform's administrator.",
        )
    return Unreachable(
        f"{url} does not answer: {str(fault) or type(fault).__name__}.",
        remedy="See that the platform runs and that the network reaches it, and run the command again.",
    )


def _close(idle: deque[_Connection]) -> None:
    for connection in idle:
        connection.http.close()
