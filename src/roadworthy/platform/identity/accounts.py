"""The accounts of a platform: names, and the passwords of those who sign in here."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select, update
from sqlalchemy.exc import IntegrityError as Taken

from roadworthy.errors import Conflict, NotFound, UsageError
from roadworthy.platform.identity import password as passwords
from roadworthy.platform.identity.schema import account, session
from roadworthy.platform.store.database import now

if TYPE_CHECKING:
    from sqlalchemy import ColumnElement, Connection, Row

    from roadworthy.platform.store.database import Database

_NAME = re.compile(r"[a-z0-9](?:[a-z0-9._-]{0,38}[a-z0-9])?")
_RESERVED = {"runner", "platform", "roadworthy", "anonymous"}  # who acts without an account
_DISPLAY = 100  # characters


@dataclass(frozen=True, slots=True)
class Account:
    """Somebody who may sign in."""

    name: str
    display: str
    is_admin: bool
    created_at: int
    is_disabled: bool


@dataclass(frozen=True, slots=True)
class Accounts:
    """Where accounts are kept."""

    database: Database

    def create(self, name: str, password: str | None, *, display: str = "", is_admin: bool = False) -> Account:
        """Make an account; without a *password* it signs in by another directory.

        Raises:
            Conflict: The name is taken.
            UsageError: The name or the password may not be used.
        """
        kept = password_hash(name, password)
        with self.database.write() as connection:
            return add(connection, Account(name, display, is_admin, now(connection), is_disabled=False), kept)

    def find(self, name: str) -> Account | None:
        """Return the account of that name."""
        with self.database.read() as connection:
            row = connection.execute(select(account).where(_named(name))).one_or_none()
        return None if row is None else _account(row)

    def all(self) -> tuple[Account, ...]:
        """Return every account, by name."""
        with self.database.read() as connection:
            return tuple(_account(row) for row in connection.execute(select(account).order_by(account.c.name)))

    def authenticate(self, name: str, password: str) -> bool:
        """Whether *password* is that of the account *name*, which is not disabled.

        It takes as long for a name that there is as for one that there is not.
        """
        asked = select(account.c.password_hash).where(_named(name), account.c.disabled_at.is_(None))
        with self.database.read() as connection:
            kept = connection.execute(asked).scalar_one_or_none()
        if not passwords.matches(kept, password):
            return False
        if kept is not None and passwords.is_outdated(kept):
            self._keep(name, passwords.hashed(password))
        return True

    def change_password(self, name: str, password: str) -> None:
        """Set the password of an account, and end all its sessions.

        Raises:
            NotFound: There is no such account.
            UsageError: The password may not be used.
        """
        kept = password_hash(name, password)
        self._keep(name, kept)
        with self.database.write() as connection:
            connection.execute(delete(session).where(session.c.account == name))

    def disable(self, name: str, *, disabled: bool = True) -> None:
        """Let an account do nothing from now on, by no session and no token; or let it again.

        Raises:
            NotFound: There is no such account.
        """
        with self.database.write() as connection:
            value = now(connection) if disabled else None
            done = connection.execute(update(account).where(_named(name)).values(disabled_at=value))
            _found(name, done.rowcount)

    def has_admin(self) -> bool:
        """Whether somebody administers this platform."""
        asked = select(account.c.name).where(account.c.is_admin == 1, account.c.disabled_at.is_(None)).limit(1)
        with self.database.read() as connection:
            return connection.execute(asked).first() is not None

    def _keep(self, name: str, kept: str | None) -> None:
        with self.database.write() as connection:
            done = connection.execute(update(account).where(_named(name)).values(password_hash=kept))
            _found(name, done.rowcount)


def password_hash(name: str, password: str | None) -> str | None:
    """Return what is kept of a new *password*; slow, so not to be called within a transaction.

    Raises:
        UsageError: The name or the password may not be used.
    """
    if not _NAME.fullmatch(name) or name in _RESERVED:
        raise UsageError(
            f"{name!r} cannot name an account.",
            remedy="Use 1 to 40 small letters, digits, `.`, `_` and `-`, such as `ada` or `ada.lovelace`.",
        )
    if password is None:
        return None
    passwords.check(password, name)
    return passwords.hashed(password)


def one_line(text: str, limit: int) -> str:
    """Return what somebody wrote as one line of at most *limit* characters, without any that are not seen."""
    words = "".join(character if character.isprintable() else " " for character in text).split()
    return " ".join(words)[:limit]


def add(connection: Connection, made: Account, kept: str | None) -> Account:
    """Write a new account within a transaction.

    Raises:
        Conflict: The name is taken.
    """
    display = one_line(made.display, _DISPLAY)
    values = {"name": made.name, "password_hash": kept, "display": display}
    try:
        connection.execute(
            insert(account).values(**values, is_admin=int(made.is_admin), created_at=made.created_at, disabled_at=None)
        )
    except Taken as fault:
        raise Conflict(f"There is an account {made.name} already.", remedy="Choose another name.") from fault
    return Account(made.name, display, made.is_admin, made.created_at, is_disabled=False)


def _named(name: str) -> ColumnElement[bool]:
    """Return the condition for an account; what cannot be a name is not even asked for, and is nobody's."""
    return account.c.name == (name if _NAME.fullmatch(name) else "")


def _found(name: str, rows: int) -> None:
    if not rows:
        raise NotFound(f"There is no account {name}.", remedy="An administrator sees all accounts, and invites more.")


def _account(row: Row[tuple[object, ...]]) -> Account:
    return Account(row.name, row.display, bool(row.is_admin), row.created_at, is_disabled=row.disabled_at is not None)
