"""A platform that runs, and the buckets on it: who reaches which, and how much they take."""

from __future__ import annotations

import json
import socket
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, insert

from bucket_world import QUICK
from roadworthy.adapters.object_store.http.store import HttpStore
from roadworthy.app.remote import credentials
from roadworthy.app.remote.credentials import Credential
from roadworthy.app.remote.login import login
from roadworthy.app.remote.platform import platform_of
from roadworthy.app.server.platform import open_at
from roadworthy.app.server.projects import create
from roadworthy.errors import NotAllowed, NotFound, RoadworthyError, StorageError
from roadworthy.platform.identity.actor import Scope
from roadworthy.platform.identity.tokens import Wanted
from roadworthy.platform.store.schema import member, resource
from roadworthy.web import server
from roadworthy.web.server import At

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.app.server.platform import Platform

COMMAND = Path(sys.executable).with_name("roadworthy")
PEOPLE = {"carl": ("flights", "contributor"), "rita": ("flights", "reader"), "otto": ("trains", "maintainer")}
QUOTA = 1 << 20


@dataclass(frozen=True)
class Running:
    """A platform in a process of its own, and a token of everybody."""

    home: Path
    url: str
    tokens: dict[str, str]

    def store(self, name: str, project: str = "flights") -> HttpStore:
        """Return a bucket as *name* uses it."""
        return HttpStore(f"{self.url}/buckets/{project}", self.tokens[name], QUICK)


@pytest.fixture(scope="module")
def running(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Running]:
    """Return a platform with two projects, of which one has a quota of 1 MiB."""
    home = tmp_path_factory.mktemp("platform") / "home"
    with open_at(home, lambda _: None) as platform:
        tokens = populate(platform)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home.parent))
        process = subprocess.Popen(
            [COMMAND, "up", "--home", home, "--port", "0", "--runners", "0"],
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
        )  # fmt: skip
    try:
        yield Running(home, address(home), tokens)
    finally:
        process.terminate()
        process.wait(20)


def populate(platform: Platform) -> dict[str, str]:
    """Make projects and people as their profiles would; return the tokens, also one of the administrator's."""
    accounts = ("ada", *PEOPLE)
    for name in accounts:
        platform.identity.accounts.create(name, None, is_admin=name == "ada")
    for project in ("flights", "trains"):
        create(platform, project, "ada")
    rows = [{"project": project, "who": who, "role": role} for who, (project, role) in PEOPLE.items()]
    bucket = {"project": "flights", "kind": "bucket", "name": "flights", "state": "active", "applied_at": 0}
    with platform.database.write() as connection:
        connection.execute(delete(member))
        connection.execute(insert(member), rows)
        connection.execute(insert(resource).values(**bucket, wanted={"quota": "1MiB"}))

    def token(name: str, scope: Scope, project: str | None = None) -> str:
        wanted = Wanted("test", frozenset({scope}), project=project)
        return platform.identity.tokens.create(name, wanted)[1].reveal()

    limited = {"carl reads": token("carl", Scope.READ), "carl elsewhere": token("carl", Scope.WRITE, "trains")}
    return {**{name: token(name, Scope.WRITE) for name in accounts}, **limited}


def address(home: Path) -> str:
    """Return where the platform answers, once it does."""
    for _ in range(600):
        try:
            return str(json.loads((home / "up.json").read_text(encoding="utf-8"))["url"])
        except (OSError, ValueError):
            time.sleep(0.05)
    raise AssertionError((home / "logs" / "server.log").read_text(encoding="utf-8"))


def test_who_contributes_writes_and_who_reads_fetches(running: Running) -> None:
    """As the roles say, from the login on."""
    done = login(running.url, running.tokens["carl"])
    address = running.store("carl").put(b"rows")
    found = running.store("rita").get(address)
    with pytest.raises(NotAllowed):
        running.store("rita").put(b"other")

    assert (done.account, found) == ("carl", b"rows")
    assert credentials.find(platform_of(running.url)) == Credential("carl", running.tokens["carl"])
    assert done.key == (running.home / "key.pub").read_text(encoding="utf-8").split()[0]


@pytest.mark.parametrize("who", ["otto", "carl elsewhere"])
def test_the_key_of_one_project_is_refused_by_the_bucket_of_another(running: Running, who: str) -> None:
    """Whether it is its account or the token alone that belongs elsewhere."""
    address = running.store("carl").put(b"rows")
    store = running.store(who)

    for use in (lambda: store.get(address), lambda: store.put(b"x"), lambda: store.missing([address])):
        with pytest.raises(NotAllowed):
            use()


def test_a_token_that_reads_does_not_write(running: Running) -> None:
    """Whatever its account may do."""
    address = running.store("carl").put(b"rows")

    assert running.store("carl reads").get(address) == b"rows"
    with pytest.raises(NotAllowed):
        running.store("carl reads").put(b"x")


@pytest.mark.parametrize(("who", "error"), [("carl", NotAllowed), ("ada", NotFound)])
def test_a_project_that_is_not_there_has_no_bucket(running: Running, who: str, error: type[RoadworthyError]) -> None:
    """None is made; and only an administrator is told that there is no such project."""
    with pytest.raises(error):
        running.store(who, "nowhere").put(b"x")
    assert not (running.home / "buckets" / "nowhere").exists()


def test_the_quota_is_that_of_the_profile(running: Running) -> None:
    """What was applied holds for that project, and for no other."""
    large = b"x" * (QUOTA + 1)
    with pytest.raises(StorageError, match="of 1,048,576 bytes"):
        running.store("carl").put(large)

    assert running.store("otto", "trains").get(running.store("otto", "trains").put(large)) == large


def test_a_connection_is_neither_late_nor_held_for_ever() -> None:
    """What is said in two packets goes out at once, and who takes nothing of it is left."""
    with server._listening(At(port=0)) as listener:
        options = [
            listener.getsockopt(socket.IPPROTO_TCP, option) for option in (socket.TCP_NODELAY, socket.TCP_USER_TIMEOUT)
        ]

    assert options == [1, 120_000]
