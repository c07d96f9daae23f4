"""Invitations: a link that makes one account, or sets the password of one, once."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update

from roadworthy.errors import NotFound
from roadworthy.platform.identity import accounts
from roadworthy.platform.identity.accounts import Account
from roadworthy.platform.identity.schema import account, invitation, session
from roadworthy.platform.identity.secret import Secret
from roadworthy.platform.store.database import now

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection

    from roadworthy.platform.store.database import Database

HOURS = 24
_HOUR = 3600 * 1000
_PURPOSE = "rw-invitation"


@dataclass(frozen=True, slots=True)
class Invitation:
    """What a link is for: a new account, or (when *account* is set) a new password of one."""

    account: str | None
    is_admin: bool
    expires_at: int


@dataclass(frozen=True, slots=True)
class Guest:
    """Who follows a link, as they name themselves."""

    name: str
    password: str = field(repr=False)
    display: str = ""


@dataclass(frozen=True, slots=True)
class Invitations:
    """Where invitations are kept."""

    database: Database

    def create(
        self, *, account: str | None = None, is_admin: bool = False, by: str | None = None, hours: int = HOURS
    ) -> Secret:
        """Make an invitation by an account; the secret is the last part of its link."""
        with self.database.write() as connection:
            return _insert(connection, account, by, is_admin=is_admin, hours=hours)

    def first(self) -> Secret | None:
        """Return an invitation to administer this platform, when nobody does; those made before end."""
        with self.database.write() as connection:
            admins = select(account.c.name).where(account.c.is_admin == 1, account.c.disabled_at.is_(None))
            if connection.execute(admins.limit(1)).first() is not None:
                return None
            by_nobody = (invitation.c.invited_by.is_(None), invitation.c.used_at.is_(None))
            connection.execute(delete(invitation).where(*by_nobody))
            return _insert(connection, None, None, is_admin=True, hours=HOURS)

    def find(self, secret: Secret) -> Invitation:
        """Return what the link with *secret* is for. Looking does not use it.

        Raises:
            NotFound: There is none, or it was used, or has expired.
        """
        with self.database.read() as connection:
            row = connection.execute(select(invitation).where(*_open(connection, secret))).one_or_none()
        if row is None:
            raise _gone()
        return Invitation(row.account, bool(row.is_admin), row.expires_at)

    def accept(self, secret: Secret, guest: Guest) -> Account:
        """Use the link: make the account, or set the password of the one that it is for and end its sessions.

        Of many at once, one succeeds. When it fails, the link can be used again.

        Raises:
            NotFound: There is no such link, or it was used, or has expired.
            Conflict: The name is taken.
            UsageError: The name or the password may not be used.
        """
        found = self.find(secret)
        name = guest.name if found.account is None else found.account
        kept = accounts.password_hash(name, guest.password)
        with self.database.write() as connection:
            used = update(invitation).where(*_open(connection, secret)).values(used_at=now(connection))
            if connection.execute(used.returning(invitation.c.hash)).one_or_none() is None:
                raise _gone()
            if found.account is None:
                made = Account(name, guest.display, found.is_admin, now(connection), is_disabled=False)
                return accounts.add(connection, made, kept)
            return _renew(connection, name, kept)


def _insert(connection: Connection, account: str | None, by: str | None, *, is_admin: bool, hours: int) -> Secret:
    secret, time = Secret.fresh(), now(connection)
    connection.execute(
        insert(invitation).values(
            hash=secret.digest(_PURPOSE), account=account, invited_by=by, is_admin=int(is_admin), created_at=time,
            expires_at=time + hours * _HOUR,
        )
    )  # fmt: skip
    return secret


def _open(connection: Connection, secret: Secret) -> tuple[ColumnElement[bool], ...]:
    """Return the conditions under which the link with *secret* can be used."""
    return (
        invitation.c.hash == secret.digest(_PURPOSE),
        invitation.c.used_at.is_(None),
        invitation.c.expires_at > now(connection),
    )


def _renew(connection: Connection, name: str, kept: str | None) -> Account:
    values = {"password_hash": kept}
    changed = update(account).where(account.c.name == name, account.c.disabled_at.is_(None)).values(**values)
    row = connection.execute(changed.returning(account)).one_or_none()
    if row is None:
        raise NotFound(f"The account {name} is gone, or was disabled.", remedy="Ask an administrator.")
    connection.execute(delete(session).where(session.c.account == name))
    return Account(row.name, row.display, bool(row.is_admin), row.created_at, is_disabled=False)


def _gone() -> NotFound:
    return NotFound(
        "This link is not, or no longer, good: it works once, for a day.",
        remedy="Ask who sent it for another; the first administrator's is printed when the platform starts.",
    )
