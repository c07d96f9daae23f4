"""`roadworthy rollback`: puts the previous version back."""

from __future__ import annotations

import click

from roadworthy.app.release import rollback_here
from roadworthy.cli import complete
from roadworthy.cli.deploy import show, told, until_served, warn
from roadworthy.cli.platform import here


@click.command(name="rollback")
@click.argument("environment", shell_complete=complete.environments)
@click.option(
    "--expect",
    metavar="VERSION",
    shell_complete=complete.versions,
    help="Do it only if this version is there now; otherwise status 5.",
)
@click.option("--local", is_flag=True, help="Here, even if the repository belongs to a platform.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(environment: str, expect: str | None, *, local: bool, as_json: bool) -> None:
    """Put the previous version back into ENVIRONMENT, as its next deployment.

    Where git's remote is a project on a platform, the platform does it. Done twice, it goes back two versions: give
    --expect in scripts that may be run again.
    """
    place = None if local else here()
    if place is None:
        show(rollback_here(environment, expect=expect, warn=warn), as_json=as_json)
        return
    remote, project = place
    wanted = {"environment": environment, "expect": expect}
    told(remote.post("projects", project, "rollbacks", body=wanted), as_json=as_json)
    until_served(remote, project, environment)
