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
# Where a platform has its services keep what they answer, and the secret that hashed columns are keyed with.
PREDICTIONS, PSEUDONYMS = "ROADWORTHY_PREDICTIONS", "ROADWORTHY_PSEUDONYMS"


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
    """Return what gives the confinement that *environment* asks for, or that of the kernel where it asks for none.

    Raises:
        UsageError: The setting names another, or one that does not work here.
    """
    wanted = environment.get(CONFINEMENT, "")
    if wanted == "bubblewrap":
        return _bubblewrap
    if wanted not in {"", "none"}:
        raise UsageError(
            f"{CONFINEMENT} is {wanted!r}.",
            remedy="Set it to `bubblewrap` or `none`, or unset it to get what this machine's kernel has: "
            f"`unset {CONFINEMENT}`.",
        )
    return NoConfinement if wanted == "none" or sys.platform != "linux" else _linux


def isolates(environment: Mapping[str, str]) -> bool:
    """Return whether the confinement that *environment* asks for isolates, without a look at what the machine has."""
    return environment.get(CONFINEMENT) == "bubblewrap"


def best_confinement(environment: Mapping[str, str]) -> str:
    """Return the setting for what runs other people's code: what *environment* says, else bubblewrap where it works."""
    from roadworthy.adapters.confinement.bubblewrap.confinement import program

    return environment.get(CONFINEMENT, "") or ("bubblewrap" if program() else "")


def confinement_of_jobs(environment: Mapping[str, str]) -> Confinement:
    """Return what a platform's jobs and services are confined by on this machine.

    Raises:
        UsageError: The setting names what does not work here.
    """
    return confinement({CONFINEMENT: best_confinement(environment)})()


@cache
def _linux() -> Confinement:
    """Return what the kernel has, which needs asking once; what asks is loaded when the first stage runs."""
    from roadworthy.adapters.confinement.linux.confinement import LinuxConfinement

    return LinuxConfinement()


@cache
def _bubblewrap() -> Confinement:
    """Return bubblewrap, with the kernel's means to follow what runs inside.

    Raises:
        UsageError: It does not work here; nothing is then run with less.
    """
    from roadworthy.adapters.confinement.bubblewrap.confinement import BubblewrapConfinement, program
    from roadworthy.adapters.confinement.linux import follow

    found = program()
    if found is None:
        raise UsageError(
            f"{CONFINEMENT} is bubblewrap, which does not work on this machine.",
            remedy="Install it (`sudo apt-get install bubblewrap`), and see that `bwrap --ro-bind / / true` works: "
            "the kernel must grant user namespaces.",
        )
    return BubblewrapConfinement(found, _linux(), (follow.__file__,))
