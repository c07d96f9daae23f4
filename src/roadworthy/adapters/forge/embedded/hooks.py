"""The folder of hooks that every repository of the server uses: ours, written anew at each start."""

from __future__ import annotations

import shlex
import stat
import sys
from pathlib import Path

from roadworthy.ledger.objects.write import write_bytes

PHASES = ("pre-receive", "post-receive")
_MODE = 0o700


def write_hooks(folder: Path) -> tuple[str, ...]:
    """Make *folder* hold our hooks, which run with this Python; return the names of those that were not as they are.

    Raises:
        StorageError: It cannot be written.
    """
    changed = tuple(phase for phase in PHASES if not _is_ours(folder / phase))
    for phase in changed:
        write_bytes(folder / phase, _text(phase), aside=folder / "aside", mode=_MODE)
    return changed


def _text(phase: str) -> bytes:
    command = shlex.join([sys.executable, "-I", "-S", str(Path(__file__).with_name("hook.py")), phase])
    return f"#!/bin/sh\nexec {command}\n".encode()


def _is_ours(place: Path) -> bool:
    try:
        return stat.S_IMODE(place.lstat().st_mode) == _MODE and place.read_bytes() == _text(place.name)
    except OSError:
        return False
