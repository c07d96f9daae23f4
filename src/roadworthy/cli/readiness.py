"""`roadworthy readiness`: what of the 28 tests of the ML Test Score was executed lately."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING

import click

from roadworthy.app.hardening.readiness import readiness_here, record_here
from roadworthy.errors import UsageError
from roadworthy.prove.readiness.catalogue import SECTIONS

if TYPE_CHECKING:
    from roadworthy.prove.readiness.score import Point, Readiness

_DURATION = re.compile(r"[0-9]+(?:\.[0-9]+)?(?:s|m|h|d|w)")
_MOST = 7
_TITLES = {
    "data": "Inputs and data",
    "model": "Model development",
    "infrastructure": "Infrastructure",
    "monitoring": "Monitoring",
}
_MARKS = {1.0: ("●", "green"), 0.5: ("◐", "yellow"), 0.0: ("○", "red")}


@click.group(name="readiness", invoke_without_command=True)
@click.option("--max-age", default="30d", metavar="DURATION", help="What was executed longer ago counts for nothing.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
@click.pass_context
def command(context: click.Context, max_age: str, *, as_json: bool) -> None:
    """Score what was executed against the 28 tests of the ML Test Score.

    A test done by hand, with its result recorded, counts 0.5; one that is done again and again counts 1. The score is
    the least of the four sections. That a file is there counts for nothing.
    """
    if context.invoked_subcommand is not None:
        return
    if not _DURATION.fullmatch(max_age):
        raise UsageError(f"{max_age!r} is no duration.", remedy="Write it as 30d or 12h.")
    found = readiness_here(max_age)
    if as_json:
        click.echo(json.dumps(_document(found), indent=2))
        return
    for section in SECTIONS:
        click.secho(f"{_TITLES[section]}: {found.sections[section]:g} of {_MOST}", bold=True)
        for point in found.points:
            if point.item.section == section:
                _show(point)
        click.echo()
    click.secho(f"Score: {found.score:g} (the least of the four sections).", bold=True)
    if found.next is not None:
        click.echo(f"Next: {found.next.item.next}\n  {found.next.item.command}")


@command.command()
@click.argument("test")
@click.option("--said", required=True, help="What was done, and what came of it.")
def record(test: str, said: str) -> None:
    """Record that TEST (e.g. model-4) was done by hand; it counts 0.5 until it is too old."""
    click.echo(f"Kept as {record_here(test, said)}.")


def _show(point: Point) -> None:
    mark, colour = _MARKS[point.score]
    click.secho(f"  {mark} ", fg=colour, nl=False)
    click.echo(f"{point.item.id}: {point.item.title}")
    for one in point.evidence:
        click.echo(f"      {one.at:%Y-%m-%d} {one.said} ({one.record[:19]})")
    if point.why:
        click.echo(f"      {point.why}")


def _document(found: Readiness) -> dict[str, object]:
    return {
        "score": found.score,
        "sections": found.sections,
        "next": None
        if found.next is None
        else {"test": found.next.item.id, "step": found.next.item.next, "command": found.next.item.command},
        "tests": [
            {
                "id": point.item.id,
                "title": point.item.title,
                "score": point.score,
                "why": point.why,
                "evidence": [
                    {"what": one.what, "record": one.record, "at": one.at.isoformat(), "of": one.of, "said": one.said}
                    for one in point.evidence
                ],
                "next": point.item.next,
                "command": point.item.command,
            }
            for point in found.points
        ],
    }
