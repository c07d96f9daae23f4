"""What every command on a laptop stands on: the project here, its repository, its ledger."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.declare import project
from roadworthy.ledger import ledger
from roadworthy.ledger.repo.repository import Repository

if TYPE_CHECKING:
    from roadworthy.declare.project import Declared
    from roadworthy.ledger.ledger import Ledger

STATE = ".roadworthy"


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


def open_local(start: Path | None = None) -> Local:
    """Return the project that *start* (or the current folder) lies in.

    Raises:
        NotAProject: It lies in none.
        NotARepository: The project is not in a git repository.
    """
    folder = project.find(start or Path.cwd())
    return Local(folder, Repository.open(folder), ledger.open(folder / STATE))


def declared(local: Local) -> Declared:
    """Return everything that the project declares, read again only when a file changed.

    Raises:
        InvalidDeclaration: There are faults; all of them are listed.
    """
    return project.read(local.folder, local.ledger.cache)
