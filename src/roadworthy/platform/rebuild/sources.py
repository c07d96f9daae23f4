"""What the index is made from, as far as this room needs it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.ledger.ledger import Ledger


@dataclass(frozen=True, slots=True)
class Merge:
    """A merge commit of a branch.

    Attributes:
        record: The record that its message names in a line `Record: ADDRESS`.
        head: The commit that it merged: its second parent.
    """

    commit: str
    record: str
    head: str


class Sources(Protocol):
    """The repositories and the buckets of a platform. Nothing of them is written; every method may be repeated."""

    def projects(self) -> Sequence[str]:
        """Return the name of every project that has a repository or a bucket, whether or not it was removed."""

    def ledger(self, project: str) -> Ledger:
        """Return the project's bucket, opened with the platform's key.

        Raises:
            NotFound: There is none.
        """

    def refs(self, project: str) -> Mapping[str, str]:
        """Return every branch and tag by its whole name, as the table of refs writes it, with the object it names.

        Raises:
            NotFound: There is no repository.
        """

    def merges(self, project: str, branch: str) -> Sequence[Merge]:
        """Return the merges in the history of *branch* whose message names a record. Anybody may have made them.

        Raises:
            NotFound: There is no such repository or branch.
        """

    def platform(self) -> Ledger:
        """Return the platform's own ledger, which holds the audit."""
