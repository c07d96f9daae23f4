"""A worker's home, which is thrown away: by whoever made it, or, when that was killed, by whoever comes next."""

from __future__ import annotations

import contextlib
import fcntl
import os
import shutil
import tempfile
import time
from pathlib import Path

PREFIX = "roadworthy-worker-"
_OWNER = ".owner"  # locked as long as the process that made the folder lives: the kernel lets go, however that ends
_ABANDONED = 86_400.0  # seconds after which a folder that nobody ever locked is given up


class Scratch:
    """A folder of its own, owned by this process."""

    def __init__(self) -> None:
        """Make it, and remove those whose owners are gone.

        Raises:
            OSError: There is no room for it.
        """
        sweep(Path(tempfile.gettempdir()))
        self.path = Path(tempfile.mkdtemp(prefix=PREFIX))
        draft = self.path / f"{_OWNER}-draft"
        self._lock = draft.open("w")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        draft.rename(self.path / _OWNER)  # it is locked from the moment on that it has its name

    def remove(self) -> None:
        """Remove it with all that is in it; may be repeated, also by several threads at once."""
        shutil.rmtree(self.path, ignore_errors=True)
        self._lock.close()


def sweep(folder: Path) -> None:
    """Remove the homes in *folder* that no living process owns."""
    for home in folder.glob(f"{PREFIX}*"):
        with contextlib.suppress(OSError):
            _sweep_one(home)


def _sweep_one(home: Path) -> None:
    try:
        lock = os.open(home / _OWNER, os.O_RDWR | os.O_CLOEXEC | os.O_NOFOLLOW)
    except FileNotFoundError:
        if time.time() - home.stat().st_mtime > _ABANDONED:
            shutil.rmtree(home, ignore_errors=True)
        return
    try:
        fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        shutil.rmtree(home, ignore_errors=True)
    finally:
        os.close(lock)
