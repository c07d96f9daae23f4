"""A forge that real git clients reach over real HTTP, and what it needs to know of two projects."""

from __future__ import annotations

import contextlib
import os
import socket
import subprocess
import threading
import time
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

import uvicorn
from starlette.applications import Starlette
from starlette.routing import Mount

from roadworthy.adapters.forge.embedded.forge import LARGEST, EmbeddedForge
from roadworthy.adapters.forge.embedded.http import Limits, git_http
from roadworthy.adapters.forge.embedded.listener import Listener
from roadworthy.errors import NotFound
from roadworthy.ledger.objects.fetch import is_whole
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.platform.forge.examine import Examiner
from roadworthy.platform.forge.receive import Rules

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence
    from pathlib import Path

    from starlette.types import ASGIApp

    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.objects.item import Item
    from roadworthy.ledger.records.record import Record
    from roadworthy.platform.forge.push import Push

PROJECTS: Final = ("flights", "weather")
# user → token, project, what they may do
ACCOUNTS: Final = {
    "ada": ("token-of-ada", "flights", ("read", "write")),
    "rita": ("token-of-rita", "flights", ("read",)),
    "bob": ("token-of-bob", "weather", ("read", "write")),
}


def authorise(project: str, service: str, user: str, password: str, _: str) -> str | HTTPStatus:
    """Let the members of a project in, each with their own token."""
    token, own, may = ACCOUNTS.get(user, ("", "", ()))
    if not token or password != token:
        return HTTPStatus.UNAUTHORIZED
    if project not in PROJECTS:
        return HTTPStatus.NOT_FOUND
    return user if project == own and service in may else HTTPStatus.FORBIDDEN


@dataclass(frozen=True)
class Known:
    """What is known beside the repositories; satisfies `Evidence`."""

    bucket: DirectoryStore
    branch_rules: Rules = field(default_factory=Rules)
    records: dict[Address, Record] = field(default_factory=dict)

    def rules(self, project: str) -> Rules:
        """Return the same rules for every project."""
        assert project in PROJECTS
        return self.branch_rules

    def is_whole(self, project: str, item: Item) -> bool:
        """Whether the bucket, which the projects of a test share, holds *item*."""
        assert project in PROJECTS
        return is_whole(item, self.bucket)

    def record(self, project: str, address: Address) -> Record:
        """Return a record that the test keeps."""
        assert project in PROJECTS
        if address not in self.records:
            raise NotFound(f"The record {address} is not kept here.", remedy="Keep it.")
        return self.records[address]


@dataclass(frozen=True)
class Hosted:
    """A forge that is being served."""

    forge: EmbeddedForge
    listener: Listener
    known: Known
    port: int
    delivered: list[Push]

    def url(self, project: str = "flights", user: str | None = "ada", token: str | None = None) -> str:
        """Return where *user* reaches the repository."""
        who = "" if user is None else f"{user}:{token or ACCOUNTS[user][0]}@"
        return f"http://{who}127.0.0.1:{self.port}/git/{project}.git"

    def refs(self, project: str = "flights") -> dict[str, str]:
        """Return the refs as the server holds them."""
        return dict(self.forge.refs(project))

    def noted(self, project: str) -> list[Path]:
        """Return what is still written down of pushes some seconds later: it goes once git has ended."""
        until = time.monotonic() + 10
        while (left := list((self.forge.path(project) / "pushes").glob("*.json"))) and time.monotonic() < until:
            time.sleep(0.02)
        return left


@dataclass(frozen=True)
class Setup:
    """How a test wants its forge to be."""

    limits: Limits = field(default_factory=Limits)
    rules: Rules = field(default_factory=Rules)
    largest: int = LARGEST
    judge: Callable[[Push], Sequence[object]] | None = None
    around: Callable[[ASGIApp], ASGIApp] = lambda app: app


@contextlib.contextmanager
def hosted(root: Path, setup: Setup | None = None) -> Iterator[Hosted]:
    """Serve the repositories under *root* on a free port of the loopback, in a thread."""
    setup = setup or Setup()
    known = Known(DirectoryStore(root / "bucket"), setup.rules)
    forge = EmbeddedForge.open(root / "repos", largest=setup.largest, wait=10)
    for project in PROJECTS:
        forge.create(project)
    delivered: list[Push] = []

    def note(push: Push) -> Sequence[str]:
        delivered.append(push)
        return ("noted",)

    judge = setup.judge or Examiner(known)
    with Listener(root / "receive.sock", judge, note) as listener:  # type: ignore[arg-type] # a test may judge otherwise
        app = Starlette(routes=[Mount("/git", setup.around(git_http(forge, listener, authorise, setup.limits)))])
        with serving(app) as port:
            yield Hosted(forge, listener, known, port, delivered)
    forge.close()


@contextlib.contextmanager
def serving(app: ASGIApp) -> Iterator[int]:
    """Serve *app* in a thread, and give its port."""
    config = uvicorn.Config(app, log_config=None, lifespan="off", ws="none", timeout_graceful_shutdown=5)
    server = uvicorn.Server(config)
    with socket.create_server(("127.0.0.1", 0)) as listener:
        thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
        thread.start()
        try:
            while not server.started:
                time.sleep(0.01)
            yield listener.getsockname()[1]
        finally:
            server.should_exit = True
            thread.join()


@dataclass(frozen=True)
class Client:
    """A working tree in which somebody uses git."""

    folder: Path

    def git(self, *arguments: str, data: bytes | None = None, **extra: str) -> str:
        """Run git and return what it said on both outputs; it must do."""
        done = self.attempt(*arguments, data=data, **extra)
        assert done.returncode == 0, said(done)
        return said(done)

    def attempt(self, *arguments: str, data: bytes | None = None, **extra: str) -> subprocess.CompletedProcess[bytes]:
        """Run git, and return how it ended."""
        environment = {**os.environ, "GIT_TERMINAL_PROMPT": "0", **extra}
        command = ["git", "-c", "protocol.version=2", *arguments]
        return subprocess.run(
            command, cwd=self.folder, input=data, capture_output=True, check=False, env=environment, timeout=120
        )

    def refused(self, *arguments: str, data: bytes | None = None, **extra: str) -> str:
        """Run git, which must fail, and return what it said."""
        done = self.attempt(*arguments, data=data, **extra)
        assert done.returncode != 0, said(done)
        return said(done)

    def commit(self, subject: str = "work", files: dict[str, str] | None = None) -> str:
        """Write *files*, commit everything and return the commit."""
        for name, text in (files or {"file": subject}).items():
            place = self.folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", "--message", subject)
        return self.head()

    def head(self) -> str:
        """Return the commit that is checked out."""
        return self.git("rev-parse", "HEAD").strip()


def said(done: subprocess.CompletedProcess[bytes]) -> str:
    """Return what a git said on both outputs."""
    return (done.stdout + done.stderr).decode("utf-8", "replace")


def started(folder: Path, url: str) -> Client:
    """Return a new working tree whose `origin` is *url*."""
    folder.mkdir(parents=True)
    client = Client(folder)
    client.git("init", "--quiet", "--initial-branch", "main")
    client.git("remote", "add", "origin", url)
    return client


def begun(folder: Path, url: str) -> Client:
    """Return a working tree whose first commit was pushed as `main` and `develop`, on the branch `feature/wind`."""
    client = started(folder, url)
    client.commit("first", {"README.md": "flights\n"})
    client.git("push", "--quiet", "origin", "HEAD:main", "HEAD:develop")
    client.git("switch", "--quiet", "--create", "feature/wind")
    return client
