"""Buckets that are really served over HTTP, and who may use them: in a thread, or in a process that can be killed."""

from __future__ import annotations

import asyncio
import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass, field
from http import HTTPStatus
from pathlib import Path
from typing import TYPE_CHECKING, Final, Self

import uvicorn
from starlette.applications import Starlette
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Mount, Route

from roadworthy.adapters.object_store.http.line import Patience
from roadworthy.adapters.object_store.http.store import HttpStore
from roadworthy.adapters.object_store.serve.app import Limits, bucket_app
from roadworthy.errors import NotFound
from roadworthy.ledger.objects.folder import DirectoryStore

if TYPE_CHECKING:
    import ssl
    from collections.abc import Callable, Iterator, Mapping

    from starlette.requests import Request
    from starlette.types import ASGIApp

PROJECTS: Final = ("flights", "weather")
# token → account, project, what it may do
TOKENS: Final = {
    "rwt_ada": ("ada", "flights", ("read", "write")),
    "rwt_rita": ("rita", "flights", ("read",)),
    "rwt_bob": ("bob", "weather", ("read", "write")),
    "rwt_eve": ("eve", "removed", ("read", "write")),
}
QUICK: Final = Patience(attempts=3, first=0.01, longest=0.1, silence=20)


@dataclass(frozen=True)
class Served:
    """Buckets that are being served."""

    root: Path
    port: int

    @property
    def url(self) -> str:
        """The platform's address."""
        return f"http://127.0.0.1:{self.port}"

    def store(self, token: str = "rwt_ada", project: str = "flights") -> HttpStore:  # noqa: S107 - of the tests
        """Return the bucket of a project as whoever *token* stands for uses it."""
        return HttpStore(f"{self.url}/buckets/{project}", token, QUICK)

    def folder(self, project: str = "flights") -> DirectoryStore:
        """Return where a project's objects lie."""
        return DirectoryStore(self.root / project / "objects")

    def ask(
        self, method: str, path: str, body: bytes | None = None, headers: Mapping[str, str] | None = None
    ) -> tuple[int, Mapping[str, str], bytes]:
        """Make one request, as ada unless *headers* say otherwise, and return status, headers and answer."""
        line = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        try:
            line.request(method, path, body, {"Authorization": "Bearer rwt_ada", **(headers or {})})
            answer = line.getresponse()
            return answer.status, dict(answer.getheaders()), answer.read()
        finally:
            line.close()


@dataclass(frozen=True)
class Setup:
    """How a test wants its buckets to be."""

    quota: int | None = None
    limits: Limits = field(default_factory=Limits)
    around: Callable[[ASGIApp], ASGIApp] = lambda app: app


def authorise(project: str, service: str, _: str, token: str, __: str) -> str | HTTPStatus:
    """Let the members of a project in, each with their own token."""
    account, own, may = TOKENS.get(token, ("", "", ()))
    if not account:
        return HTTPStatus.UNAUTHORIZED
    if project not in {*PROJECTS, "removed"}:
        return HTTPStatus.NOT_FOUND
    return account if project == own and service in may else HTTPStatus.FORBIDDEN


def buckets(root: Path, setup: Setup) -> Starlette:
    """Return the application, as a platform mounts it."""

    def open_store(project: str) -> DirectoryStore:
        if project not in PROJECTS:
            raise NotFound(f"There is no project {project}.", remedy="Create it.")
        return DirectoryStore(root / project / "objects")

    app = bucket_app(open_store, authorise, lambda _: setup.quota, setup.limits)
    return Starlette(routes=[Mount("/buckets", setup.around(app))])


def platform(root: Path, key: str) -> Starlette:
    """Return a platform as a laptop sees it: its key, who a token stands for, and its buckets."""

    def me(request: Request) -> Response:
        token = request.headers.get("authorization", "").removeprefix("Bearer ")
        if token not in TOKENS:
            return JSONResponse({"problem": "No.", "remedy": "None."}, 401)
        return JSONResponse({"account": TOKENS[token][0], "display": "", "projects": []})

    app = buckets(root, Setup())
    app.routes[:0] = [
        Route("/api/me", me),
        Route("/api/key", lambda _: PlainTextResponse(key)),
    ]
    return app


@contextlib.contextmanager
def served(root: Path, setup: Setup | None = None) -> Iterator[Served]:
    """Serve the buckets under *root* on a free port of the loopback, in a thread."""
    with listening(buckets(root, setup or Setup())) as port:
        yield Served(root, port)


@contextlib.contextmanager
def listening(app: ASGIApp, tls: ssl.SSLContext | None = None) -> Iterator[int]:
    """Serve *app* in a thread, over TLS if there is any; yield its port."""
    with socket.create_server(("127.0.0.1", 0)) as listener:
        config = _config(app)
        config.load()
        config.ssl = tls
        server = uvicorn.Server(config)
        thread = threading.Thread(target=asyncio.run, args=(_serve(server, listener),), daemon=True)
        thread.start()
        try:
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join(40)


class Killable:
    """Serves the buckets under *root* in a process of its own, on the same port each time it is started."""

    def __init__(self, root: Path, *before: str, quota: int | None = None) -> None:
        self._command = [*before, sys.executable, __file__, str(root), str(-1 if quota is None else quota)]
        self._root = root
        self._process: subprocess.Popen[str] | None = None
        self.served = Served(root, 0)

    def __enter__(self) -> Self:
        self.start()
        return self

    def __exit__(self, *_: object) -> None:
        self.kill()

    def start(self) -> None:
        """Start it, and wait until it listens."""
        path = os.pathsep.join(str(folder) for folder in (Path(__file__).parents[1] / "src", Path(__file__).parent))
        self._process = subprocess.Popen(
            [*self._command, str(self.served.port)],
            env={**os.environ, "PYTHONPATH": path}, stdout=subprocess.PIPE, text=True,
        )  # fmt: skip
        assert self._process.stdout is not None
        self.served = Served(self._root, int(self._process.stdout.readline()))

    def kill(self) -> None:
        """End it at once."""
        if self._process is None:
            return
        assert self._process.stdout is not None
        self._process.send_signal(signal.SIGKILL)
        self._process.wait()
        self._process.stdout.close()
        self._process = None

    def inside(self, path: Path) -> Path:
        """Return *path* as the process sees it, which may have disks of its own."""
        assert self._process is not None
        return Path(f"/proc/{self._process.pid}/root{path}")

    def peak(self) -> int:
        """Return the most memory that it held, in bytes."""
        assert self._process is not None
        status = Path(f"/proc/{self._process.pid}/status").read_text(encoding="ascii")
        (line,) = (line for line in status.splitlines() if line.startswith("VmHWM"))
        return int(line.split()[1]) << 10


async def _serve(server: uvicorn.Server, listener: socket.socket) -> None:
    await server.serve(sockets=[listener])
    for transport in list(vars(asyncio.get_running_loop())["_transports"].values()):
        transport.abort()  # one that waits for its client to take something would outlive its loop
    await asyncio.sleep(0)


def _config(app: ASGIApp) -> uvicorn.Config:
    return uvicorn.Config(
        app, http="httptools", ws="none", loop="asyncio", lifespan="off", access_log=False, log_config=None,
        timeout_graceful_shutdown=20,
    )  # fmt: skip


def _main() -> None:
    root, quota, port = Path(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3])
    listener = socket.create_server(("127.0.0.1", port))
    print(listener.getsockname()[1], flush=True)  # noqa: T201 - the port, for who started us
    uvicorn.Server(_config(buckets(root, Setup(None if quota < 0 else quota)))).run(sockets=[listener])


if __name__ == "__main__":
    _main()
