"""The server: pages, API and git over one address, on loopback unless it is told otherwise."""

from __future__ import annotations

import contextlib
import signal
import socket
from dataclasses import dataclass
from typing import TYPE_CHECKING

import uvicorn

from roadworthy.app.server.alerting.send import Senders
from roadworthy.app.server.children import runners
from roadworthy.app.server.hosting import buckets_at, git_at
from roadworthy.app.server.loop import Loop
from roadworthy.errors import Conflict, UsageError
from roadworthy.web.app import create_app
from roadworthy.web.services import Services

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from starlette.types import ASGIApp, Receive, Scope, Send

    from roadworthy.app.server.platform import Platform

MOUNTS = _GIT, _BUCKETS = "/git", "/buckets"  # beside the pages and the API: each asks for its own permissions
_BACKLOG = 256
_UNTAKEN_MS = 120_000


@dataclass(frozen=True, slots=True)
class At:
    """Where a server listens, and how many runners it has; *url* is how users reach it, if not so."""

    host: str = "127.0.0.1"
    port: int = 8700
    runners: int = 1
    url: str | None = None


def serve(platform: Platform, at: At, ready: Callable[[str], None]) -> None:
    """Serve *platform* until it is told to end; *ready* is told its URL once it answers.

    Raises:
        Conflict: The port is taken.
        UsageError: It cannot be listened on.
    """
    with _listening(at) as listener, git_at(platform) as git:
        url = _url(listener)
        told = (at.url or url).rstrip("/")
        services = Services(platform.identity, platform.members, told, platform.runner, platform.limits, platform)
        front = _Front(create_app(services), {_GIT: git, _BUCKETS: buckets_at(platform)})
        settings = uvicorn.Config(
            front, http="httptools", ws="none", loop="asyncio", lifespan="off",
            access_log=False, log_config=None, server_header=False, timeout_graceful_shutdown=5, backlog=_BACKLOG,
        )  # fmt: skip
        loop, senders = Loop(platform), Senders(platform, told)

        def begin() -> None:
            loop.start()
            senders.start()
            for one in runners.programs(platform.home, platform.runner, url, at.runners):
                platform.processes.want(one)
            ready(url)

        server = _Server(settings, begin)
        try:
            server.run(sockets=[listener])
        finally:
            senders.close()
            loop.close()


class _Server(uvicorn.Server):
    """uvicorn's, which says when it answers, and returns when it was told to end: what it stands on is closed then."""

    def __init__(self, config: uvicorn.Config, begun: Callable[[], None]) -> None:
        super().__init__(config)
        self._begun = begun

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Take the signals that end us for as long as we serve; uvicorn would send them to itself once more."""
        before = {number: signal.signal(number, self.handle_exit) for number in (signal.SIGINT, signal.SIGTERM)}
        try:
            yield
        finally:
            for number, handler in before.items():
                signal.signal(number, handler)

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Listen, and say so."""
        await super().startup(sockets)
        self._begun()


class _Front:
    """Sends what is below a mount to it, and all else to the pages and the API."""

    def __init__(self, pages: ASGIApp, mounts: Mapping[str, ASGIApp]) -> None:
        self._pages = pages
        self._mounts = mounts

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        path: str = scope.get("path", "")
        for mount, app in self._mounts.items():
            if scope["type"] == "http" and path.startswith(f"{mount}/"):
                await app({**scope, "root_path": scope.get("root_path", "") + mount}, receive, send)
                return
        await self._pages(scope, receive, send)


def _listening(at: At) -> socket.socket:
    try:
        family = socket.AF_INET6 if ":" in at.host else socket.AF_INET
        listener = socket.create_server((at.host, at.port), family=family, backlog=_BACKLOG)
    except OSError as fault:
        taken = f"Port {at.port} of {at.host} cannot be listened on: {fault.strerror}."
        remedy = "Choose another: `--port 0` takes any that is free."
        raise (Conflict if "in use" in (fault.strerror or "") else UsageError)(taken, remedy=remedy) from fault
    # Inherited by every connection. Without the first, what is said in two packets waits for the client between them,
    # and is lost when we hang up; without the second, who takes nothing of what was said holds a connection for ever.
    listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    if hasattr(socket, "TCP_USER_TIMEOUT"):
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, _UNTAKEN_MS)
    return listener


def _url(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
