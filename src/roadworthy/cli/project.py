"""`roadworthy project`: projects on a platform."""

from __future__ import annotations

import click

from roadworthy.cli.platform import asked, on_platform, show


@click.group("project")
def command() -> None:
    """Make and list projects on a platform."""


@command.command("create")
@click.argument("name")
@on_platform
def create(name: str, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Make the project NAME: a repository, a bucket, and yourself as its first maintainer."""
    remote, _ = asked(url, project or name)
    made = remote.post("projects", body={"name": name})
    if as_json:
        show(made)
        return
    click.secho(f"{made['name']} is {'made' if made['created'] else 'there already'}.", bold=True)
    click.echo(f"git remote add origin {made['repository']}")
    click.echo("git push origin main develop")


@command.command("list")
@on_platform
def listed(url: str | None, project: str | None, *, as_json: bool) -> None:
    """List the projects that you may see."""
    remote, _ = asked(url, project)
    found = remote.get("projects")
    if as_json:
        show(found)
        return
    for one in found:
        click.echo(f"{one['name']:<30} {one['role'] or 'administrator'}")
    if not found:
        click.echo("There is no project that you may see: `roadworthy project create NAME`.", err=True)
