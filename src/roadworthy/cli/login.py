"""`roadworthy login`: keeps a token for a platform, once the platform accepted it."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from roadworthy.app.local import open_local
from roadworthy.app.remote import git
from roadworthy.app.remote.client import Remote
from roadworthy.app.remote.follow import follow
from roadworthy.app.remote.login import login, place
from roadworthy.app.remote.place import of_remotes
from roadworthy.app.remote.platform import platform_of
from roadworthy.cli.follow import said
from roadworthy.errors import NotAProject, NotARepository, UsageError

if TYPE_CHECKING:
    from typing import TextIO

    from roadworthy.app.local import Local

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
    pushed to and fetched from URL/buckets/PROJECT. In a clone of a project there, its records are brought too, as
    `roadworthy follow` does.
    """
    platform = place(url)
    token = _asked(platform.url) if token_file is None else token_file.read(_LONGEST).strip()
    done = login(platform.url, token)
    click.echo(f"You are {done.account} at {done.url}.")
    seen = "seen for the first time, and trusted from now on" if done.is_new else "the same as before"
    click.echo(f"Its key is {done.key}: {seen}.")
    if (place_here := _project_here(done.url)) is not None:
        local, name = place_here
        click.echo(said(follow(local, Remote(done.url, token), name)))
    click.echo(f"To let git use the token too:\n\n    {git.setting(done.url)}")


def _asked(url: str) -> str:
    if not sys.stdin.isatty():
        raise UsageError(
            "There is nobody to ask for the token.", remedy=f"Pass it in: `roadworthy login {url} --token-file -`."
        )
    return str(click.prompt(f"Token for {url}", hide_input=True, err=True)).strip()


def _project_here(url: str) -> tuple[Local, str] | None:
    """Return the project here and its name on the platform at *url*, when it is a clone of one there."""
    try:
        local = open_local()
    except (NotAProject, NotARepository):
        return None
    found = of_remotes(local.folder)
    return None if found is None or platform_of(found.url).url != url else (local, found.project)
