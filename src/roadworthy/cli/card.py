"""`roadworthy card`: the model card and the data card."""

from __future__ import annotations

import json
import sys

import click

from roadworthy.app.hardening.card import check_here, write_here
from roadworthy.cli.crash import tell
from roadworthy.errors import TestsFailed


@click.command(name="card")
@click.option("--check", is_flag=True, help="Write nothing, and exit with status 3 when something is lacking.")
@click.option("--confirm", multiple=True, metavar="ENTRY", help="An entry that holds for what has changed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(confirm: tuple[str, ...], *, check: bool, as_json: bool) -> None:
    """Write docs/model_card.md and docs/data_card.md: the generated parts anew, and an entry for all that is declared.

    Every input, requirement, dataset and source has an entry that a person writes. One that changed without its entry
    being read again is a finding; where a project has a model card, `roadworthy test` fails on it.
    """
    changed, found = ((), check_here()) if check else write_here(confirm)
    if as_json:
        listed = [{"card": one.card, "problem": one.problem, "remedy": one.remedy} for one in found]
        click.echo(json.dumps({"written": changed, "findings": listed}, indent=2))
    else:
        for path in changed:
            click.echo(f"{path} is written.")
        for one in found:
            click.secho(f"{one.card}: {one.problem} {one.remedy}", fg="yellow")
        if not found:
            click.echo("The cards are current.")
    if not (check and found):
        return
    fault = TestsFailed(f"The cards lack {len(found)} things.", remedy="Do what stands beside each, and commit.")
    if not as_json:
        raise fault
    tell(fault)  # the one document is printed: the answer stands in it
    sys.exit(fault.status)
