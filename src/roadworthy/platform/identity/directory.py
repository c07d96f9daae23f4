"""The port to where people's names, passwords and groups are: here, or in a company's LDAP or OpenID provider."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from roadworthy.platform.identity.accounts import Accounts


class Directory(Protocol):
    """Knows people. Both methods may be repeated, and change nothing."""

    def authenticate(self, name: str, password: str) -> frozenset[str] | None:
        """Return the groups of *name* when the password is theirs; None when it is not, or there is no such name.

        It must not tell one from the other, by its answer or by its time.

        Raises:
            Unreachable: The directory does not answer.
        """

    def groups(self, name: str) -> frozenset[str] | None:
        """Return the groups of *name* as they are now; None when nobody of that name may sign in any more.

        Asked at every request: an implementation over a network keeps its answers for a minute.

        Raises:
            Unreachable: The directory does not answer, and nothing is kept.
        """


@dataclass(frozen=True, slots=True)
class LocalDirectory:
    """The accounts of this platform, which has no groups of its own."""

    accounts: Accounts

    def authenticate(self, name: str, password: str) -> frozenset[str] | None:
        """Return no groups, or None for a wrong name or password."""
        return frozenset() if self.accounts.authenticate(name, password) else None

    def groups(self, name: str) -> frozenset[str] | None:
        """Return no groups, or None for an account that is not there or was disabled."""
        found = self.accounts.find(name)
        return None if found is None or found.is_disabled else frozenset()
