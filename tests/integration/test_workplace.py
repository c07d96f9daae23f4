"""Locks and outputs set aside: what holds between processes, and after a crash."""

from __future__ import annotations

import contextlib
import json
import os
import threading
import time
from typing import TYPE_CHECKING

import pytest

from roadworthy.build.workplace.aside import Session, recover
from roadworthy.build.workplace.lock import held, sweep
from roadworthy.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class GivenUp(Exception):
    """Raised by those who do not want to wait."""


def give_up() -> None:
    """Do not wait."""
    raise GivenUp


@contextlib.contextmanager
def crashed(state: Path) -> Iterator[Session]:
    """Give a session that ends as if its process were killed: nobody closes it, and its lock is let go."""
    session = Session(state)
    yield session
    os.close(session.alive())


def test_a_lock_is_held_by_one(tmp_path: Path) -> None:
    """Whoever comes second waits; when the first leaves, nothing is left of the lock."""
    path = tmp_path / "locks" / "one"
    with held(path, waiting=give_up):
        with pytest.raises(GivenUp), held(path, waiting=give_up):
            pytest.fail("two hold it")
        with pytest.raises(GivenUp), held(path, shared=True, waiting=give_up):
            pytest.fail("one shares what another holds alone")

    assert not path.exists()


def test_a_shared_lock_is_held_by_many(tmp_path: Path) -> None:
    """Those who share do not wait for each other, and nobody holds it alone meanwhile."""
    path = tmp_path / "one"
    with (
        held(path, shared=True, waiting=give_up),
        held(path, shared=True, waiting=give_up),
        pytest.raises(GivenUp),
        held(path, waiting=give_up),
    ):
        pytest.fail("alone among those who share")
    with held(path, waiting=give_up):
        pass

    assert not path.exists()


def test_a_lock_is_never_held_by_two_while_it_comes_and_goes(tmp_path: Path) -> None:
    """Its file is removed and made again all the time, and still one at a time holds it."""
    path = tmp_path / "one"
    inside: list[int] = []
    most: list[int] = []

    def work() -> None:
        for _ in range(15):
            with held(path, waiting=lambda: None):
                inside.append(1)
                most.append(len(inside))
                time.sleep(0.001)
                inside.pop()

    threads = [threading.Thread(target=work) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(most) == 60
    assert max(most) == 1


def test_locks_of_the_dead_are_swept(tmp_path: Path) -> None:
    """A file that nobody holds goes, one that is held stays."""
    (tmp_path / "left").touch()
    with held(tmp_path / "held", waiting=give_up):
        sweep(tmp_path)

        assert [path.name for path in tmp_path.iterdir()] == ["held"]


@pytest.mark.parametrize("before", [{"a/x": "1", "a/y/z": "2", "b": "3"}, {"b": "3"}, {}])
@pytest.mark.parametrize("copied", [frozenset[str](), frozenset({"a", "b"})])
def test_what_was_set_aside_is_put_back(tmp_path: Path, before: dict[str, str], copied: frozenset[str]) -> None:
    """Whatever is written meanwhile, the folder is as it was: after a failure, and after a crash."""
    for how in ("restore", "crash"):
        folder = tmp_path / how
        fill(folder, before)
        with crashed(tmp_path / "state") as session:
            aside = session.set_aside(folder, ["a", "b"], copied)
            if copied:
                assert content(folder) == before
            fill(folder, {"a/new": "half"}) if not (folder / "b").exists() else (folder / "b").write_text("half")
            if how == "restore":
                aside.restore()
        recover(tmp_path / "state")
        recover(tmp_path / "state")

        assert content(folder) == before
    assert list((tmp_path / "state" / "work" / "sessions").iterdir()) == []


def test_what_is_new_is_kept(tmp_path: Path) -> None:
    """After `keep`, a crash changes nothing any more."""
    fill(tmp_path / "folder", {"a": "old"})
    with crashed(tmp_path / "state") as session:
        aside = session.set_aside(tmp_path / "folder", ["a"])
        fill(tmp_path / "folder", {"a": "new"})
        aside.keep()
    recover(tmp_path / "state")

    assert content(tmp_path / "folder") == {"a": "new"}


def test_a_crash_before_everything_was_moved_loses_nothing(tmp_path: Path) -> None:
    """The journal is written before the first move: what was not moved yet stays where it is."""
    fill(tmp_path / "folder", {"a": "1", "b": "2"})
    with crashed(tmp_path / "state") as session:
        aside = session.set_aside(tmp_path / "folder", ["a", "b"])
        place = aside._place
        (place / "1").rename(tmp_path / "folder" / "b")  # as if the second move had not happened
        assert len(json.loads((place / "journal.json").read_text())) == 2
    recover(tmp_path / "state")

    assert content(tmp_path / "folder") == {"a": "1", "b": "2"}


def test_a_session_that_is_alive_is_left_alone(tmp_path: Path) -> None:
    """Another command does not put back what somebody is working on."""
    fill(tmp_path / "folder", {"a": "1"})
    with Session(tmp_path / "state") as session:
        session.set_aside(tmp_path / "folder", ["a"])
        recover(tmp_path / "state")
        meanwhile = content(tmp_path / "folder")

    assert meanwhile == {}
    assert content(tmp_path / "folder") == {"a": "1"}


def test_scratch_goes_with_its_session(tmp_path: Path) -> None:
    """What a session that is gone meant to throw away is removed; what a living one works in is left alone."""
    with crashed(tmp_path) as dead:
        left = dead.scratch()
        left.with_suffix(".trace").touch()
    with Session(tmp_path) as alive:
        used = alive.scratch()
        recover(tmp_path)
        found = list((tmp_path / "work/scratch").iterdir())

    assert left not in found
    assert found == [used]
    assert list((tmp_path / "work/scratch").iterdir()) == []


def test_a_session_writes_nothing_before_it_must(tmp_path: Path) -> None:
    """A command that sets nothing aside leaves no trace; where nothing can be written, it says so."""
    with Session(tmp_path / "state"):
        pass
    (tmp_path / "file").touch()

    assert not (tmp_path / "state").exists()
    with pytest.raises(StorageError), Session(tmp_path / "file" / "state") as session:
        session.alive()


def fill(folder: Path, files: dict[str, str]) -> None:
    """Write *files* into *folder*."""
    folder.mkdir(parents=True, exist_ok=True)
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)


def content(folder: Path) -> dict[str, str]:
    """Return the files of *folder*."""
    return {path.relative_to(folder).as_posix(): path.read_text() for path in folder.rglob("*") if path.is_file()}
