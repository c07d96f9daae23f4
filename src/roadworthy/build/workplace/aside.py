"""Outputs set aside while new ones are written: kept new, or put back, whatever happens in between.

A session is one process of ours; each piece of work in it has a folder with a journal of what was moved where. Should
we be killed, `recover` reads the journals of sessions that are no longer alive and puts everything back.
"""

from __future__ import annotations

import contextlib
import fcntl
import json
import os
import secrets
import shutil
import threading
from pathlib import Path
from typing import TYPE_CHECKING, Self

from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from collections.abc import Sequence
    from types import TracebackType

_SESSIONS = "work/sessions"
_SCRATCH = "work/scratch"
_ALIVE = "alive"
_JOURNAL = "journal.json"


class Session:
    """What one process of ours has set aside; alive for as long as the process is, or what it started."""

    def __init__(self, state: Path) -> None:
        """Make ready to set things aside under *state*; nothing is written before something is."""
        self._state = state
        self._folder = state / _SESSIONS / f"{os.getpid()}-{secrets.token_hex(4)}"
        self._alive: int | None = None
        self._lock = threading.Lock()

    def alive(self) -> int:
        """Return an open file whose lock says that the session is alive: as long as any process has it open.

        Raises:
            StorageError: The folder cannot be written.
        """
        with self._lock, storage_errors(self._folder):
            if self._alive is None:
                # The lock is taken before the folder gets its name: nobody can find it without.
                aside = self._folder.with_name(f".{self._folder.name}")
                aside.mkdir(parents=True)
                self._alive = os.open(aside / _ALIVE, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
                fcntl.flock(self._alive, fcntl.LOCK_EX)
                aside.rename(self._folder)
            return self._alive

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, fault: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._alive is not None:
            os.close(self._alive)
            recover_one(self._folder)
            _sweep(self._state)

    def scratch(self) -> Path:
        """Return a new folder to throw away; it, and what is called like it, goes with the session at the latest.

        Raises:
            StorageError: It cannot be made.
        """
        self.alive()
        folder = self._state / _SCRATCH / f"{self._folder.name}-{secrets.token_hex(4)}"
        with storage_errors(folder):
            folder.mkdir(parents=True)
        return folder

    def set_aside(self, folder: Path, paths: Sequence[str], copied: frozenset[str] = frozenset()) -> Aside:
        """Move *paths* of *folder* aside, so that new ones can be written; *copied* ones stay, and are copied.

        Raises:
            StorageError: A path cannot be moved.
        """
        self.alive()
        return Aside(self._folder / secrets.token_hex(8), folder, paths, copied)


class Aside:
    """Paths that were set aside. Ends with `keep` or `restore`."""

    def __init__(self, journal: Path, folder: Path, paths: Sequence[str], copied: frozenset[str]) -> None:
        self._place = journal
        moves = [(folder / path, journal / str(number), path in copied) for number, path in enumerate(paths)]
        with storage_errors(folder):
            journal.mkdir()
            entries = [[str(path), str(aside), os.path.lexists(path), str(folder)] for path, aside, _ in moves]
            (journal / _JOURNAL).write_text(json.dumps(entries), encoding="utf-8")
            for path, aside, is_copied in moves:
                path.parent.mkdir(parents=True, exist_ok=True)
                if os.path.lexists(path):
                    _copy(path, aside) if is_copied else _move(path, aside)

    def keep(self) -> None:
        """Let the new outputs stay, and let go of the old ones."""
        (self._place / _JOURNAL).unlink()
        shutil.rmtree(self._place, ignore_errors=True)

    def restore(self) -> None:
        """Remove what was written since, and put back what was there before."""
        _undo(self._place)


def recover(state: Path) -> None:
    """Put back what sessions that are no longer alive had set aside, and remove what they meant to throw away.

    May be repeated, also by several at once.
    """
    with contextlib.suppress(FileNotFoundError):
        for session in os.scandir(state / _SESSIONS):
            if not session.name.startswith("."):
                recover_one(Path(session.path))
    _sweep(state)


def recover_one(session: Path) -> None:
    """Put back what *session* had set aside, unless it is alive; then remove it."""
    try:
        handle = os.open(session / _ALIVE, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except OSError:
        return
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        for work in [entry for entry in session.iterdir() if entry.is_dir()]:
            _undo(work)
        shutil.rmtree(session, ignore_errors=True)
    except (BlockingIOError, FileNotFoundError):
        return  # it is alive, or somebody else was first
    finally:
        os.close(handle)


def _sweep(state: Path) -> None:
    """Remove the scratch folders of sessions that are gone; each is named by its session."""
    with contextlib.suppress(OSError):
        for scratch in os.listdir(state / _SCRATCH):  # noqa: PTH208 - names alone are wanted
            session = "-".join(scratch.split("-")[:2])
            if not (state / _SESSIONS / session).exists():
                with contextlib.suppress(OSError):
                    _remove(state / _SCRATCH / scratch)


def _undo(place: Path) -> None:
    try:
        entries = json.loads((place / _JOURNAL).read_text(encoding="utf-8"))
    except (FileNotFoundError, ValueError):
        entries = []  # nothing was moved yet, or all was kept
    with storage_errors(place):
        for path, aside, existed, folder in entries:
            _unlink_on_the_way(Path(folder), Path(path))
            if os.path.lexists(aside):
                _remove(Path(path))
                Path(path).parent.mkdir(parents=True, exist_ok=True)
                _move(Path(aside), Path(path))
            elif not existed:
                _remove(Path(path))
    shutil.rmtree(place, ignore_errors=True)


def _unlink_on_the_way(folder: Path, path: Path) -> None:
    """Remove symlinks between *folder* and *path*: none was there before, and behind one lies what is not ours."""
    for parent in reversed(path.relative_to(folder).parents):
        if parent.parts and (folder / parent).is_symlink():
            (folder / parent).unlink()


def _move(path: Path, to: Path) -> None:
    try:
        path.rename(to)
    except OSError:  # another file system
        _copy(path, to)
        _remove(path)


def _copy(path: Path, to: Path) -> None:
    """Copy *path*; what stands at *to* is whole."""
    partial = to.with_name(f"{to.name}.partial")
    _remove(partial)
    if path.is_dir() and not path.is_symlink():
        shutil.copytree(path, partial, symlinks=True)
    else:
        shutil.copy2(path, partial, follow_symlinks=False)
    partial.rename(to)


def _remove(path: Path) -> None:
    if path.is_dir() and not path.is_symlink():
        shutil.rmtree(path)
    else:
        path.unlink(missing_ok=True)
