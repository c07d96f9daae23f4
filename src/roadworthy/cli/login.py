"""`roadworthy login`: keeps a token for a platform, once the platform accepted it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from roadworthy.app.remote import git
from roadworthy.app.remote.login import login, place
from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from typing import TextIO

_LONGEST = 4096


@click.command(name="login")
@click.argument("url")
@click.option(
    "--token-file",
    type=click.File(),
    help="Read the token from a file, or from `-`, standard input; otherwise it is asked for.",
)
def command(url: str, token_file: TextIO | None) -> None:
    """Log in to the platform at URL with a token, which you make on the page of your account there.

    The token is kept in your configuration, where only you may read it, and so is the platform's key. Data is then
    pushed to and fetched from URL/buckets/PROJECT.
    """
    platform = place(url)
    done = login(platform.url, _asked(platform.url) if token_file is None else token_file.read(_LONGEST).strip())
    click.echo(f"You are {done.account} at {done.url}.")
    seen = "seen for the first time, and trusted from now on" if done.is_new else "the same as before"
    click.echo(f"Its key is {done.key}: {seen}.")
    click.echo(f"To let git use the token too:\n\n    {git.setting(done.url)}")


def _asked(url: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(
            "There is nobody to ask for the token.", remedy=f"Pass it in: `roadworthy login {url} --token-file -`."
        )
    return str(click.prompt(f"Token for {url}", hide_input=True, err=True)).strip()
