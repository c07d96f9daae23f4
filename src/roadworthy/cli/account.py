"""`roadworthy account`: accounts of the platform on this machine, for whoever administers it."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from roadworthy.app.server.home import Home
from roadworthy.app.server.platform import own_ledger
from roadworthy.app.server.witness import token_made
from roadworthy.cli.home import at_home
from roadworthy.errors import NotFound
from roadworthy.platform.identity.actor import Scope
from roadworthy.platform.identity.audit import Audit, Entry
from roadworthy.platform.identity.identity import open_identity
from roadworthy.platform.identity.tokens import Wanted
from roadworthy.platform.store.platform import open_platform

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.platform.identity.identity import Identity


_HERE = "roadworthy"  # whoever may use the machine that the platform runs on


@click.group("account")
def command() -> None:
    """Add and list accounts of the platform on this machine."""


@command.command("add")
@click.argument("name")
@click.option("--admin", is_flag=True, help="They administer the platform too.")
@click.option("--token", metavar="LABEL", help="Print a token that may write, for scripts; it is shown this once.")
@click.option("--database", metavar="URL", envvar="ROADWORTHY_DATABASE", help="As `up` was given it.")
@at_home
def add(name: str, token: str | None, home: Path, database: str | None, *, admin: bool) -> None:
    """Add the account NAME, and print the link by which they choose their password; it works once, for a day."""
    with _identity(home) as identity:
        if identity.accounts.find(name) is None:
            identity.accounts.create(name, None, is_admin=admin)
            _state(home, database, Entry(_HERE, "account.add", name, None, {"admin": admin}))
        if token is not None:
            scopes = frozenset({Scope.WRITE, Scope.ADMIN} if admin else {Scope.WRITE})
            made, secret = identity.tokens.create(name, Wanted(token, scopes))
            _state(home, database, replace(token_made(made), actor=_HERE))
            click.echo(secret.reveal())
            return
        secret = identity.invitations.create(account=name)
        _state(home, database, Entry(_HERE, "account.invite", name))
        click.echo(f"/join/{secret.reveal()} on the platform's address sets the password of {name}.")


@command.command("list")
@at_home
def listed(home: Path) -> None:
    """List the accounts."""
    with _identity(home) as identity:
        for one in identity.accounts.all():
            mark = "disabled" if one.is_disabled else "administrator" if one.is_admin else ""
            click.echo(f"{one.name:<24} {mark}".rstrip())


def _state(home: Path, database: str | None, entry: Entry) -> None:
    """State in the audit what was done here, beside the server that may run."""
    at = Home(home.absolute())
    index = open_platform(database or at.database)
    try:
        with index.write() as connection:
            Audit(own_ledger(at)).state(connection, entry)
    finally:
        index.close()


@contextmanager
def _identity(home: Path) -> Iterator[Identity]:
    if not (home / "identity.db").is_file():
        raise NotFound(f"There is no platform in {home}.", remedy=f"Start one: `roadworthy up --home {home}`.")
    identity = open_identity(Home(home.absolute()).identities)
    try:
        yield identity
    finally:
        identity.close()
