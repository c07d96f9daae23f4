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
from rebuild_answers import EXCLUDED_PATHS, compared
from roadworthy.ledger.predictions import segment
from roadworthy.platform.identity.identity import open_identity

if TYPE_CHECKING:
    from collections.abc import Iterator

    from forge_world import Client

PASSWORD = "analytical engine of 1837"  # noqa: S105 - nobody's


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
    assert world.post("/changes/1/comments", {"text": "Better?\n/hold wait\n/nothing"}).status == 201
    assert world.post("/chat", {"text": "/unhold", "change": 1}).data[0]["done"]
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
            asks = any(one["in"] == "query" and one.get("required") for one in methods["get"].get("parameters", ()))
            if asks or "{" in where or where.endswith("/compare"):
                continue  # what names one thing more is asked by test_platform_rebuilt.py
            answer = world.ada.get(where)
            assert answer.status == 200, (where, answer.text)
            asked[where] = compared(answer.data) if "json" in answer.headers["content-type"] else answer.text
    return asked


@pytest.mark.slow
def test_predictions_are_facts_of_the_bucket(world: World) -> None:
    """What was answered is kept in the bucket, its secret among the home's; nothing of it in what may be deleted."""
    kept = list(segment.read(world.home / "buckets" / PROJECT / "predictions" / "production"))

    assert {row["version"] for row in kept} == {"v1.0.0", "v1.1.0"}
    assert (world.home / "secrets" / PROJECT / "production.key").stat().st_mode & 0o077 == 0
    assert list((world.home / "work").rglob("predictions")) == []


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
