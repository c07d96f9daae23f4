"""`roadworthy metrics`: metrics, compared with another revision's."""

from __future__ import annotations

import click

from roadworthy.app.local import open_local
from roadworthy.app.standing import metrics_since
from roadworthy.cli import complete
from roadworthy.cli.differences import show


@click.group(name="metrics")
def command() -> None:
    """Compare metrics with another revision."""


@command.command()
@click.argument("revision", default="HEAD", shell_complete=complete.revisions)
@click.option("--all", "unchanged", is_flag=True, help="Show what is equal too.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def diff(revision: str, *, unchanged: bool, as_json: bool) -> None:
    """Show how the metrics in the working tree differ from those at REVISION (HEAD when none is named).

    They are those that `roadworthy test` measured, and those in the metric files of stages.
    """
    found = metrics_since(open_local(recall=True), revision, unchanged=unchanged)
    for note in found.notes:
        click.echo(note, err=True)
    show(found.differences, as_json=as_json, nothing=f"The metrics are those of {revision}.")
