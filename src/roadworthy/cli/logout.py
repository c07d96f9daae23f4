"""`roadworthy logout`: forgets the token for a platform."""

from __future__ import annotations

import click

from roadworthy.app.remote.login import logout


@click.command(name="logout")
@click.argument("url")
def command(url: str) -> None:
    """Forget the token for the platform at URL.

    The token itself stays good: revoke it on the page of your account. The platform's key stays known.
    """
    if logout(url):
        click.echo(f"Logged out of {url}. The token stays good until you revoke it on the page of your account.")
    else:
        click.echo(f"You were not logged in to {url}.")
