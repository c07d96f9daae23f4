"""A platform that many write to at once, or whose disk is full, says so in words and loses nothing."""

from __future__ import annotations

import contextlib
import os
import subprocess
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

import quick_project
from platform_world import PROJECT, World
from roadworthy.app.server.home import Home
from roadworthy.platform.change.verdict import Checked, state_checked

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from forge_world import Client

WRITERS = 32
DISK, LEFT = 96 << 20, 100 << 10  # bytes of a small disk, and of what is left of it when it is full
ELSEWHERE = "ci: {runner: forge}\n"  # the platform's runners stay out of it


def _begun(world: World, folder: Path) -> Client:
    world.make_project()
    tree = world.tree(folder)
    files = dict(quick_project.files())
    tree.commit("Begin", {**files, "profile.yaml": files["profile.yaml"] + ELSEWHERE})
    tree.git("push", "--quiet", "origin", "main")
    world.wait()
    return tree


def _written(world: World, tree: Client, number: int) -> str:
    """Commit a file of its own on a branch of its own, which was checked and passed; return the branch."""
    branch = f"feature/{number}"
    tree.git("switch", "--quiet", "--create", branch, "main")
    commit = tree.commit(branch, {f"notes/{number}.md": f"{number}\n"})
    state_checked(
        Home(world.home).ledger(PROJECT, "test"),
        Checked(PROJECT, commit, branch, "main", "feature", "passed", "It was checked elsewhere."),
    )
    return branch


@pytest.mark.slow
def test_many_who_write_at_once_lose_nothing(tmp_path: Path) -> None:
    """Each pushes, proposes and merges: no fault of ours, no number twice, every file on main, all of it whole."""
    with World.open(tmp_path) as world:
        tree = _begun(world, tmp_path / "tree")
        branches = [_written(world, tree, number) for number in range(WRITERS)]
        world.stop()
        world.start()  # which lists the verdicts
        tree = world.tree(tmp_path / "tree")
        begin = threading.Barrier(WRITERS)
        ada = world.ada

        def write(branch: str) -> list[int]:
            begin.wait()
            tree.git("push", "--quiet", "origin", branch)
            wanted = {"branch": branch, "target": "main", "title": branch}
            opened = ada.send("POST", f"/api/projects/{PROJECT}/changes", wanted)
            merge = f"/api/projects/{PROJECT}/changes/{opened.data['number']}/merge"
            merged = ada.send("POST", merge, {"reason": ""})
            return [opened.status, merged.status]

        with ThreadPoolExecutor(WRITERS) as pool:
            answered = list(pool.map(write, branches))
        world.wait()
        changes = world.get("/changes")
        tree.git("fetch", "--quiet", "origin")
        on_main = tree.git("ls-tree", "--name-only", "origin/main", "notes/").split()
        repository = world.home / "repos" / f"{PROJECT}.git"
        checked = subprocess.run(["git", "fsck", "--strict"], cwd=repository, check=False, capture_output=True)
        audit = world.ada.get("/api/audit/verified").data
        merges = [one["target"] for one in world.ada.get("/api/audit").data if one["action"] == "change.merge"]

        assert answered == [[201, 200]] * WRITERS
        assert sorted(one["number"] for one in changes) == list(range(1, WRITERS + 1))
        assert {one["branch"] for one in changes if one["state"] == "merged"} == set(branches)
        assert len(on_main) == WRITERS
        assert checked.returncode == 0
        assert audit["faults"] == []
        assert len(set(merges)) == len(merges) == WRITERS
        assert "Traceback" not in world.said()


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """Give a folder that is a disk of its own, and small."""
    place = tmp_path / "disk"
    place.mkdir()
    command = ["mount", "-t", "tmpfs", "-o", f"size={DISK}", "tmpfs", str(place)]
    if os.geteuid() != 0 or subprocess.run(command, check=False, capture_output=True).returncode != 0:
        pytest.skip("making a small disk takes the right to mount one")
    try:
        yield place
    finally:
        subprocess.run(["umount", "--lazy", str(place)], check=True)


@contextlib.contextmanager
def _full(disk: Path) -> Iterator[None]:
    """Fill *disk* up, and make room again at the end of the block."""
    filler = disk / "filler"
    at = os.statvfs(disk)
    with filler.open("wb") as file:
        os.posix_fallocate(file.fileno(), 0, at.f_bavail * at.f_frsize - LEFT)
    with contextlib.suppress(OSError), (disk / "rest").open("wb") as file:
        while file.write(b"0" * 4096):
            file.flush()
    yield
    filler.unlink()
    (disk / "rest").unlink()


@pytest.mark.slow
def test_a_full_disk_is_told_and_nothing_is_lost(small_disk: Path, tmp_path: Path) -> None:
    """What cannot be kept is refused in words; when there is room again, everything goes on as if nothing had been."""
    with World.open(small_disk) as world:
        tree = _begun(world, tmp_path / "tree")
        for number in range(2):
            _written(world, tree, number)
        world.stop()
        world.start()
        tree = world.tree(tmp_path / "tree")
        tree.git("push", "--quiet", "origin", "feature/0")
        world.wait()
        opened = world.post("/changes", {"branch": "feature/0", "target": "main", "title": "Before"})
        with _full(small_disk):
            pushed = tree.refused("push", "--quiet", "origin", "feature/1")
            proposed = world.post("/changes", {"branch": "main", "target": "feature/0", "title": "While it is full"})
            merged = world.post("/changes/1/merge", {"reason": ""})
            health = world.ada.get("/health")
            read = world.ada.get(f"/api/projects/{PROJECT}/changes")
        tree.git("push", "--quiet", "origin", "feature/1")
        world.wait()
        again = world.post("/changes/1/merge", {"reason": ""})
        world.wait()
        state = world.get("/changes")

        assert opened.status == 201
        assert "error" in pushed or "fatal" in pushed or "rejected" in pushed
        assert proposed.status == 503, proposed.text
        assert merged.status == 503, merged.text
        assert "full" in merged.text or "room" in merged.text
        assert {health.status, read.status} <= {200, 503}
        told = (pushed, proposed.text, merged.text, health.text, read.text)
        assert [one for one in told if str(small_disk) in one] == []
        assert str(small_disk) in world.said()
        assert again.status == 200, again.text
        assert [one["state"] for one in state] == ["merged"]
        assert world.ada.get("/api/audit/verified").data["faults"] == []
