"""The interpreter that a project's stages, models and tests run in."""

from __future__ import annotations

import shutil
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.build.environment import create
from roadworthy.build.environment.installed import look
from roadworthy.build.environment.lock import read, refuse_all_but_pins

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.build.environment.lock import Lock
    from roadworthy.declare import profile


@dataclass(frozen=True, slots=True)
class PythonEnvironment:
    """A Python environment as it is now.

    Attributes:
        python: Its interpreter; the folder it is in goes first on a stage's PATH.
        digest: Of what is actually installed: part of every stage's key.
        matches_lock: Whether that is what the lock says; otherwise runs are marked and never shared.
        managed: Made by Roadworthy from the lock, or the active interpreter.
    """

    python: Path
    digest: str
    matches_lock: bool
    managed: bool


def prepare(
    wanted: profile.PythonEnvironment,
    folder: Path,
    state: Path,
    say: Callable[[str], None],
    *,
    confined: bool = False,
) -> PythonEnvironment:
    """Return the Python environment of the project in *folder*, made when it is not there yet.

    Args:
        wanted: What the profile says.
        folder: The project, in the working tree or in a clean checkout.
        state: `.roadworthy`; environments are shared by all checkouts with the same lock.
        say: Takes one line for the user when something slow is done.
        confined: Whether its users are confined. Then nothing is built, for building runs code of whoever wrote it, and
            bytecode is compiled here, for who cannot write here would compile at each start anew.

    Raises:
        EnvironmentFailed: It cannot be made.
    """
    lock = read(folder / wanted.lock)
    if lock.text is None or not wanted.managed:
        return _active(wanted, lock)
    version = wanted.python or f"{sys.version_info[0]}.{sys.version_info[1]}"
    if confined:
        refuse_all_but_pins(lock)
    python, made = create.ensure(lock, version, state / "environments", say, confined=confined)
    digest = look(python).digest
    return PythonEnvironment(python, digest, matches_lock=digest == made, managed=True)


def _active(wanted: profile.PythonEnvironment, lock: Lock) -> PythonEnvironment:
    """Return the interpreter that `python` means in the user's shell."""
    python = Path(shutil.which("python") or shutil.which("python3") or sys.executable)
    found = look(python)
    matches = lock.allows(found) and wanted.python in {None, found.python}
    return PythonEnvironment(python, found.digest, matches_lock=matches, managed=False)
