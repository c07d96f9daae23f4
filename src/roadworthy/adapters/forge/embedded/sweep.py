"""What a killed push leaves behind, cleared away when the server starts again: no repair by hand."""

from __future__ import annotations

import contextlib
import fcntl
import shutil
import time
from typing import TYPE_CHECKING, Final

from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path
    from typing import IO

_LOCKS: Final = ("HEAD.lock", "packed-refs.lock", "config.lock", "shallow.lock")
_WAIT: Final = 0.05


def stay_alive(root: Path, seconds: float) -> tuple[IO[bytes], bool]:
    """Return an open file that says that somebody works in *root*, and whether nobody else does.

    Whatever inherits the file counts: a git that outlived its server holds it until it ends.

    Args:
        root: The folder of the repositories.
        seconds: How long to wait for those who outlived an earlier server.

    Raises:
        StorageError: The folder cannot be written.
    """
    with storage_errors(root):
        alive = (root / ".alive").open("ab")
    until = time.monotonic() + seconds
    while True:
        try:
            fcntl.flock(alive, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            if time.monotonic() < until:
                time.sleep(_WAIT)
                continue
            fcntl.flock(alive, fcntl.LOCK_SH)
            return alive, False
        return alive, True


def share(alive: IO[bytes]) -> None:
    """Let others work there too: what only one may do is done."""
    fcntl.flock(alive, fcntl.LOCK_SH)


def sweep(repository: Path) -> None:
    """Remove the locks and unfinished packs of gits that are dead. Nobody may be at work in *repository*."""
    for place in _left(repository):
        if place.is_dir() and not place.is_symlink():
            shutil.rmtree(place, ignore_errors=True)
        else:
            with contextlib.suppress(OSError):
                place.unlink()


def _left(repository: Path) -> Iterator[Path]:
    yield from (repository / name for name in _LOCKS)
    yield from (repository / "refs").rglob("*.lock")
    yield from (repository / "objects").glob("tmp_objdir-*")
    yield from (repository / "objects").glob("incoming-*")  # as git called them before 2.36
    yield from (repository / "objects").glob("*/tmp_*")
    yield from (repository / "objects").glob("*/*.lock")
    yield from (repository / "objects" / "pack").glob("*.keep")  # put there while a push is received
