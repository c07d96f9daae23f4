"""What the automation and the receiving of pushes read of a project: its refs, its profile, its bucket."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.app.server.at_commit import scratch
from roadworthy.app.server.platform import SPEAKER
from roadworthy.declare import project as declaration
from roadworthy.errors import NotFound, UsageError
from roadworthy.ledger.objects.fetch import is_whole
from roadworthy.ledger.objects.write import storage_errors
from roadworthy.ledger.repo.git import git
from roadworthy.platform.forge.receive import Rules
from roadworthy.platform.workspace.keep import branches_now
from roadworthy.platform.workspace.resource import DEFAULT

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.app.server.platform import Platform
    from roadworthy.declare.profile import Profile
    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.objects.item import Item
    from roadworthy.ledger.records.record import Record

PROFILE = "profile.yaml"


@dataclass(frozen=True, slots=True)
class Reading:
    """A project's repository, as far as its automation reads it. A `Context`."""

    platform: Platform
    project: str

    def refs(self) -> Mapping[str, str]:
        """Return every ref and its object."""
        return self.platform.forge.refs(self.project)

    def default(self) -> str:
        """Return the branch whose profile is the wanted state."""
        return DEFAULT

    def profile(self, commit: str) -> Profile:
        """Return the profile that stands in *commit*; of the rest of what it declares, nothing is read.

        Raises:
            NotFound: There is none.
            InvalidDeclaration: It has faults.
            UsageError: It is of another project.
            StorageError: There is no room to read it.
        """
        profile = self._read(self.platform.forge.read(self.project, commit, PROFILE))
        if profile.project != self.project:
            raise UsageError(
                f"profile.yaml of {commit[:12]} is of the project {profile.project}, and this is {self.project}.",
                remedy=f"Write `project: {self.project}` in it; or push it to the project that it names.",
            )
        return profile

    def _read(self, data: bytes) -> Profile:
        aside = self.platform.home.work / "profiles"
        with storage_errors(aside), scratch(aside) as folder:
            (Path(folder) / PROFILE).write_bytes(data)
            return declaration.read(Path(folder), self.platform.home.ledger(self.project, SPEAKER).cache).profile

    def ahead(self, commit: str, of: str) -> int:
        """Return how many commits *commit* has in its history that *of* lacks."""
        place = self.platform.forge.path(self.project)
        return int(git(place, "rev-list", "--count", "--end-of-options", f"{of}..{commit}"))


@dataclass(frozen=True, slots=True)
class Evidence:
    """What is known of a project beside its repository when a push is judged. An `Evidence`."""

    platform: Platform

    def rules(self, project: str) -> Rules:
        """Return what holds for the branches, as the workspace was applied; before that, main and develop are held."""
        with self.platform.database.read() as connection:
            found = branches_now(connection, project)
        if not found:
            return Rules()
        protected = tuple(dict.fromkeys((DEFAULT, *(name for name, merges in found.items() if merges))))
        return Rules(protected, excepted=tuple(name for name, merges in found.items() if not merges))

    def is_whole(self, project: str, item: Item) -> bool:
        """Whether the bucket keeps everything that *item* is made of."""
        return is_whole(item, self.platform.home.ledger(project, SPEAKER).objects)

    def record(self, project: str, address: Address) -> Record:
        """Return a record that this platform signed.

        Raises:
            NotFound, IntegrityError: It is not kept, or not to be believed.
        """
        return self.platform.home.ledger(project, SPEAKER).records.read(address)


def profile_now(reading: Reading) -> Profile | None:
    """Return the profile of the default branch; None while there is none.

    Raises:
        InvalidDeclaration: It has faults.
    """
    head = reading.refs().get(f"refs/heads/{DEFAULT}")
    if head is None:
        return None
    try:
        return reading.profile(head)
    except NotFound:
        return None
