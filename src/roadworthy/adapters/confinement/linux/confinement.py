"""The confinement that a Linux kernel gives without any rights: see `landlock` and `follow`."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

from roadworthy.adapters.confinement.linux import follow, landlock

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.build.workplace.confinement import Reach

_PYTHON = str(getattr(sys, "_base_executable", None) or sys.executable)  # the standard library is all that is needed


class LinuxConfinement:
    """Refuses writing outside, and follows every process where that is asked for. A Confinement."""

    def __init__(self) -> None:
        """Ask the kernel what it has."""
        self._refuses = landlock.version() > 0
        self.follows = follow.is_possible()

    @property
    def name(self) -> str:
        """What it is."""
        refuses = ["stages write only inside their project"] if self._refuses else []
        follows = ["with --strict, whatever they open is watched"] if self.follows else []
        return "; ".join([*refuses, *follows]) or "none"

    @property
    def trusts(self) -> str | None:
        """Everybody: reading and the network stay open, and so does what is not a stage."""
        return "all contributors"

    @property
    def isolates(self) -> bool:
        """Everything can be read, and only stages are kept from writing."""
        return False

    def enter(self, reach: Reach) -> None:
        """Let the calling thread, and what it starts, write where *reach* says."""
        if self._refuses:
            landlock.restrict((*landlock.granted(reach.places), *reach.bytecode), reach.files)

    def wrap(self, command: Sequence[str], reach: Reach, folder: str) -> list[str]:  # noqa: ARG002 - the protocol's signature
        """Return *command*, followed when *reach* wants to be told everything."""
        if not (reach.all_told and self.follows):
            return list(command)
        return [_PYTHON, "-I", "-S", follow.__file__, *follow.arguments(reach), "--", *command]
