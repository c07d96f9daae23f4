"""`roadworthy events`: for everything that was pushed or told, what happened, or why nothing did."""

from __future__ import annotations

import click

from roadworthy.cli.platform import asked, on_platform, show
from roadworthy.platform.automate.explain import text


@click.group("events")
def command() -> None:
    """Ask a platform what came of a push, or why nothing did."""


@command.command("list")
@click.option("--before", type=click.IntRange(1), metavar="NUMBER", help="Those older than this one.")
@click.option("--deliveries", is_flag=True, help="What was told instead, also where nothing came of it.")
@on_platform
def listed(before: int | None, url: str | None, project: str | None, *, deliveries: bool, as_json: bool) -> None:
    """List what happened to branches and tags, the newest first, each with what was done."""
    remote, name = asked(url, project)
    found = remote.get("projects", name, "deliveries" if deliveries else "events", before=before)
    if as_json:
        show(found)
        return
    for one in found:
        click.echo(text(one))
    if not found:
        click.echo("Nothing has happened yet.", err=True)


@command.command("explain")
@click.argument("delivery", type=click.IntRange(1))
@on_platform
def explain(delivery: int, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Tell what came of a delivery: each push says its number."""
    remote, name = asked(url, project)
    found = remote.get("projects", name, "deliveries", delivery)
    if as_json:
        show(found)
        return
    click.echo(text(found))


@command.command("replay")
@click.argument("delivery", type=click.IntRange(1))
@on_platform
def replay(delivery: int, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Look again at what a delivery told of. What has been done stays so."""
    remote, name = asked(url, project)
    found = remote.post("projects", name, "deliveries", delivery, "replay")
    if as_json:
        show(found)
        return
    click.echo(text(found))
