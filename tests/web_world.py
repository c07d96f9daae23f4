"""A platform's pages and API, served on loopback by uvicorn over two databases: what the tests of the web look at."""

from __future__ import annotations

import contextlib
import http.client
import json
import re
import socket
import threading
import time
from dataclasses import dataclass, field
from http.cookies import SimpleCookie
from typing import TYPE_CHECKING, Any, Self
from urllib.parse import urlencode

import uvicorn
from sqlalchemy import delete, insert

from roadworthy.app.server.platform import LEASE, open_at
from roadworthy.app.server.projects import create as create_project
from roadworthy.platform.identity.actor import Scope
from roadworthy.platform.identity.limit import Limit, Limits
from roadworthy.platform.identity.tokens import Wanted
from roadworthy.platform.store.schema import member
from roadworthy.web.app import ROUTERS, create_app
from roadworthy.web.services import Services

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from fastapi import APIRouter, FastAPI

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.identity.identity import Identity
    from roadworthy.platform.identity.secret import Secret

PASSWORD = "difference engine no 2"  # noqa: S105 - of everybody in the tests
ROLES = {"rita": "reader", "carl": "contributor", "mona": "maintainer"}  # in `flights`
PEOPLE = (*ROLES, "ada", "otto")  # Ada administers; Otto maintains `trains`, and is nobody in `flights`
GENEROUS = Limits(Limit(10_000, 10_000), Limit(10_000, 10_000), Limit(10_000, 10_000))


@dataclass(frozen=True)
class Answer:
    """What was answered."""

    status: int
    headers: Mapping[str, str]
    text: str

    @property
    def data(self) -> Any:
        """The JSON of it."""
        return json.loads(self.text)


@dataclass
class Client:
    """Somebody who asks: with the cookies of a browser, or a token, or neither."""

    port: int
    cookies: dict[str, str] = field(default_factory=dict)
    token: str | None = None
    csrf: str = ""

    def ask(
        self,
        method: str,
        path: str,
        body: bytes | Iterator[bytes] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Return the answer to one request; cookies that it sets are kept."""
        sent = {"cookie": "; ".join(f"{key}={value}" for key, value in self.cookies.items())} if self.cookies else {}
        if self.token:
            sent["authorization"] = f"Bearer {self.token}"
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        with contextlib.closing(connection):
            connection.request(method, path, body, {**sent, **(headers or {})})
            response = connection.getresponse()
            text = response.read().decode()
        for line in response.headers.get_all("set-cookie") or []:
            for key, morsel in SimpleCookie(line).items():
                self.cookies[key] = morsel.value
        named = {key.lower(): value for key, value in response.getheaders()}
        if found := re.search(r'name="csrf-token" content="([^"]+)"', text):
            self.csrf = found[1]
        return Answer(response.status, named, text)

    def show(self, token: str) -> None:
        """Show another token from now on."""
        self.token = token

    def get(self, path: str) -> Answer:
        """Ask for a page."""
        return self.ask("GET", path)

    def post(self, path: str, **fields: str) -> Answer:
        """Send a form of a page of ours."""
        body = urlencode({"csrf": self.csrf, **fields}).encode()
        return self.ask("POST", path, body, {"content-type": "application/x-www-form-urlencoded"})

    def send(self, method: str, path: str, data: Any = None) -> Answer:
        """Send JSON, as a program or a script of our pages."""
        headers = {"content-type": "application/json", "x-csrf-token": self.csrf}
        return self.ask(method, path, json.dumps(data).encode() if data is not None else None, headers)


@dataclass(frozen=True)
class World:
    """A platform with two projects, whose people are above."""

    identity: Identity
    app: FastAPI
    port: int
    runner: Secret
    platform: Platform

    @property
    def url(self) -> str:
        """Where it is."""
        return f"http://127.0.0.1:{self.port}"

    def nobody(self) -> Client:
        """Return somebody who is not signed in."""
        return Client(self.port)

    def person(self, name: str) -> Client:
        """Return somebody who is signed in, in a browser."""
        client = Client(self.port, {"roadworthy": self.identity.sessions.begin(name, "Firefox on Linux").reveal()})
        client.get("/account")
        return client

    def program(self, name: str, *scopes: str, project: str | None = None) -> Client:
        """Return a program that shows a token of *name*."""
        wanted = Wanted("test", frozenset(Scope(scope) for scope in scopes), project=project)
        return Client(self.port, token=self.identity.tokens.create(name, wanted)[1].reveal())

    @classmethod
    @contextlib.contextmanager
    def open(
        cls,
        folder: Path,
        routers: tuple[APIRouter, ...] = ROUTERS,
        *,
        limits: Limits = GENEROUS,
        url: str | None = None,
        lease: float = LEASE,
    ) -> Iterator[Self]:
        """Serve a world in *folder*, until the block ends."""
        with open_at(folder / "home", lambda _: None, lease=lease) as platform:
            identity = platform.identity
            for name in PEOPLE:
                identity.accounts.create(name, PASSWORD, display=name.title(), is_admin=name == "ada")
            _populate(platform)
            with socket.create_server(("127.0.0.1", 0)) as listener:
                port = listener.getsockname()[1]
                shown = url or f"http://127.0.0.1:{port}"
                services = Services(identity, platform.members, shown, platform.runner, limits, platform)
                app = create_app(services, routers)
                with _served(app, listener):
                    yield cls(identity, app, port, platform.runner, platform)


def _populate(platform: Platform) -> None:
    """Make the projects, whose members are as above: the index holds what their profiles would say."""
    for name in ("flights", "trains"):
        create_project(platform, name, "ada")
    rows = [{"project": "flights", "who": who, "role": role} for who, role in ROLES.items()]
    with platform.database.write() as connection:
        connection.execute(delete(member))
        connection.execute(insert(member), [*rows, {"project": "trains", "who": "otto", "role": "maintainer"}])


@contextlib.contextmanager
def _served(app: FastAPI, listener: socket.socket) -> Iterator[None]:
    config = uvicorn.Config(
        app, http="httptools", ws="none", loop="asyncio", log_config=None, access_log=False, timeout_graceful_shutdown=2
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    end = time.monotonic() + 20
    while not server.started:
        assert time.monotonic() < end, "The server does not start."
        time.sleep(0.01)
    try:
        yield
    finally:
        server.should_exit = True
        thread.join(timeout=20)
