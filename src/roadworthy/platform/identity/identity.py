"""The room as one: from what a request shows to the actor who makes it."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from sqlalchemy import make_url
from sqlalchemy.exc import ArgumentError

from roadworthy.errors import NotAllowed, StorageError
from roadworthy.platform.identity.accounts import Accounts
from roadworthy.platform.identity.actor import Actor
from roadworthy.platform.identity.directory import LocalDirectory
from roadworthy.platform.identity.invitations import Invitations
from roadworthy.platform.identity.projects.alert_secrets import AlertSecrets
from roadworthy.platform.identity.projects.secrets import ProjectSecrets
from roadworthy.platform.identity.sessions import Sessions
from roadworthy.platform.identity.tokens import Tokens
from roadworthy.platform.store.database import Database

if TYPE_CHECKING:
    from roadworthy.platform.identity.directory import Directory
    from roadworthy.platform.identity.secret import Secret
    from roadworthy.platform.identity.sessions import Session

MIGRATIONS = Path(__file__).parent / "migrations"


@dataclass(frozen=True, slots=True)
class Identity:
    """Who there is, and how they show it."""

    database: Database
    accounts: Accounts
    tokens: Tokens
    sessions: Sessions
    invitations: Invitations
    directory: Directory
    project_secrets: ProjectSecrets
    alert_secrets: AlertSecrets

    def sign_in(self, name: str, password: str) -> str:
        """Return the name of the account whose password it is; made, when another directory knows somebody new.

        Raises:
            NotAllowed: The name or the password is wrong, or the account was disabled.
            Unreachable: The directory does not answer.
        """
        known = self.directory.authenticate(name, password) is not None
        found = self.accounts.find(name)
        if known and found is None:
            found = self.accounts.create(name, None)
        if not known or found is None or found.is_disabled:
            raise NotAllowed(
                "The name or the password is wrong.",
                remedy="Try again, or ask an administrator for a link that sets a new password.",
            )
        return found.name

    def by_session(self, secret: Secret) -> tuple[Actor, Session] | None:
        """Return who the cookie of a session stands for; None when it ended."""
        found = self.sessions.find(secret)
        actor = None if found is None else self._actor(found.account)
        return None if found is None or actor is None else (actor, found)

    def by_token(self, text: str) -> Actor:
        """Return who a token stands for, with what it is limited to.

        Raises:
            NotAllowed: It is none, or it expired, was revoked, or its account is gone.
        """
        token = self.tokens.verify(text)
        actor = self._actor(token.account)
        if actor is None:
            raise NotAllowed(f"{token.account} may not sign in any more.", remedy="Ask an administrator.")
        return Actor(actor.name, actor.is_admin, actor.groups, token.scopes, token.project)

    def close(self) -> None:
        """Let go of the database."""
        self.database.close()

    def _actor(self, name: str) -> Actor | None:
        account, groups = self.accounts.find(name), self.directory.groups(name)
        if account is None or account.is_disabled or groups is None:
            return None
        return Actor(account.name, account.is_admin, groups)


def open_identity(url: str, directory: Directory | None = None) -> Identity:
    """Return the secrets at *url*, with their tables up to date; a file is readable by its owner alone.

    Raises:
        UsageError, Unreachable, StorageError, IntegrityError: As `Database.open` says.
    """
    _keep_private(url)
    database = Database.open(url, MIGRATIONS)
    accounts = Accounts(database)
    local = LocalDirectory(accounts)
    return Identity(
        database, accounts, Tokens(database), Sessions(database), Invitations(database), directory or local,
        ProjectSecrets(database), AlertSecrets(database),
    )  # fmt: skip


def _keep_private(url: str) -> None:
    """Make the file of an SQLite database with mode 600, before anything is in it; its log takes the same mode."""
    try:
        found = make_url(url)
    except ArgumentError:
        return  # told when it is opened
    if found.get_backend_name() != "sqlite" or not found.database or not Path(found.database).parent.is_dir():
        return
    try:
        os.close(os.open(found.database, os.O_CREAT | os.O_RDWR, 0o600))
        Path(found.database).chmod(0o600)
    except OSError as fault:
        raise StorageError(
            f"{found.database} cannot be made: {fault.strerror}.", remedy="See its rights and the disk."
        ) from fault
