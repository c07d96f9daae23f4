"""`roadworthy template`: merges a newer version of the template into a project."""

from __future__ import annotations

import json

import click

from roadworthy.app.starting.template import update


@click.group(name="template")
def command() -> None:
    """Merge a newer version of the template into a project."""


@command.command(name="update")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def update_command(*, as_json: bool) -> None:
    """Merge the template that comes with this version of Roadworthy into the project.

    Three versions are merged as git merges: the template as it was last rendered, as it is now, and the project. What
    both sides changed differently is left in the working tree, marked; the exit status is then 5.
    """
    done = update()
    if as_json:
        document = {"template": done.template, "commit": done.commit, "files": list(done.files)}
        click.echo(json.dumps(document, indent=2))
    elif done.commit is None:
        click.echo(f"The template {done.template} has not changed since it was last rendered.")
    else:
        click.secho(f"Merged the newer template {done.template}", bold=True, nl=False)
        click.echo(f" as {done.commit[:12]}:")
        for file in done.files:
            click.echo(f"  {file}")
