"""The server is killed at each point of a push; and a push that is larger than the memory."""

from __future__ import annotations

import contextlib
import http.client
import logging
import os
import subprocess
import sys
import threading
import time
from base64 import b64encode
from pathlib import Path
from typing import TYPE_CHECKING, Self

import pytest

from forge_killed import MANY, POINTS
from forge_world import Client, begun, hosted, said

if TYPE_CHECKING:
    from collections.abc import Iterator

SCRIPT = Path(__file__).parents[1] / "forge_killed.py"
BRANCH = "refs/heads/feature/wind"
LEFT = ("**/*.lock", "objects/tmp_objdir-*", "objects/*/tmp_*", "objects/pack/*.keep")
MANY_REFS = 120
GIGABYTE, MOST_MEMORY = 1 << 30, 250 << 20


def server_at(root: Path, point: str, tree: str) -> tuple[subprocess.Popen[bytes], int]:
    """Start a server that will kill itself, and return it with its port."""
    path = os.pathsep.join([str(SCRIPT.parent), *sys.path])
    process = subprocess.Popen(
        [sys.executable, str(SCRIPT), str(root), point, tree],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": path},
    )
    assert process.stdout is not None
    return process, int(process.stdout.readline())


def left_running(folder: Path) -> list[str]:
    """Return the processes that work in *folder*: those that a killed server left behind."""
    found = []
    for process in Path("/proc").glob("[0-9]*"):
        with contextlib.suppress(OSError):
            if (process / "cwd").readlink().is_relative_to(folder):
                found.append((process / "cmdline").read_bytes().replace(b"\0", b" ").decode())
    return found


@pytest.fixture
def ada(tmp_path: Path) -> Client:
    """Return a working tree with a commit of three megabytes that is not pushed yet."""
    with hosted(tmp_path / "home") as server:
        client = begun(tmp_path / "ada", server.url())
    (client.folder / "noise").write_bytes(os.urandom(3 << 20))
    client.commit("noise", {"x": "y"})
    return client


@pytest.mark.parametrize("tree", ["ALONE", "TREE"])
@pytest.mark.parametrize("point", POINTS)
def test_a_push_to_a_server_that_is_killed_is_whole_or_nothing(
    tmp_path: Path, ada: Client, point: str, tree: str
) -> None:
    """Afterwards the server starts, the push is there or is not, and pushing again works: no repair by hand."""
    killed, port = server_at(tmp_path / "home", point, tree)
    url = f"http://ada:token-of-ada@127.0.0.1:{port}/git/flights.git"
    done = ada.attempt("push", url, "HEAD:feature/wind")
    killed.communicate(timeout=30)

    assert killed.returncode == -9
    with hosted(tmp_path / "home") as server:
        place = server.forge.path("flights")
        assert left_running(tmp_path / "home") == []
        found = server.refs().get(BRANCH)
        assert done.returncode != 0 or found == ada.head(), said(done)
        assert found in ({None, ada.head()} if point in {"soon", "later", "response"} else {None})
        assert [str(path) for pattern in LEFT for path in place.glob(pattern)] == []
        Client(place).git("fsck", "--full", "--strict")
        ada.git("push", server.url(), "HEAD:feature/wind")
        assert server.refs()[BRANCH] == ada.head()
        Client(place).git("fsck", "--full", "--strict")


def test_of_a_push_that_was_killed_between_two_refs_all_move(tmp_path: Path, ada: Client) -> None:
    """Git moves one file after another: what was let in and began to move is moved to its end at the next start."""
    killed, port = server_at(tmp_path / "home", "half", "TREE")
    url = f"http://ada:token-of-ada@127.0.0.1:{port}/git/flights.git"
    names = [f"many/{number:03}" for number in range(MANY_REFS)]
    done = ada.attempt("push", url, "HEAD:feature/gone", *(f"HEAD:{name}" for name in names))
    killed.communicate(timeout=60)
    folder = tmp_path / "home" / "repos" / "flights.git" / MANY
    moved = [place.name for place in folder.glob("*") if place.suffix != ".lock"]
    with hosted(tmp_path / "home") as server:
        refs = server.refs()
        place = server.forge.path("flights")

    assert done.returncode != 0
    assert 0 < len(moved) <= MANY_REFS
    assert {refs.get(f"refs/heads/{name}") for name in (*names, "feature/gone")} == {ada.head()}
    assert list((place / "pushes").glob("*.json")) == []


