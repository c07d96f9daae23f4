"""The confinement that bubblewrap gives: see `arguments`."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from functools import cache
from typing import TYPE_CHECKING

from roadworthy.adapters.confinement.bubblewrap.arguments import arguments
from roadworthy.build.workplace.confinement import Reach

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.build.workplace.confinement import Confinement

_SECONDS = 10


class BubblewrapConfinement:
    """Shows processes their project and the system's programs alone, and no network. A Confinement."""

    def __init__(self, program: str, inner: Confinement, tools: Sequence[str]) -> None:
        """Take bubblewrap's program, what follows processes inside, and the files that *inner* needs there."""
        self._program = program
        self._inner = inner
        self._tools = (*tools, *_ours())

    @property
    def name(self) -> str:
        """What it is."""
        return "bubblewrap: stages, tests and models see their own project alone, and no network"

    @property
    def trusts(self) -> str | None:
        """Nobody."""
        return None

    @property
    def follows(self) -> bool:
        """Whether what is inside can be followed."""
        return self._inner.follows

    @property
    def isolates(self) -> bool:
        """Nothing else is reached."""
        return True

    def enter(self, reach: Reach) -> None:
        """Do nothing: a thread under Landlock could not mount, and what is mounted says what may be written."""

    def wrap(self, command: Sequence[str], reach: Reach, folder: str) -> list[str]:
        """Return *command* in namespaces of its own."""
        tools = self._tools if reach.all_told and self.follows else ()
        return [self._program, *arguments(reach, folder, tools), *self._inner.wrap(command, reach, folder)]


@cache
def program() -> str | None:
    """Return bubblewrap's program where it works: it is there, and the kernel grants namespaces to this user."""
    found = shutil.which("bwrap", path=f"{os.environ.get('PATH', os.defpath)}:/usr/bin:/bin")
    return found if found and complaint(found) is None else None


def complaint(found: str) -> str | None:
    """Return why the program *found* cannot confine anything here, or None when it can."""
    nothing = Reach(project="/", places={})
    try:
        done = subprocess.run(
            [found, *arguments(nothing, "/"), "/bin/true"],
            stdin=subprocess.DEVNULL, capture_output=True, check=False, timeout=_SECONDS, env={},
        )  # fmt: skip
    except (OSError, subprocess.TimeoutExpired) as fault:
        return str(fault)
    return None if done.returncode == 0 else done.stderr.decode(errors="replace").strip() or "it fails"


def _ours() -> tuple[str, ...]:
    """Return the folders of the interpreter that `inner` runs in."""
    places = (sys.base_prefix, os.path.realpath(sys.base_prefix))
    return tuple(place for place in places if place != "/usr")
