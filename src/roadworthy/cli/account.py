"""`roadworthy account`: accounts of the platform on this machine, for whoever administers it."""

from __future__ import annotations

from contextlib import contextmanager
from typing import TYPE_CHECKING

import click

from roadworthy.app.server.home import Home
from roadworthy.cli.home import at_home
from roadworthy.errors import NotFound
from roadworthy.platform.identity.actor import Scope
from roadworthy.platform.identity.identity import open_identity
from roadworthy.platform.identity.tokens import Wanted

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.platform.identity.identity import Identity


@click.group("account")
def command() -> None:
    """Add and list accounts of the platform on this machine."""


@command.command("add")
@click.argument("name")
@click.option("--admin", is_flag=True, help="They administer the platform too.")
@click.option("--token", metavar="LABEL", help="Print a token that may write, for scripts; it is shown this once.")
@at_home
def add(name: str, token: str | None, home: Path, *, admin: bool) -> None:
    """Add the account NAME, and print the link by which they choose their password; it works once, for a day."""
    with _identity(home) as identity:
        if identity.accounts.find(name) is None:
            identity.accounts.create(name, None, is_admin=admin)
        if token is not None:
            scopes = frozenset({Scope.WRITE, Scope.ADMIN} if admin else {Scope.WRITE})
            _, secret = identity.tokens.create(name, Wanted(token, scopes))
            click.echo(secret.reveal())
            return
        secret = identity.invitations.create(account=name)
        click.echo(f"/join/{secret.reveal()} on the platform's address sets the password of {name}.")


@command.command("list")
@at_home
def listed(home: Path) -> None:
    """List the accounts."""
    with _identity(home) as identity:
        for one in identity.accounts.all():
            mark = "disabled" if one.is_disabled else "administrator" if one.is_admin else ""
            click.echo(f"{one.name:<24} {mark}".rstrip())


@contextmanager
def _identity(home: Path) -> Iterator[Identity]:
    if not (home / "identity.db").is_file():
        raise NotFound(f"There is no platform in {home}.", remedy=f"Start one: `roadworthy up --home {home}`.")
    identity = open_identity(Home(home.absolute()).identities)
    try:
        yield identity
    finally:
        identity.close()
