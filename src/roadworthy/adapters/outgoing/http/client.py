"""Sending something to an address of the web: resolved once, connected to just that, bounded in time and size."""

from __future__ import annotations

import http.client
import socket
import ssl
import threading
import time
from contextlib import closing, suppress
from dataclasses import dataclass, field
from ipaddress import ip_address
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from roadworthy.adapters.outgoing.http.allowed import Allowed, is_public, plain
from roadworthy.errors import NotAllowed, Unreachable, UsageError
from roadworthy.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

SECONDS = 15.0  # for everything together, once the name is resolved
_CONNECTING = 5.0  # seconds, for each address
_READ = 1 << 16  # bytes of an answer, which is not looked at
_PORTS = {"http": 80, "https": 443}
_AGAIN = {408, 409, 425, 429}  # of those that say no, what may be otherwise later
_OK, _MOVED, _NO, _FAULT = 200, 300, 400, 500


@dataclass(frozen=True, slots=True)
class Client:
    """Sends what is to be sent. A `Post`.

    Attributes:
        allowed: What may be reached beside what is public.
        trust: Which certificates are believed; None: those that the machine believes.
        seconds: How long one sending may take.
    """

    allowed: Allowed = field(default_factory=Allowed)
    trust: ssl.SSLContext | None = field(default=None, repr=False)
    seconds: float = SECONDS

    def __call__(self, url: str, body: bytes, headers: Mapping[str, str]) -> None:
        """Send *body* to *url*; as `Post` says."""
        place, host, port = split(url)
        began = time.monotonic()
        line = self._connected(place.scheme, host, port)
        with closing(line), closing(line.dup()) as hold:
            # A limit on each reading would let one that sends a byte now and then hold us for hours.
            over = threading.Timer(self.seconds, _hang_up, [hold])
            over.daemon = True
            over.start()
            try:
                status = self._asked(line, place, host, (body, headers))
            except (OSError, http.client.HTTPException, ValueError) as fault:
                is_late = time.monotonic() - began >= self.seconds
                why = f"it did not answer within {self.seconds:g} s" if is_late else _why(fault)
                raise Unreachable(f"{host} did not take it: {why}.", remedy=_LATER) from fault
            finally:
                over.cancel()
        _judge(host, status)

    def _asked(self, line: socket.socket, place: SplitResult, host: str, said: tuple[bytes, Mapping[str, str]]) -> int:
        body, headers = said
        connection = http.client.HTTPConnection(host, timeout=self.seconds)
        if place.scheme == "https":
            trust = self.trust or ssl.create_default_context()
            line = trust.wrap_socket(line, server_hostname=host)
        connection.sock = line
        with closing(connection):
            target = (place.path or "/") + (f"?{place.query}" if place.query else "")
            own = {"Host": place.netloc, "User-Agent": f"Roadworthy/{VERSION}", "Connection": "close"}
            connection.request("POST", target, body, {**own, **headers})
            answer = connection.getresponse()
            answer.read(_READ)
            return answer.status

    def _connected(self, scheme: str, host: str, port: int) -> socket.socket:
        """Return a connection to the first address of *host* that may be reached, and answers."""
        fault: OSError | None = None
        permitted = list(self._permitted(scheme, host, port))
        for family, address in permitted:
            line = socket.socket(family, socket.SOCK_STREAM)
            line.settimeout(min(_CONNECTING, self.seconds))
            try:
                line.connect(address)
            except OSError as met:
                line.close()
                fault = met
            else:
                line.settimeout(self.seconds)
                return line
        raise Unreachable(f"{host} is not reached: {_why(fault)}.", remedy=_LATER) from fault

    def _permitted(self, scheme: str, host: str, port: int) -> Iterator[tuple[int, tuple[str, int]]]:
        found = _resolved(host, port)
        allowed = [one for one in found if self.allowed.names(host, ip_address(one[1][0]))]
        if scheme == "http" and not allowed:
            raise UsageError(f"{host} would be told in the clear.", remedy="Give its address with `https://`.")
        public = [one for one in found if scheme == "https" and one not in allowed and is_public(ip_address(one[1][0]))]
        if not allowed and not public:
            raise NotAllowed(
                f"{host} stands at no public address, and the server reaches no others.",
                remedy="An administrator allows it with `roadworthy up --allow-outgoing HOST`, or a network.",
            )
        yield from (*allowed, *public)


_LATER = "See that it runs; it is tried again by itself."


def split(url: str) -> tuple[SplitResult, str, int]:
    """Return the parts of *url*, its host and its port.

    Raises:
        UsageError: It is no address of the web that something can be sent to; the URL is not repeated.
    """
    try:
        place = urlsplit(url)
        host, port = place.hostname or "", place.port or _PORTS.get(place.scheme, 0)
        host.encode("ascii")
    except ValueError:
        host, port = "", 0
    is_plain = url.isascii() and url.isprintable() and " " not in url and "\\" not in url
    if not is_plain or not host or not port or place.scheme not in _PORTS or "@" in place.netloc or "%" in host:
        raise UsageError(
            "That is no address of the web that something can be sent to.",
            remedy="Give `https://HOST/PATH`, without a user or a password in it.",
        )
    return place, host, port


def _resolved(host: str, port: int) -> list[tuple[int, tuple[str, int]]]:
    try:
        found = socket.getaddrinfo(plain(host), port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as fault:
        raise Unreachable(f"Nobody knows where {host} is.", remedy="See its name; it is tried again.") from fault
    # With the rest of an IPv6 address, its scope, nothing public is lost.
    return [(family, (str(address[0]), int(address[1]))) for family, _, _, _, address in found]


def _judge(host: str, status: int) -> None:
    if _OK <= status < _MOVED:
        return
    if _MOVED <= status < _NO:
        raise UsageError(
            f"{host} sends us elsewhere (status {status}), and we do not follow.",
            remedy="Set the address it stands at.",
        )
    if status >= _FAULT or status < _OK or status in _AGAIN:
        raise Unreachable(f"{host} answered with status {status}.", remedy=_LATER)
    raise NotAllowed(
        f"{host} does not take it (status {status}).", remedy="See whether its address was revoked, and set it again."
    )


def _why(fault: BaseException | None) -> str:
    if isinstance(fault, ssl.SSLCertVerificationError):
        return f"its certificate is not believed, {fault.verify_message.rstrip('.')}"
    if isinstance(fault, TimeoutError):
        return "it takes too long"
    return (getattr(fault, "strerror", None) or type(fault).__name__).rstrip(".")


def _hang_up(line: socket.socket) -> None:
    with suppress(OSError):
        line.shutdown(socket.SHUT_RDWR)
