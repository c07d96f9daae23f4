"""What the index is made from again: the repositories and the buckets of a home, read with git."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.errors import GitFailed, NotFound
from roadworthy.ledger.repo.git import git, try_git
from roadworthy.platform.rebuild.sources import Merge
from roadworthy.platform.rebuild.unfinished import HEADS

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from roadworthy.app.server.home import Home
    from roadworthy.ledger.ledger import Ledger

_RECORD = re.compile(r"^Record: (blake3:[0-9a-f]{64})$", re.MULTILINE)
_REMOVED = ".removed"  # where the forge puts a repository away
_PARENTS = 2
_HERE = {"GIT_DIR": "."}  # of a repository that is damaged git would otherwise look in the folders above


@dataclass(frozen=True, slots=True)
class HomeSources:
    """The repositories and the buckets of *home*, and the ledger of the platform itself. Satisfies `Sources`."""

    home: Home
    own: Ledger

    def projects(self) -> Sequence[str]:
        """Return the name of every project that has a repository or a bucket."""
        places = (self.home.repositories, self.home.repositories / _REMOVED)
        hosted = {place.name.removesuffix(".git") for folder in places for place in folder.glob("[!.]*.git")}
        buckets = {place.name for place in self.home.bucket("x").parent.glob("[!.]*") if place.is_dir()}
        return sorted(hosted | buckets)

    def ledger(self, project: str) -> Ledger:
        """Return the project's bucket."""
        if not self.home.bucket(project).is_dir():
            raise NotFound(
                f"There is no bucket {self.home.bucket(project)}.", remedy="Restore it from a copy of the home."
            )
        return self.home.ledger(project, "platform")

    def refs(self, project: str) -> Mapping[str, str]:
        """Return every branch and tag with the object that it names."""
        said = _said(
            self._repository(project), "for-each-ref", "--format=%(objectname) %(refname)", HEADS, "refs/tags/"
        )
        lines = (line.partition(b" ") for line in said.split(b"\n") if line)
        return {name.decode("utf-8", "backslashreplace"): found.decode() for found, _, name in lines}

    def merges(self, project: str, branch: str) -> Sequence[Merge]:
        """Return the merges in the history of *branch* whose message names a record."""
        place, ref = self._repository(project), f"{HEADS}{branch}"
        found = try_git(place, "rev-parse", "--verify", "--quiet", "--end-of-options", f"{ref}^{{commit}}", extra=_HERE)
        if found.returncode != 0:
            raise NotFound(f"There is no branch {branch}.", remedy="Push it again.")
        options = ("--merges", "--grep=^Record: blake3:", "-z", "--format=%H %P%n%B")
        said = _said(place, "log", *options, found.stdout.decode().strip())
        return tuple(_merges(said.decode("utf-8", "replace").split("\0")))

    def platform(self) -> Ledger:
        """Return the platform's own ledger."""
        return self.own

    def _repository(self, project: str) -> Path:
        for folder in (self.home.repositories, self.home.repositories / _REMOVED):
            place = folder / f"{project}.git"
            if place.is_dir():
                return place
        raise NotFound(f"There is no repository of {project}.", remedy="Restore it from a copy of the home.")


def _said(repository: Path, *arguments: str) -> bytes:
    try:
        return git(repository, *arguments, extra=_HERE)
    except GitFailed as fault:
        raise NotFound(
            f"{repository.name} cannot be read: {fault.problem}.", remedy="Restore it from a copy of the home."
        ) from fault


def _merges(commits: Sequence[str]) -> Iterator[Merge]:
    for one in filter(None, commits):
        first, _, message = one.partition("\n")
        commit, *parents = first.split()
        if len(parents) == _PARENTS:
            yield from (Merge(commit, record, parents[1]) for record in _RECORD.findall(message))
