"""`roadworthy rules`: what each push to a platform would do."""

from __future__ import annotations

import click

from roadworthy.cli.platform import asked, on_platform, show


@click.group("rules")
def command() -> None:
    """Ask a platform by which rules it acts."""


@command.command("show")
@on_platform
def shown(url: str | None, project: str | None, *, as_json: bool) -> None:
    """Show what each push would do, by the profile.yaml of the default branch."""
    remote, name = asked(url, project)
    found = remote.get("projects", name, "rules")
    if as_json:
        show(found)
        return
    for row in found:
        click.secho(row["push"], bold=True)
        for does in row["does"]:
            click.echo(f"  {does}")
        if row["takes"]:
            click.echo(f"  takes {row['takes']}" + (f"; a change from it goes to {row['goes']}" if row["goes"] else ""))
        for why in row["why"]:
            click.secho(f"    {why}", dim=True)
