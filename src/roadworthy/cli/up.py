"""`roadworthy up`: the platform of a team, on one machine, in one process tree."""

from __future__ import annotations

import json
import os
from contextlib import suppress
from typing import TYPE_CHECKING, Any
from urllib.error import HTTPError
from urllib.request import urlopen

import click

from roadworthy.app.local import confinement_of_jobs
from roadworthy.app.outside.reach import outside_of
from roadworthy.app.server.platform import open_at
from roadworthy.cli.down import running
from roadworthy.cli.home import at_home
from roadworthy.errors import Unreachable, UsageError
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.version import VERSION
from roadworthy.web.server import At, serve

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.app.server.platform import Platform
    from roadworthy.build.workplace.confinement import Confinement


_SECONDS = 5.0


@click.command("up")
@at_home
@click.option("--host", default="127.0.0.1", show_default=True, help="The address to listen on.")
@click.option(
    "--port", default=8700, show_default=True, type=click.IntRange(0, 65535), help="0 takes any that is free."
)
@click.option("--url", metavar="URL", help="How users reach it when a proxy stands before it: `https://…`.")
@click.option("--runners", default=1, show_default=True, type=click.IntRange(0, 64), help="How many jobs run at once.")
@click.option("--database", metavar="URL", envvar="ROADWORTHY_DATABASE", help="`postgresql://…` instead of a file.")
@click.option(
    "--allow-outgoing",
    "allowed",
    metavar="HOST|NETWORK",
    multiple=True,
    envvar="ROADWORTHY_ALLOW_OUTGOING",
    help="Where alerts may go besides public addresses; may be repeated.",
)
@click.option("--smtp", metavar="URL", envvar="ROADWORTHY_SMTP", help="`smtp://USER:PASSWORD@HOST:587?from=ADDRESS`.")
@click.option("--status", "only_status", is_flag=True, help="Only say whether one runs in DIR, and where.")
def command(
    home: Path, database: str | None, *, only_status: bool, allowed: tuple[str, ...], smtp: str | None, **at: Any
) -> None:  # fmt: skip
    """Start the platform of a team: hosting, tests of every push, versions, deployments, pages."""
    if only_status:
        _tell(running(home))
        return
    place = At(**at)
    if place.url is not None and not place.url.startswith(("http://", "https://")):
        raise UsageError(
            f"{place.url} is no address of a server.", remedy="Give it with `https://`, as users will type it."
        )
    outside = outside_of(allowed, smtp)
    with open_at(home, lambda line: click.echo(line, err=True), database, outside=outside) as platform:
        confined = confinement_of_jobs(os.environ)
        try:
            serve(platform, place, lambda url: _ready(platform, url, place.url or url, confined))
        finally:
            with suppress(FileNotFoundError):
                (platform.home.folder / "up.json").unlink()
    click.echo("Down.", err=True)


def _tell(found: Mapping[str, Any]) -> None:
    try:
        with urlopen(f"{found['url']}/health", timeout=_SECONDS) as answer:  # noqa: S310 - the server's own address
            says = json.load(answer)["status"]
    except HTTPError as fault:
        raise Unreachable(
            f"{found['url']} is up, and a part of it fails: {_failing(fault)}",
            remedy="See its disk and its logs: `roadworthy logs`.",
        ) from fault
    except (OSError, ValueError, KeyError) as fault:
        raise Unreachable(
            f"{found['url']} does not answer: {fault}.", remedy=f"See what process {found['pid']} does."
        ) from fault
    click.echo(f"{says} at {found['url']}, process {found['pid']}, version {found['version']}.")


def _failing(fault: HTTPError) -> str:
    try:
        said = json.load(fault)
        return " ".join(f"{name}: {said['parts'][name]}" for name in said["failing"])
    except (OSError, ValueError, KeyError, TypeError):
        return f"it answers with status {fault.code}."


def _ready(platform: Platform, url: str, told: str, confined: Confinement) -> None:
    folder = platform.home.folder
    state = json.dumps({"pid": os.getpid(), "url": url, "version": VERSION})
    write_bytes(folder / "up.json", state.encode(), aside=folder / "aside")
    click.echo(f"Roadworthy is up at {url}; its home is {folder}.")
    click.echo(f"Project code runs under: {confined.name}.")
    if confined.trusts is not None:
        click.echo(f"Trust {confined.trusts}: their code can read what this account can. See `roadworthy doctor`.")
    invitation = platform.identity.invitations.first()
    if invitation is not None:
        link = f"{told.rstrip('/')}/join/{invitation.reveal()}"
        click.echo(f"Make the first administrator, once, within a day: {link}")
