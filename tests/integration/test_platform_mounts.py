"""Beside the pages and the API: roles, requests and ownership, for the repositories and buckets of a platform."""

from __future__ import annotations

import subprocess
from base64 import b64encode
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount, Route

from forge_world import serving
from roadworthy.app.server.hosting import buckets_at, git_at
from roadworthy.ledger.objects.address import Address
from roadworthy.web.server import MOUNTS
from web_world import Client, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from starlette.types import ASGIApp

DATA = b"rows"
OBJECT = f"/buckets/flights/objects/{Address.of(DATA)}"
# Each request of the mounts, and whether it reads or writes.
READS = {
    ("GET", "/git/flights.git/info/refs?service=git-upload-pack"),
    ("POST", "/git/flights.git/git-upload-pack"),
    ("GET", OBJECT), ("HEAD", OBJECT), ("POST", "/buckets/flights/missing"),
}  # fmt: skip
WRITES = {
    ("GET", "/git/flights.git/info/refs?service=git-receive-pack"),
    ("POST", "/git/flights.git/git-receive-pack"),
    ("PUT", OBJECT),
}
# Who shows which token: account, scopes, project that it is limited to; and whether they may read and write.
WHO = {
    "nobody": (None, (), None, False, False),
    "a reader": ("rita", ("read", "write"), None, True, False),
    "a contributor": ("carl", ("read", "write"), None, True, True),
    "a maintainer": ("mona", ("read", "write"), None, True, True),
    "a contributor's token to read": ("carl", ("read",), None, True, False),
    "a token for another project": ("mona", ("read", "write"), "trains", False, False),
    "a maintainer of another project": ("otto", ("read", "write"), None, False, False),
}
Where = tuple[World, int]


@pytest.fixture(scope="module")
def where(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Where]:
    """Give a platform, and the port at which all its mounts are."""
    folder: Path = tmp_path_factory.mktemp("mounts")
    with World.open(folder) as world, git_at(world.platform) as git:
        apps: dict[str, ASGIApp] = {"/git": git, "/buckets": buckets_at(world.platform)}
        assert set(MOUNTS) == set(apps), "A mount that no test of permissions looks at."
        with serving(Starlette(routes=[Mount(place, app) for place, app in apps.items()])) as port:
            yield world, port


@pytest.mark.parametrize("who", WHO)
def test_every_request_of_a_mount_lets_in_whom_it_says_and_nobody_else(where: Where, who: str) -> None:
    """Of all that can be asked of repositories and buckets; a refusal is 401 for nobody and 403 for others."""
    world, port = where
    account, scopes, project, reads, writes = WHO[who]
    header = {} if account is None else _shown(world.program(account, *scopes, project=project).token or "")
    client = Client(port)
    answers = {
        (method, path): client.ask(method, path, DATA if method in {"POST", "PUT"} else None, header).status
        for method, path in sorted(WRITES | READS)
    }
    refused = {asked for asked, status in answers.items() if status in {401, 403}}

    assert refused == (set() if reads else READS) | (set() if writes else WRITES)
    assert {answers[one] for one in refused} <= ({401} if account is None else {403})


def test_no_bucket_answers_what_the_tests_do_not_ask(where: Where) -> None:
    """A route that is added to the buckets is to be added above."""
    world, _ = where
    routes = [one for one in buckets_at(world.platform).routes if isinstance(one, Route)]
    known = {"/{project}/objects/{address}": {"GET", "HEAD", "PUT"}, "/{project}/missing": {"POST"}}

    assert {one.path: set(one.methods or ()) for one in routes} == known


@pytest.mark.parametrize("path", ["HEAD", "objects/info/packs", "config", "git-upload-archive", "info/refs"])
def test_nothing_else_of_a_repository_is_served(where: Where, path: str) -> None:
    """Of git's files and services there are three requests, for whoever asks."""
    world, port = where
    header = _shown(world.program("mona", "read", "write").token or "")

    assert Client(port).ask("GET", f"/git/flights.git/{path}", None, header).status == 404


def test_a_members_token_opens_no_other_project_to_git(where: Where, tmp_path: Path) -> None:
    """As git itself says it."""
    world, port = where
    token = world.program("carl", "read", "write").token
    place = f"http://carl:{token}@127.0.0.1:{port}/git/trains.git"
    done = subprocess.run(["git", "ls-remote", place], cwd=tmp_path, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "403" in done.stderr


def _shown(token: str) -> dict[str, str]:
    return {"authorization": f"Basic {b64encode(f'x:{token}'.encode()).decode()}"}
