"""What commands on a laptop stand on: the project here, its repository, its ledger; and what keeps its stages in it."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.adapters.confinement.none import NoConfinement
from roadworthy.declare import project
from roadworthy.errors import IntegrityError, UsageError
from roadworthy.ledger import ledger
from roadworthy.ledger.repo.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from roadworthy.build.workplace.confinement import Confinement
    from roadworthy.declare.project import Declared
    from roadworthy.ledger.ledger import Ledger

STATE = ".roadworthy"
CONFINEMENT = "ROADWORTHY_CONFINEMENT"


@dataclass(frozen=True, slots=True)
class Local:
    """A project in a working tree: its folder, its repository, and what is kept of it."""

    folder: Path
    repo: Repository
    ledger: Ledger

    @property
    def prefix(self) -> str:
        """The project's folder from the repository's root, `""` for the root: the folder in names of tags."""
        return self.repo.prefix(self.folder)


def open_local(start: Path | None = None, *, recall: bool = False) -> Local:
    """Return the project that *start* (or the current folder) lies in.

    Args:
        start: A folder of the project.
        recall: Whether signatures that were verified before are taken as such, for commands that decide nothing.

    Raises:
        NotAProject: It lies in none.
        NotARepository: The project is not in a git repository.
        IntegrityError: git tracks what is to be this machine's own.
    """
    folder = project.find(start or Path.cwd())
    repo = Repository.open(folder)
    _refuse_tracked(repo, folder)
    return Local(folder, repo, ledger.open(folder / STATE, recall=recall))


def _refuse_tracked(repo: Repository, folder: Path) -> None:
    # It holds the key that records are believed by: one that came with a clone would vouch for whatever came with it.
    if repo.tracks(folder / STATE):
        raise IntegrityError(
            f"git tracks files in {folder / STATE}: what a clone brings there would be believed as this machine's own.",
            remedy=f"If it was made here: `git rm -r --cached {STATE}`, and commit. If it came with a clone: "
            f"`git rm -r -f {STATE}`, and commit.",
        )


def declared(local: Local) -> Declared:
    """Return everything that the project declares, read again only when a file changed.

    Raises:
        InvalidDeclaration: There are faults; all of them are listed.
    """
    return project.read(local.folder, local.ledger.cache)


def confinement(environment: Mapping[str, str]) -> Callable[[], Confinement]:
    """Return what gives the confinement that this machine has, or none where *environment* says so.

    Raises:
        UsageError: The setting names another than `none`.
    """
    wanted = environment.get(CONFINEMENT, "")
    if wanted not in {"", "none"}:
        raise UsageError(
            f"{CONFINEMENT} is {wanted!r}.",
            remedy=f"Set it to `none`, or unset it to get what this machine has: `unset {CONFINEMENT}`.",
        )
    return NoConfinement if wanted == "none" or sys.platform != "linux" else _linux


@cache
def _linux() -> Confinement:
    """Return what the kernel has, which needs asking once; what asks is loaded when the first stage runs."""
    from roadworthy.adapters.confinement.linux.confinement import LinuxConfinement

    return LinuxConfinement()
