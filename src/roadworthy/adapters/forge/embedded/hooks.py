"""The folder of hooks that every repository of the server uses: ours, written anew at each start."""

from __future__ import annotations

import shlex
import sys
from pathlib import Path

from roadworthy.ledger.objects.write import write_bytes

PHASES = ("pre-receive", "post-receive")


def write_hooks(folder: Path) -> None:
    """Make *folder* hold our hooks, which run with this Python.

    Raises:
        StorageError: It cannot be written.
    """
    script = Path(__file__).with_name("hook.py")
    for phase in PHASES:
        command = shlex.join([sys.executable, "-I", "-S", str(script), phase])
        write_bytes(folder / phase, f"#!/bin/sh\nexec {command}\n".encode(), aside=folder / "aside", mode=0o700)
