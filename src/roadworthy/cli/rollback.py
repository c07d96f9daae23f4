"""`roadworthy rollback`: puts the previous version back."""

from __future__ import annotations

import click

from roadworthy.app.release import rollback_here
from roadworthy.cli.deploy import show, warn


@click.command(name="rollback")
@click.argument("environment")
@click.option("--expect", metavar="VERSION", help="Do it only if this version is there now; otherwise status 5.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(environment: str, expect: str | None, *, as_json: bool) -> None:
    """Put the previous version back into ENVIRONMENT, as its next deployment.

    Done twice, it goes back two versions: give --expect in scripts that may be run again.
    """
    show(rollback_here(environment, expect=expect, warn=warn), as_json=as_json)
