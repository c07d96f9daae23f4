"""`roadworthy project`: projects on a platform."""

from __future__ import annotations

from typing import Any

import click

from roadworthy.app.local import open_local
from roadworthy.build.data.pins import pins_in
from roadworthy.cli import complete
from roadworthy.cli.platform import asked, moment, on_platform, show
from roadworthy.errors import NotAProject, NotARepository, NotFound, UsageError


def _has_pins() -> bool:
    """Whether the project here pins data, which a push needs to find in the platform's bucket."""
    try:
        return bool(pins_in(open_local().folder))
    except (NotAProject, NotARepository):
        return False


@click.group("project")
def command() -> None:
    """Make, list and remove projects on a platform."""


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
    if _has_pins():
        click.echo("roadworthy data push")
    click.echo("git push --all origin")
    click.echo("Then `roadworthy jobs list` says how its checks stand.", err=True)


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


@command.command("remove")
@click.argument("name")
@click.option("--plan", "only_plan", is_flag=True, help="Show what would be done, and do nothing.")
@click.option("--yes", is_flag=True, help="Do not ask whether it is meant.")
@on_platform
def remove(name: str, url: str | None, project: str | None, *, only_plan: bool, yes: bool, as_json: bool) -> None:
    """Remove the project NAME: nobody reaches it any more, and for 30 days it can be brought back."""
    remote, _ = asked(url, project or name)
    for line in remote.get("projects", name, "removal")["lines"]:
        click.echo(line, err=True)
    if only_plan:
        return
    meant = name if yes else _typed(name)
    done = remote.post("projects", name, "remove", body={"name": meant})
    if as_json:
        show(done)
        return
    click.secho(f"{name} is removed.", bold=True)
    click.echo(f"Until {moment(done['until'])}: `roadworthy project restore {name}`.")


def _typed(name: str) -> str:
    try:
        return str(click.prompt(f"Type the name of the project to remove it ({name})", err=True)).strip()
    except click.Abort as stop:
        if not isinstance(stop.__context__, EOFError):
            raise
        raise UsageError("Nobody said that it is meant. Nothing was removed.", remedy="Pass --yes.") from stop


@command.command("restore")
@click.argument("name")
@on_platform
def restore(name: str, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Bring the removed project NAME back as it was."""
    remote, _ = asked(url, project or name)
    done = remote.post("projects", name, "restore")
    if as_json:
        show(done)
    else:
        click.secho(f"{name} is back.", bold=True)


@command.command("list")
@click.option("--removed", is_flag=True, help="Those that were removed, and that you may bring back.")
@on_platform
def listed(url: str | None, project: str | None, *, removed: bool, as_json: bool) -> None:
    """List the projects that you may see."""
    remote, _ = asked(url, project)
    if removed:
        _show_removed(remote.get("removed"), as_json=as_json)
        return
    found = remote.get("projects")
    if as_json:
        show(found)
        return
    for one in found:
        click.echo(f"{one['name']:<30} {one['role'] or 'administrator'}")
    if not found:
        click.echo("There is no project that you may see: `roadworthy project create NAME`.", err=True)


def _show_removed(found: list[dict[str, Any]], *, as_json: bool) -> None:
    if as_json:
        show(found)
        return
    for one in found:
        click.echo(f"{one['name']:<30} until {moment(one['until'])}: `roadworthy project restore {one['name']}`")
    if not found:
        click.echo("No project that you may bring back was removed.", err=True)
