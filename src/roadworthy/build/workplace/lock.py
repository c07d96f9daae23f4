"""Locks between processes that work in one place: let go by the kernel, however their holder ends."""

from __future__ import annotations

import contextlib
import fcntl
import os
import time
from typing import TYPE_CHECKING

from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

_LOOK = 0.05  # seconds between two tries


@contextlib.contextmanager
def held(path: Path, *, shared: bool = False, waiting: Callable[[], None]) -> Iterator[None]:
    """Hold the lock *path*, alone or *shared*; its file is removed by the last who leaves.

    Args:
        path: The lock's file; its folder is made.
        shared: Whether others may hold it too, as long as all of them share.
        waiting: Called before every wait; may raise to give up.

    Raises:
        StorageError: The folder cannot be written.
    """
    handle = _taken(path, fcntl.LOCK_SH if shared else fcntl.LOCK_EX, waiting)
    try:
        yield
    finally:
        # Whoever waits for this file finds, once it has the lock, that the name is gone or another's, and begins anew.
        with contextlib.suppress(OSError):
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
        os.close(handle)


def sweep(folder: Path) -> None:
    """Remove the files of locks in *folder* whose holders were killed."""
    with contextlib.suppress(OSError):
        for entry in os.scandir(folder):
            _sweep_one(folder / entry.name)


def _sweep_one(path: Path) -> None:
    with contextlib.suppress(OSError):
        handle = os.open(path, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
        try:
            if _try(handle, fcntl.LOCK_EX) and _is_still(path, handle):
                path.unlink()
        finally:
            os.close(handle)


def _taken(path: Path, how: int, waiting: Callable[[], None]) -> int:
    while True:
        with storage_errors(path):
            path.parent.mkdir(parents=True, exist_ok=True)
            handle = os.open(path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o644)
        try:
            while not _try(handle, how):
                waiting()
                time.sleep(_LOOK)
            if _is_still(path, handle):
                return handle
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)


def _try(handle: int, how: int) -> bool:
    try:
        fcntl.flock(handle, how | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True


def _is_still(path: Path, handle: int) -> bool:
    """Whether *path* names the file that was locked, and not another one made since."""
    try:
        return os.path.samestat(path.lstat(), os.fstat(handle))
    except FileNotFoundError:
        return False
