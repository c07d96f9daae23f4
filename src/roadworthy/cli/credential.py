"""`roadworthy credential`: a credential helper of git's, which answers with the token of `roadworthy login`."""

from __future__ import annotations

import sys

import click

from roadworthy.app.remote import git


@click.command(name="credential")
@click.argument("operation")
def command(operation: str) -> None:
    """Answer git, which asks on standard input who you are; OPERATION is `get`, `store` or `erase`.

    `roadworthy login` says how to let git ask. Tokens are kept by `login` and forgotten by `logout` alone: what git
    wants to be stored or erased is left as it is.
    """
    asked = git.read(sys.stdin)
    if operation == "get":
        for key, value in git.answer(asked).items():
            click.echo(f"{key}={value}")
    elif operation == "erase" and git.answer(asked) and (platform := git.platform_asked(asked)) is not None:
        click.echo(f"{platform.url} does not accept your token: `roadworthy login {platform.url}`.", err=True)
