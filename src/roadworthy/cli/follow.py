"""`roadworthy follow`: brings a platform's records of the project here, so that what it stated can be believed here."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from roadworthy.app.local import open_local
from roadworthy.app.remote.follow import follow
from roadworthy.cli.platform import asked, on_platform, show

if TYPE_CHECKING:
    from roadworthy.app.remote.follow import Followed


@click.command("follow")
@on_platform
def command(url: str | None, project: str | None, *, as_json: bool) -> None:
    """Bring the key and the records of the project's platform here.

    Versions and deployments that the platform made then count in `roadworthy history`, `deploy` and `serve`, and its
    proofs in `review`. Bring its tags too: `git fetch --tags`. If its key is another than before, nothing is brought.
    """
    remote, name = asked(url, project)
    done = follow(open_local(), remote, name)
    if as_json:
        show(asdict(done))
    else:
        click.echo(said(done))


def said(done: Followed) -> str:
    """Return what was brought, as a line."""
    return f"{done.records} records of the platform are here, {done.new} of them new; believed by its key {done.key}."
