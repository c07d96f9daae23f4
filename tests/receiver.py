"""Those who are told: an HTTP server that answers as it is told to, and a mail server, both on loopback."""

from __future__ import annotations

import contextlib
import http.server
import socket
import socketserver
import threading
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

Handler = http.server.BaseHTTPRequestHandler


@dataclass
class Receiver:
    """What was received, and how it is answered: a status, or something that is done instead."""

    port: int = 0
    status: int = 204
    instead: Callable[[Handler], None] | None = None
    over: threading.Event = field(default_factory=threading.Event)
    got: list[tuple[str, Mapping[str, str], bytes]] = field(default_factory=list)

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}/hook/canary-91b7"


@contextlib.contextmanager
def receiving(port: int = 0, trust: ssl.SSLContext | None = None) -> Iterator[Receiver]:
    """Receive on loopback until the block ends."""
    receiver = Receiver()

    class Answer(Handler):
        def do_POST(self) -> None:  # noqa: N802 - the server's name for it
            body = self.rfile.read(int(self.headers["content-length"]))
            receiver.got.append((self.path, {key.lower(): value for key, value in self.headers.items()}, body))
            if receiver.instead is not None:
                with contextlib.suppress(OSError):
                    receiver.instead(self)
                return
            self.send_response(receiver.status)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *arguments: Any) -> None:  # noqa: A002 - the server's name for it
            del format, arguments

    server = http.server.ThreadingHTTPServer(("127.0.0.1", port), Answer)
    server.handle_error = lambda *_: None  # type: ignore[method-assign] # who hangs up is what is tested
    if trust is not None:
        server.socket = trust.wrap_socket(server.socket, server_side=True, do_handshake_on_connect=False)
    receiver.port = server.server_address[1]
    with _served(server):
        try:
            yield receiver
        finally:
            receiver.over.set()


@contextlib.contextmanager
def mail_server(letters: list[str], answer: str = "250 taken") -> Iterator[int]:
    """Take mail on loopback, into *letters*; give the port."""

    class Take(socketserver.StreamRequestHandler):
        def handle(self) -> None:
            self.wfile.write(b"220 here\r\n")
            while line := self.rfile.readline():
                word = line[:4].upper()
                if word == b"DATA":
                    self.wfile.write(b"354 go on\r\n")
                    lines = iter(self.rfile.readline, b".\r\n")
                    letters.append(b"".join(lines).decode())
                    self.wfile.write(f"{answer}\r\n".encode())
                elif word == b"RCPT":
                    self.wfile.write(f"{answer}\r\n".encode())
                else:
                    self.wfile.write(b"250 good\r\n")

    server = socketserver.ThreadingTCPServer(("127.0.0.1", 0), Take)
    with _served(server):
        yield server.server_address[1]


def closed_port() -> int:
    """Return a port that nobody listens on."""
    with socket.create_server(("127.0.0.1", 0)) as found:
        port: int = found.getsockname()[1]
    return port


@contextlib.contextmanager
def _served(server: socketserver.BaseServer) -> Iterator[None]:
    server.daemon_threads = True  # type: ignore[attr-defined] # of both kinds
    server.block_on_close = False  # type: ignore[attr-defined]
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.02}, daemon=True)
    thread.start()
    try:
        yield
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
