"""The folder of the user's own configuration: who they are on which platform, for no eyes but theirs."""

from __future__ import annotations

import contextlib
import fcntl
import os
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator


def folder() -> Path:
    """Return where it is; it need not be there.

    Source:
        XDG Base Directory Specification: a path that is not absolute is left out.
    """
    named = Path(os.environ.get("XDG_CONFIG_HOME", ""))
    return (named if named.is_absolute() else Path.home() / ".config") / "roadworthy"


@contextlib.contextmanager
def changing() -> Iterator[Path]:
    """Make the folder, and let nobody else change what is in it during the block.

    Raises:
        StorageError: It cannot be written.
    """
    place = folder()
    with storage_errors(place / "lock"):
        place.parent.mkdir(parents=True, exist_ok=True)
        place.mkdir(mode=0o700, exist_ok=True)
        lock = os.open(place / "lock", os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield place
    finally:
        os.close(lock)
