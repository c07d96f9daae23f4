"""A project as one of its commits has it, for decisions of the server: what is declared is read, and nothing is run."""

from __future__ import annotations

import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.app.local import Local
from roadworthy.declare import project
from roadworthy.errors import NotFound, UsageError
from roadworthy.ledger.objects.write import make_folder, storage_errors
from roadworthy.ledger.repo.repository import Repository

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.app.server.home import Home
    from roadworthy.declare.project import Declared


def on_platform(home: Home, name: str, actor: str) -> Local:
    """Return the project called *name* as the server works on it: its bare repository, and its bucket, for *actor*."""
    place = home.repositories / f"{name}.git"
    return Local(place, Repository(place), home.ledger(name, actor))


def commit_of(local: Local, name: str, revision: str) -> str:
    """Return the commit that *revision* names in the project called *name*.

    Raises:
        NotFound: It names none; where the repository lies is nobody's business.
    """
    try:
        return local.repo.resolve(revision)
    except (NotFound, UsageError) as fault:
        raise NotFound(f"{name} has no {revision!r}.", remedy="Push it first, or name another.") from fault


@contextmanager
def scratch(aside: Path) -> Iterator[str]:
    """Give a new folder in *aside*, which is made, and remove it afterwards."""
    make_folder(aside)
    with tempfile.TemporaryDirectory(prefix="commit-", dir=aside) as scratch:
        yield scratch


@contextmanager
def declared_at(local: Local, commit: str) -> Iterator[Declared]:
    """Give what *commit* declares; its declared files lie in a folder while the block lasts.

    Raises:
        NotAProject: The commit holds no profile.yaml.
        InvalidDeclaration: A declared file has faults; all of them are listed.
        StorageError: There is no room for them.
    """
    aside = local.ledger.state / "work"
    with storage_errors(aside), scratch(aside) as place:
        folder = Path(place) / "project"
        try:
            local.repo.export(commit, "", folder)
        except NotFound:
            folder.mkdir()
        yield project.read(folder, local.ledger.cache)
