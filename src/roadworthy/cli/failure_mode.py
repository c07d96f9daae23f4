"""`roadworthy failure-mode`: known scenarios where the model fails, each with examples, a test and an owner."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from roadworthy.app.hardening.examples import Wanted
from roadworthy.app.hardening.failure_modes import Saying, accept_here, known_here, new_here, show_here

if TYPE_CHECKING:
    from roadworthy.app.hardening.failure_modes import Known

_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
_SEVERITIES = ("low", "medium", "high", "critical")
_LAST = {"passed": ("passes", "green"), "failed": ("fails", "red"), "not_run": ("not run", "yellow")}


@click.group(name="failure-mode")
def command() -> None:
    """Write down, list, show and accept known scenarios where the model fails."""


@command.command()
@click.argument("title")
@click.option("--from", "source", default="reference", help="A dataset, or log:ENVIRONMENT; the reference rows if not.")
@click.option("--where", help="A predicate over its columns: the rows that show it.")
@click.option("--keys", help="Values of its key, with commas between them.")
@click.option("--request", type=click.Path(path_type=Path), help="A file with the JSON of a request, instead of rows.")
@click.option("--examples", "most", type=click.IntRange(1), default=20, help="How many; the rest become twins.")
@click.option("--expect", help="What is to hold: label, flagged, or a predicate over inputs and outputs.")
@click.option("--share", type=click.FloatRange(0, 1), default=1.0, help="Of which share of the examples, from 0 to 1.")
@click.option("--owner", help="Who mends it; whoever writes it if not.")
@click.option("--severity", type=click.Choice(_SEVERITIES), default="medium", help="How bad it is.")
@_AS_JSON
def new(  # noqa: PLR0913 - each is an option
    title: str,
    *,
    source: str,
    where: str | None,
    keys: str | None,
    request: Path | None,
    most: int,
    expect: str | None,
    share: float,
    owner: str | None,
    severity: str,
    as_json: bool,
) -> None:
    """Write a failure mode called TITLE, with a pinned table of examples; `roadworthy test` tests it from then on."""
    level = next(one for one in ("low", "medium", "high", "critical") if one == severity)
    wanted = Wanted(source, where, tuple(filter(None, (keys or "").split(","))), request, most)
    made = new_here(Saying(title, expect, owner, level, share), wanted)
    if as_json:
        click.echo(json.dumps({"name": made.name, "examples": made.examples, "twins": made.twins}, indent=2))
        return
    click.echo(f"failure_modes/{made.name}.yaml: {made.examples} examples, {made.twins} twins, pinned.")
    click.echo("Commit the file and the pins; `roadworthy test` tests it. Its rows must not be trained on.", err=True)


@command.command("list")
@_AS_JSON
def listed(*, as_json: bool) -> None:
    """List the failure modes, with what came of each when it was last tested."""
    found = known_here()
    if as_json:
        click.echo(json.dumps([_document(one) for one in found], indent=2))
        return
    if not found:
        click.echo("No failure mode is known yet. `roadworthy redteam` looks for some.")
    for one in found:
        said, colour = ("untested", "yellow") if one.last is None else _LAST[one.last.verdict]
        status = f"{one.mode.status}, over" if one.over else one.mode.status
        click.echo(f"{one.name}  ", nl=False)
        click.secho(f"{said:<9}", fg=colour, nl=False)
        click.echo(f"{status:<15} {one.mode.severity:<9} {one.mode.title} ({one.mode.owner})")


@command.command()
@click.argument("name")
@_AS_JSON
def show(name: str, *, as_json: bool) -> None:
    """Show the failure mode NAME, and its first examples."""
    found, examples = show_here(name)
    if as_json:
        click.echo(json.dumps({**_document(found), "rows": examples}, indent=2))
        return
    mode = found.mode
    click.secho(f"{name}: {mode.title}", bold=True)
    click.echo(
        f"Found on {mode.found.on} by {mode.found.by.replace('_', ' ')}; {mode.owner} mends it; {mode.severity}."
    )
    click.echo(f"Expected: {mode.expect}, of {100 * mode.share:g} % of {mode.examples}.")
    if mode.accepted is not None:
        click.echo(f"Accepted until {mode.accepted.until}: {mode.accepted.why}")
    click.echo("Not tested at this commit." if found.last is None else f"Last: {found.last.summary}")
    for row in examples:
        click.echo(
            "  " + " ".join(f"{column}={'missing' if value is None else value}" for column, value in row.items())
        )


@command.command()
@click.argument("name")
@click.option("--until", required=True, help="The last day on which it is lived with: 2027-03-31.")
@click.option("--why", required=True, help="Why it can be.")
def accept(name: str, until: str, why: str) -> None:
    """Live with the failure mode NAME until a day; after that it fails again."""
    accept_here(name, until, why)
    click.echo(f"{name} is accepted until {until}. Commit failure_modes/{name}.yaml.")


def _document(one: Known) -> dict[str, object]:
    mode = one.mode
    return {
        "name": one.name,
        "title": mode.title,
        "status": mode.status,
        "over": one.over,
        "accepted_until": None if mode.accepted is None else mode.accepted.until,
        "severity": mode.severity,
        "owner": mode.owner,
        "found": {"on": mode.found.on, "by": mode.found.by, "incident": mode.found.incident},
        "expect": mode.expect,
        "share": mode.share,
        "examples": mode.examples,
        "held_out": mode.held_out,
        "last": None if one.last is None else {"verdict": one.last.verdict, "summary": one.last.summary},
    }
