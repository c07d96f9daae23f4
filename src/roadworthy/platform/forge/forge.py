"""What is needed of whoever hosts the repositories."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

DECLARED: Final = 1 << 20  # bytes: the largest declared file that is read from a commit


@dataclass(frozen=True, slots=True)
class Person:
    """Who made a commit."""

    name: str
    email: str


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge that is wanted: the same merge is the same commit, whoever makes it and however often.

    Attributes:
        source: The commit that is merged, by its full id.
        target: The branch that it is merged into, without `refs/heads/`.
        onto: The commit that the target is expected to be at: what was approved.
        message: Of the merge commit.
        author: Whose merge it is.
        at: When it was asked for (aware), to the second.
    """

    source: str
    target: str
    onto: str
    message: str
    author: Person
    at: datetime


class Forge(Protocol):
    """Hosts a repository for each project. A ref is named in full, `refs/heads/main`; an object by its full id."""

    def create(self, project: str) -> None:
        """Make the project's repository, empty, with HEAD at `main`. May be repeated: one that is there is left.

        Raises UsageError when the name cannot be a project's; Conflict when a removed one has the name.
        """

    def refs(self, project: str) -> Mapping[str, str]:
        """Return every branch and tag with the object that it names (for an annotated tag, the tag itself).

        Raises NotFound when there is no such repository. May be repeated.
        """

    def update(self, project: str, ref: str, before: str | None, after: str | None) -> None:
        """Let *ref* name *after* (None: nothing) if it names *before* (None: nothing), without asking any rule.

        Raises Conflict when it names something else: nothing was changed; NotFound when the repository or *after* is
        not there; UsageError when it cannot be a ref. May be repeated: what is so already is left.
        """

    def merge(self, project: str, wanted: Merge) -> str:
        """Make the merge commit on the target branch and return it, run by the forge, with no working tree.

        Raises Conflict, and changes nothing, when both sides changed the same lines (naming the files), when the
        target is not at `onto` any more, or when there is nothing to merge; NotFound when the repository, the branch or
        a commit is not there. May be repeated: a merge that was made is returned.
        """

    def read(self, project: str, commit: str, path: str) -> bytes:
        """Return the declared file *path* as *commit* holds it.

        Raises NotFound when there is no such repository, commit or plain file; UsageError when it is larger than
        `DECLARED`. May be repeated.
        """


class Removable(Protocol):
    """A forge from which a repository can be removed, for as long as removals can be undone."""

    def remove(self, project: str) -> None:
        """Put the repository away: nobody reads or writes it any more. May be repeated.

        Raises NotFound when there never was one.
        """

    def restore(self, project: str) -> None:
        """Bring a removed repository back as it was. May be repeated.

        Raises NotFound when none of that name was removed.
        """

    def purge(self, project: str) -> None:
        """Delete a removed repository for good; one that is gone already is left so. May be repeated."""
