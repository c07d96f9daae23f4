"""The story of a project on a platform, in real processes: what is pushed is tested, merged, deployed, and answers."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import quick_project
from platform_world import FAILPOINTS, PROJECT, World, until
from roadworthy.platform.identity.identity import open_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forge_world import Client

PASSWORD = "analytical engine of 1837"  # noqa: S105 - nobody's
# What another server, or an index made again, answers otherwise.
EXCLUDED_PATHS = {
    "/api/projects/{project}/jobs": "traces: what was done is done, and is not asked for again",
    "/api/projects/{project}/jobs/{job}": "a trace",
    "/api/projects/{project}/jobs/{job}/log": "a trace",
    "/api/projects/{project}/events": "traces: reconciling writes new ones",
    "/api/projects/{project}/events/{event}": "a trace",
    "/api/projects/{project}/deliveries": "traces",
    "/api/projects/{project}/deliveries/{delivery}": "a trace",
}
EXCLUDED_KEYS = {
    "jobs": "traces",
    "job": "the number of a trace",
    "gates": "they stand in the result of a job; the proof has what they follow from",
    "last_used_at": "a token was used meanwhile",
    "url": "a service is given a free port at each start",
    "repository": "so is the server",
}


@pytest.fixture(scope="module")
def secrets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give the file in which the server writes every secret that it makes."""
    return tmp_path_factory.mktemp("secrets") / "secrets"


@pytest.fixture(scope="module")
def processes() -> set[str]:
    """Give the command lines and environments that were seen while the story was told."""
    return set()


@pytest.fixture(scope="module")
def world(tmp_path_factory: pytest.TempPathFactory, secrets: Path, processes: set[str]) -> Iterator[World]:
    """Give a platform on which the story has been told, up to the rollback."""
    folder = tmp_path_factory.mktemp("world")
    told = {"PYTHONPATH": str(FAILPOINTS), "ROADWORTHY_TEST_SECRETS": str(secrets)}
    with World.open(folder, environment=told) as opened, _watched(opened, processes):
        _tell(opened)
        yield opened


@contextlib.contextmanager
def _watched(world: World, seen: set[str]) -> Iterator[None]:
    """Note how every process of the platform was started, for as long as the block lasts."""
    over = threading.Event()

    def watch() -> None:
        while not over.wait(0.05):
            for number in world.processes():
                for what in ("cmdline", "environ"):
                    with contextlib.suppress(OSError):
                        seen.add(Path(f"/proc/{number}/{what}").read_text(errors="replace"))

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        over.set()
        thread.join()


def _tell(world: World) -> None:
    identity = open_identity(f"sqlite:///{world.home / 'identity.db'}")
    identity.accounts.create("otto", PASSWORD)
    identity.close()
    signed_in = world.ada.send("POST", "/api/sign-in", {"name": "otto", "password": PASSWORD})
    assert signed_in.status == 200
    world.make_project()
    tree = world.tree(world.home.parent / "tree")
    tree.commit("Begin", dict(quick_project.files()))
    tree.git("push", "--quiet", "origin", "main")
    world.wait()
    assert predicted(world) == ("v1.0.0", 0.6667)
    _changed(world, tree, "feature/better", 0.9)
    assert world.post("/changes/1/merge", {"reason": ""}).status == 200
    world.wait()
    assert predicted(world) == ("v1.1.0", 0.65)
    _changed(world, tree, "feature/worse", -1.0)
    refused = world.post("/changes/2/merge", {"reason": ""})
    assert refused.status == 422
    assert "The tests say no" in refused.text
    assert world.post("/rollbacks", {"environment": "production"}).status == 201
    world.wait()
    assert predicted(world) == ("v1.0.0", 0.6667)


def _changed(world: World, tree: Client, branch: str, slope: float) -> None:
    """Push a branch with another slope, wait for its check, and propose it."""
    tree.git("switch", "--quiet", "--create", branch, "main")
    tree.commit(branch, {"params.yaml": quick_project.params(slope)})
    tree.git("push", "--quiet", "origin", branch)
    world.wait()
    answer = world.post("/changes", {"branch": branch, "target": "main", "title": branch})
    assert answer.status == 201, answer.text


def predicted(world: World) -> tuple[str, float]:
    """Return the version that answers in production, and what it says of a row; wait until what is deployed does."""
    (place,) = world.get("")["environments"]
    found: dict[str, Any] = {}

    def answers() -> bool:
        nonlocal found
        with contextlib.suppress(OSError, http.client.HTTPException):
            connection = http.client.HTTPConnection(place["url"].removeprefix("http://"), timeout=10)
            with contextlib.closing(connection):
                connection.request("POST", "/predict", json.dumps(quick_project.IN_SCOPE))
                found = json.loads(connection.getresponse().read())
        return bool(found.get("version") == place["version"])

    until(answers, f"{place['version']} to answer at {place['url']}")
    return found["version"], round(found["predictions"][0]["probability"], 4)


@pytest.mark.slow
def test_a_deleted_index_is_made_again_with_the_same_answers(world: World) -> None:
    """Killed, its database deleted and made again, the platform answers every question as before."""
    before = answers(world)
    world.kill()
    for place in world.home.glob("platform.db*"):
        place.unlink()
    world.command("rebuild")
    world.start()
    world.wait()
    after = answers(world)

    assert len(before) > len(EXCLUDED_PATHS)
    assert after == before
    assert predicted(world) == ("v1.0.0", 0.6667)
    assert world.ada.get("/api/audit/verified").data["faults"] == []


def answers(world: World) -> dict[str, Any]:
    """Return what an administrator is answered to every question of the API that is not excluded."""
    asked = {}
    for path, methods in world.ada.get("/api/openapi.json").data["paths"].items():
        if "get" not in methods or path in EXCLUDED_PATHS:
            continue
        for number in (1, 2) if "{number}" in path else (0,):
            where = path.replace("{project}", PROJECT).replace("{number}", str(number))
            assert "{" not in where
            answer = world.ada.get(where)
            assert answer.status == 200, (where, answer.text)
            asked[where] = _kept(answer.data) if "json" in answer.headers["content-type"] else answer.text
    return asked


def _kept(data: Any) -> Any:
    if isinstance(data, dict):
        return {name: _kept(value) for name, value in data.items() if name not in EXCLUDED_KEYS}
    return [_kept(one) for one in data] if isinstance(data, list) else data


@pytest.mark.slow
def test_secrets_are_nowhere_but_where_they_are_kept(world: World, secrets: Path, processes: set[str]) -> None:
    """Tokens, the runners' secret, a password and the signing key stand in no other file, command or environment."""
    made = secrets.read_text(encoding="utf-8").split()
    key = (world.home / "key").read_bytes().strip()
    canaries = [one.encode() for one in (*made, world.token, world.token.rpartition("_")[2], PASSWORD)] + [key]
    kept = {world.home / "key", *world.home.glob("identity.db*")}
    places = [place for place in world.home.rglob("*") if place.is_file() and place not in kept]
    found = [str(place) for place in places if any(canary in place.read_bytes() for canary in canaries)]
    in_identity = b"".join(place.read_bytes() for place in world.home.glob("identity.db*"))

    assert len(made) >= 3
    assert len(places) > 100
    assert found == []
    assert [canary for canary in canaries if canary in in_identity] == []
    assert len(processes) > 10
    assert [one for one in processes if any(canary.decode(errors="replace") in one for canary in canaries)] == []
    assert os.stat(world.home / "key").st_mode & 0o077 == 0  # noqa: PTH116
