"""Bare repositories in a folder, each at `NAME.git`: the forge that comes with the platform."""

from __future__ import annotations

import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Self

from roadworthy.adapters.forge.embedded.hooks import write_hooks
from roadworthy.adapters.forge.embedded.isolated import Isolated, failed
from roadworthy.adapters.forge.embedded.merge import merge
from roadworthy.adapters.forge.embedded.refs import read_refs, update_ref
from roadworthy.adapters.forge.embedded.sweep import share, stay_alive, sweep
from roadworthy.adapters.forge.embedded.whole import settle_all
from roadworthy.errors import Conflict, NotFound
from roadworthy.ledger.objects.write import make_folder, storage_errors, sync_folder
from roadworthy.ledger.repo.repository import Repository
from roadworthy.platform.forge.forge import DECLARED
from roadworthy.platform.forge.names import project_name

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from roadworthy.platform.forge.forge import Merge

LARGEST: Final = 4 << 30  # bytes of a pack that is pushed
_REMOVED: Final = ".removed"
_ASIDE: Final = ".aside"


@dataclass(frozen=True, slots=True)
class EmbeddedForge:
    """Hosts repositories under *root*; satisfies `Forge` and `Removable`."""

    root: Path
    git: Isolated

    @classmethod
    def open(cls, root: Path, *, largest: int = LARGEST, wait: float = 0.0) -> Self:
        """Return the forge in the folder *root*, made when it is not there.

        What pushes that were killed left behind is cleared away, if nobody else is at work there.

        Args:
            root: The folder of the repositories.
            largest: Bytes of the largest pack that may be pushed.
            wait: Seconds to wait for gits that outlived an earlier server.

        Raises:
            StorageError: The folder cannot be written.
        """
        with storage_errors(root):
            make_folder(root)
        root = root.resolve()
        alive, alone = stay_alive(root, wait)
        forge = cls(root, Isolated(root / ".hooks", largest, alive))
        write_hooks(forge.git.hooks)
        if alone:
            shutil.rmtree(root / _ASIDE, ignore_errors=True)
            for project in forge.projects():
                sweep(forge.path(project))
                settle_all(forge.git, forge.path(project))
            share(alive)
        return forge

    def close(self) -> None:
        """Say that this process is no longer at work here."""
        if self.git.alive is not None:
            self.git.alive.close()

    def projects(self) -> Iterator[str]:
        """Yield the projects that have a repository, in order."""
        for folder in sorted(self.root.glob("[!.]*.git")):
            yield folder.name.removesuffix(".git")

    def path(self, project: str) -> Path:
        """Return the folder of the project's repository.

        Raises:
            NotFound: There is none.
            UsageError: No project can be called so.
        """
        place = self._place(project)
        if not place.is_dir():
            raise NotFound(
                f"There is no repository of {project}.", remedy=f"Make it: `roadworthy project create {project}`."
            )
        return place

    def create(self, project: str) -> None:
        """Make the project's repository, empty, with HEAD at `main`."""
        place = self._place(project)
        if place.is_dir():
            return
        if self._removed(project).is_dir():
            raise Conflict(
                f"{project} was removed, and its repository is still kept.",
                remedy="Bring it back, take another name, or wait until the removal is final.",
            )
        aside = self.root / _ASIDE / f"{project}-{os.urandom(6).hex()}.git"
        with storage_errors(place):
            aside.mkdir(parents=True)
        done = self.git.run(aside, "init", "--quiet", "--bare", "--template=", "--initial-branch=main")
        if done.returncode != 0:
            raise failed("init", done)
        for place_in in (aside, *aside.rglob("*")):
            _sync(place_in)
        self._move(aside, place)

    def remove(self, project: str) -> None:
        """Put the repository away."""
        place, removed = self._place(project), self._removed(project)
        if place.is_dir():
            self._move(place, removed)
        elif not removed.is_dir():
            raise NotFound(f"There is no repository of {project}.", remedy="Look at the projects that there are.")

    def restore(self, project: str) -> None:
        """Bring a removed repository back as it was."""
        place, removed = self._place(project), self._removed(project)
        if removed.is_dir():
            self._move(removed, place)
        elif not place.is_dir():
            raise NotFound(f"No repository of {project} was removed.", remedy="Look at the projects that there are.")

    def refs(self, project: str) -> Mapping[str, str]:
        """Return every branch and tag with the object that it names."""
        return read_refs(self.git, self.path(project))

    def update(self, project: str, ref: str, before: str | None, after: str | None) -> None:
        """Let *ref* name *after* if it names *before*."""
        update_ref(self.git, self.path(project), ref, (before, after))

    def merge(self, project: str, wanted: Merge) -> str:
        """Make the merge commit on the target branch and return it."""
        return merge(self.git, self.path(project), wanted)

    def read(self, project: str, commit: str, path: str) -> bytes:
        """Return the declared file *path* as *commit* holds it."""
        return Repository(self.path(project)).show(commit, path, at_most=DECLARED)

    def tidy(self, project: str) -> None:
        """Join the packs of many pushes into fewer. Drops no object, and may run beside pushes and fetches."""
        self.git.checked(self.path(project), "repack", "-d", "--geometric=2", "--quiet")

    def _place(self, project: str) -> Path:
        return self.root / f"{project_name(project)}.git"

    def _removed(self, project: str) -> Path:
        return self.root / _REMOVED / f"{project_name(project)}.git"

    def _move(self, place: Path, to: Path) -> None:
        with storage_errors(to):
            make_folder(to.parent)
            try:
                place.rename(to)
            except OSError as fault:
                if not to.is_dir():
                    raise
                raise Conflict(f"{to.name} is there already.", remedy="Look again: somebody was first.") from fault
            sync_folder(to.parent)
            sync_folder(place.parent)


def _sync(place: Path) -> None:
    handle = os.open(place, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)
