"""`roadworthy up`: the platform of a team, on one machine, in one process tree."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING

import click

from roadworthy.app.local import confinement_of_jobs
from roadworthy.app.server.platform import open_at
from roadworthy.cli.home import at_home
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.version import VERSION
from roadworthy.web.server import At, serve

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.server.platform import Platform
    from roadworthy.build.workplace.confinement import Confinement


@click.command("up")
@at_home
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8700, show_default=True, type=click.IntRange(0, 65535), help="0 takes any that is free."
)
@click.option("--runners", default=1, show_default=True, type=click.IntRange(0, 64), help="How many jobs run at once.")
@click.option("--database", metavar="URL", envvar="ROADWORTHY_DATABASE", help="`postgresql://…` instead of a file.")
def command(home: Path, host: str, port: int, runners: int, database: str | None) -> None:
    """Start the platform of a team: hosting, tests of every push, versions, deployments, pages."""
    with open_at(home, lambda line: click.echo(line, err=True), database) as platform:
        confined = confinement_of_jobs(os.environ)
        try:
            serve(platform, At(host, port, runners), lambda url: _ready(platform, url, confined))
        finally:
            with suppress(FileNotFoundError):
                (platform.home.folder / "up.json").unlink()
    click.echo("Down.", err=True)


def _ready(platform: Platform, url: str, confined: Confinement) -> None:
    folder = platform.home.folder
    state = json.dumps({"pid": os.getpid(), "url": url, "version": VERSION})
    write_bytes(folder / "up.json", state.encode(), aside=folder / "aside")
    click.echo(f"Roadworthy is up at {url}; its home is {folder}.")
    click.echo(f"Project code runs under: {confined.name}.")
    if confined.trusts is not None:
        click.echo(f"Trust {confined.trusts}: their code can read what this account can. See `roadworthy doctor`.")
    invitation = platform.identity.invitations.first()
    if invitation is not None:
        click.echo(f"Make the first administrator, once, within a day: {url}/join/{invitation.reveal()}")
