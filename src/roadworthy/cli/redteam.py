"""`roadworthy redteam`: searches the model of the last run for where it is weak."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import click

from roadworthy.app.hardening.redteam import attack_here
from roadworthy.cli.progress import Progress
from roadworthy.declare.form import seconds
from roadworthy.errors import UsageError
from roadworthy.prove.redteam.keep import body
from roadworthy.prove.redteam.search import SEED, Wishes

if TYPE_CHECKING:
    from roadworthy.app.hardening.redteam import Attacked

_DURATION = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:ms|s|m|h)")


@click.command(name="redteam")
@click.option(
    "--budget", default="2m", metavar="DURATION", help="No attack begins after that: 30s, 2m; 2m if not given."
)
@click.option("--seed", default=SEED, help="What chance decides, it decides by this.")
@click.option("--environment", default="production", help="Whose requests say how many rows a finding concerns.")
@click.option("--dry-run", is_flag=True, help="Draft no failure modes.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(budget: str, seed: int, environment: str, *, dry_run: bool, as_json: bool) -> None:
    """Search the model of the last run for weak slices, broken behaviour and inputs that it should not answer.

    Each finding becomes a draft failure mode with its examples and its test. A model without weaknesses gives none, or
    one in twenty times a false one.
    """
    if not _DURATION.fullmatch(budget):
        raise UsageError(f"{budget!r} is no duration.", remedy="Write it as 90s or 2m.")
    with Progress("Attacking") as progress:

        def tell(made: int, of: int, what: str) -> None:
            progress.label = f"Attacking ({made + 1} of {of}): {what}"

        found = attack_here(Wishes(seconds(budget), seed, tell), environment, write=not dry_run)
    if as_json:
        document = {**body(found.report), "drafts": found.drafts, "known": found.known, "record": found.record}
        click.echo(json.dumps(document, indent=2))
        return
    _show(found)


def _show(found: Attacked) -> None:
    report = found.report
    for number, one in enumerate(report.findings, 1):
        click.secho(f"{number}. {one.title}", bold=True)
        click.echo(f"   {one.kind.replace('_', ' ')}; {one.failed} of {one.tried} rows that were tried show it.")
        click.echo(f"   It concerns {100 * one.exposure:.3g} % of {report.exposed_in}.")
    click.echo()
    count = len(report.findings)
    said = "No weakness was found" if not count else "One weakness was found" if count == 1 else f"{count} weaknesses"
    click.secho(f"{said} by {len(report.made)} attacks in {report.seconds:.0f} s.", fg="yellow" if count else "green")
    if report.not_run:
        click.secho(f"Not tried, the budget being spent: {', '.join(report.not_run)}.", fg="yellow")
    for one_known in found.known:
        click.echo(f"Known already: {one_known}.")
    if found.drafts:
        listed = ", ".join(f"failure_modes/{name}.yaml" for name in found.drafts)
        click.echo(f"Drafted: {listed}. Read them, and commit those that matter, with their pins.")
