"""`roadworthy plan`: what a platform would do to a project's workspace, before it does it."""

from __future__ import annotations

import sys

import click

from roadworthy.cli import complete
from roadworthy.cli.platform import asked, on_platform, show

_CHANGES = 2  # the exit status when there is something to do, as terraform's -detailed-exitcode
_COLOURS = {"+": "green", "~": "yellow", "-": "red"}


@click.command("plan")
@click.argument("revision", default="main", shell_complete=complete.revisions)
@on_platform
def command(revision: str, url: str | None, project: str | None, *, as_json: bool) -> None:
    """Show the steps to the workspace that profile.yaml of REVISION asks for; exit status 2 when there are any."""
    remote, name = asked(url, project)
    found = remote.get("projects", name, "plan", revision=revision)
    if as_json:
        show(found)
    else:
        for step in found["steps"]:
            click.secho(step["line"], fg=_COLOURS[step["sign"]])
        if not found["steps"]:
            click.echo("Nothing is to be done.")
    sys.exit(_CHANGES if found["steps"] else 0)
