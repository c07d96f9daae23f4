"""`roadworthy project`: projects on a platform."""

from __future__ import annotations

import click

from roadworthy.cli import complete
from roadworthy.cli.platform import asked, on_platform, show
from roadworthy.errors import NotFound


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


@command.command("show")
@on_platform
def one(url: str | None, project: str | None, *, as_json: bool) -> None:
    """Show a project: its branches, what is deployed where, its members, its open changes."""
    remote, name = asked(url, project)
    found = remote.get("projects", name)
    if as_json:
        show(found)
        return
    click.secho(found["name"], bold=True)
    for branch, commit in found["branches"].items():
        click.echo(f"  {branch:<32} {commit[:12]}")
    for place in found["environments"]:
        click.echo(f"  {place['environment']}: {place['version']} ({place['tag']}) {place['url'] or ''}".rstrip())
    for who, role in found["members"].items():
        click.echo(f"  {who} is a {role}")
    for change in found["changes"]:
        click.echo(f"  change {change['number']}: {change['branch']} into {change['target']}: {change['title']}")


@command.command("url")
@click.argument("environment", shell_complete=complete.environments)
@on_platform
def where(environment: str, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Print where what is deployed in ENVIRONMENT answers, for scripts."""
    remote, name = asked(url, project)
    places = {one["environment"]: one["url"] for one in remote.get("projects", name)["environments"]}
    if not places.get(environment):
        raise NotFound(f"Nothing answers in {environment!r} of {name}.", remedy="See `roadworthy project show`.")
    if as_json:
        show({"url": places[environment]})
    else:
        click.echo(places[environment])


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