def test_a_ref_that_cannot_be_moved_keeps_the_whole_push_out(tmp_path: Path) -> None:
    """Also for a client that did not ask for it: no branch of the push moves when one is locked by another's."""
    with hosted(tmp_path / "home") as server:
        client = begun(tmp_path / "ada", server.url())
        before, after = server.refs(), client.commit("wind")
        client.git("push", "--quiet", "origin", "HEAD:feature/kept")
        place = server.forge.path("flights")
        held = place / "refs" / "heads" / "feature" / "held.lock"
        held.touch()
        told = client.refused("push", "--no-atomic", "origin", "HEAD:feature/free", "HEAD:feature/held")
        refs = server.refs()
        held.unlink()
        client.git("push", "--quiet", "origin", "HEAD:feature/free", "HEAD:feature/held", ":feature/kept")
        later = server.refs()
        noted = server.noted("flights")

    assert "rejected" in told
    assert refs == {**before, "refs/heads/feature/kept": after}
    assert later == {**before, "refs/heads/feature/free": after, "refs/heads/feature/held": after}
    assert noted == []


def test_a_git_that_waits_for_more_ends_with_its_server(tmp_path: Path) -> None:
    """Half a request is the end of the input, not something to be read for ever."""
    process, port = server_at(tmp_path / "home", "never", "ALONE")
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
    line.putrequest("POST", "/git/flights.git/git-receive-pack")
    line.putheader("Authorization", f"Basic {b64encode(b'ada:token-of-ada').decode()}")
    line.putheader("Content-Type", "application/x-git-receive-pack-request")
    line.putheader("Content-Length", "1000")
    line.endheaders(b"00")
    time.sleep(0.5)
    running = left_running(tmp_path / "home")
    process.kill()
    process.communicate()
    line.close()
    with hosted(tmp_path / "home"):
        left = left_running(tmp_path / "home")

    assert running != []
    assert left == []


def memory(root: int) -> int:
    """Return the resident memory of a process and of all that it started, in bytes."""
    total, waiting = 0, [root]
    while waiting:
        process = waiting.pop()
        try:
            rollup = Path(f"/proc/{process}/smaps_rollup").read_text()
            total += 1024 * int(rollup.partition("\nRss:")[2].split()[0])
            for children in Path(f"/proc/{process}/task").glob("*/children"):
                waiting += map(int, children.read_text().split())
        except OSError:
            continue  # it ended meanwhile
    return total


class Watch:
    """Looks at the memory of a process, and of all that it started, until it is told to stop."""

    def __init__(self, process: int) -> None:
        self.most = 0
        self._process, self._stop = process, threading.Event()
        self._thread = threading.Thread(target=self._look)

    def __enter__(self) -> Self:
        """Begin."""
        self._thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        """Stop."""
        self._stop.set()
        self._thread.join()

    def _look(self) -> None:
        while not self._stop.wait(0.05):
            self.most = max(self.most, memory(self._process))


@pytest.fixture
def large(tmp_path: Path) -> Iterator[Client]:
    """Return a working tree with a random file of a gigabyte, removed afterwards."""
    with hosted(tmp_path / "home") as server:
        client = begun(tmp_path / "ada", server.url())
    for setting in ("core.compression=0", "core.bigFileThreshold=1m"):
        client.git("config", *setting.split("="))
    with (client.folder / "noise").open("wb") as file:
        for _ in range(GIGABYTE >> 24):
            file.write(os.urandom(1 << 24))
    client.commit("a gigabyte", {"x": "y"})
    yield client
    subprocess.run(["rm", "-rf", str(client.folder), str(tmp_path / "home"), str(tmp_path / "clone")], check=True)


@pytest.mark.slow
def test_a_gigabyte_goes_through_bounded_memory(tmp_path: Path, large: Client) -> None:
    """The server and its gits together stay below 250 MB while a gigabyte is pushed and cloned."""
    process, port = server_at(tmp_path / "home", "never", "ALONE")
    url = f"http://ada:token-of-ada@127.0.0.1:{port}/git/flights.git"
    began = time.monotonic()
    with Watch(process.pid) as pushing:
        large.git("push", "--quiet", url, "HEAD:feature/wind")
    pushed = time.monotonic()
    with Watch(process.pid) as cloning:
        large.git("clone", "--quiet", "--bare", "--branch", "feature/wind", url, str(tmp_path / "clone"))
    cloned = time.monotonic()
    process.kill()
    process.communicate()
    told = [
        f"push: {pushing.most >> 20} MiB, {pushed - began:.1f} s",
        f"clone: {cloning.most >> 20} MiB, {cloned - pushed:.1f} s",
    ]
    logging.getLogger(__name__).info(told)

    assert max(pushing.most, cloning.most) < MOST_MEMORY, told
