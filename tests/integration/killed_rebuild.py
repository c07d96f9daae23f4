"""Rebuilds the index of a home, and is killed before its statement or commit number N. Run as a script: HOME URL N."""

from __future__ import annotations

import itertools
import os
import signal
import sys
from pathlib import Path

from sqlalchemy import Engine, event

from rebuild_world import World
from roadworthy.platform.rebuild.rebuild import rebuild
from roadworthy.platform.store.platform import open_platform

home, url, last = Path(sys.argv[1]), sys.argv[2], int(sys.argv[3])
opened = open_platform(url)
steps = itertools.count(1)


def step(*_: object) -> None:
    """Be killed, when it is time."""
    if next(steps) == last:
        os.kill(os.getpid(), signal.SIGKILL)


event.listen(Engine, "before_cursor_execute", step)
event.listen(Engine, "commit", step)
rebuild(opened, World(home, opened).sources, print)
print(next(steps) - 1)  # noqa: T201 - the answer: how many there were
