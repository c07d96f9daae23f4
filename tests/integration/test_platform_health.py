"""Whoever watches a platform is told in time, and in words, which part of it fails."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

import pytest

from platform_world import until
from roadworthy.app.server.children.processes import Program
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a platform."""
    with World.open(tmp_path) as opened:
        yield opened


def damage(name: str) -> Callable[[Path], None]:
    """Return what makes a database of the home one that cannot be read."""

    def do(home: Path) -> None:
        for place in home.glob(f"{name}*"):
            place.write_bytes(b"no database at all" * 500)

    return do


def without_buckets(home: Path) -> None:
    """Take the folder of the buckets away, as a disk that was not mounted does."""
    shutil.rmtree(home / "buckets")


def test_a_platform_that_works_says_so(world: World) -> None:
    """Every part has its word; a server without runners of its own is none that fails."""
    answer = world.nobody().get("/health")

    assert answer.status == 200
    assert (answer.data["status"], answer.data["failing"]) == ("ready", [])
    assert set(answer.data["parts"]) == {"database", "buckets", "runners"}


@pytest.mark.parametrize(
    ("harm", "part", "says"),
    [
        (damage("platform.db"), "database", "The index cannot be read."),
        (damage("identity.db"), "database", "The database of accounts cannot be read."),
        (without_buckets, "buckets", "Their folder is not there"),
    ],
)
def test_the_part_that_fails_is_named(world: World, harm: Callable[[Path], None], part: str, says: str) -> None:
    """With 503, which balancers and watchers understand, and with nothing that tells a stranger of the machine."""
    harm(world.platform.home.folder)
    answer = world.nobody().get("/health")

    assert answer.status == 503
    assert (answer.data["status"], answer.data["failing"]) == ("failing", [part])
    assert answer.data["parts"][part].startswith(says)
    assert str(world.platform.home.folder) not in answer.text


def test_a_runner_that_cannot_stay_is_told(world: World, tmp_path: Path) -> None:
    """One that ends each time it is started does no work; one that is there is enough."""
    environment, log = {"PATH": "/usr/bin:/bin"}, tmp_path / "log"
    world.platform.processes.want(Program("runner-1", ["false"], tmp_path, environment, log))
    until(lambda: world.nobody().get("/health").status == 503, "it to be told")
    alone = world.nobody().get("/health").data
    world.platform.processes.want(Program("runner-2", ["sleep", "60"], tmp_path, environment, log))
    until(lambda: "runner-2" in world.platform.processes.running(), "the other to run")
    until(lambda: world.nobody().get("/health").data["parts"]["runners"] == "1 of 2 run.", "it to be counted")

    assert (alone["failing"], alone["parts"]["runners"]) == (["runners"], "0 of 1 run.")
    assert world.nobody().get("/health").status == 200
