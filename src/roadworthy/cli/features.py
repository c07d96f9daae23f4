"""`roadworthy features`: what the inputs of the model are worth."""

from __future__ import annotations

import json

import click

from roadworthy.app.hardening.features import value_here
from roadworthy.cli.progress import Progress


@click.group(name="features")
def command() -> None:
    """Measure what each input of the model is worth."""


@command.command()
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def value(*, as_json: bool) -> None:
    """Learn without each input in turn, and name those whose value includes zero.

    The recipe of the last run is followed once for each input, with that input's values shuffled among the training
    rows. The interval is over the reference rows; it leaves out what chance does in training.
    """
    with Progress("Learning without each input") as progress:

        def tell(number: int, of: int, name: str) -> None:
            progress.label = f"Learning without {name} ({number + 1} of {of})"

        found = value_here(tell)
    if as_json:
        values = [
            {"name": one.name, "value": one.value, "idle": one.idle, "why_not": one.why_not} for one in found.worths
        ]
        click.echo(json.dumps({"metric": found.metric, "values": values, "record": found.record}, indent=2))
        return
    click.secho(f"What {found.metric} loses without each input:", bold=True)
    for one in found.worths:
        if one.value is None or one.value["value"] is None:
            click.echo(f"  {one.name:<24} not measured: {one.why_not or 'the metric is not defined here'}")
            continue
        low, high = (0.0 if bound is None else bound for bound in (one.value["low"], one.value["high"]))
        click.echo(f"  {one.name:<24} {one.value['value']:+.4f} ({low:+.4f} to {high:+.4f})", nl=False)
        click.secho("  nothing shows that it helps" if one.idle else "", fg="yellow")
    if found.idle:
        click.echo(f"Take out what does not help, and see it pass as a removal: {', '.join(found.idle)}.")
