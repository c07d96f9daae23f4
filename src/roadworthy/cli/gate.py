"""`roadworthy gate`: every verdict on a change, and regressions that a reviewer lives with."""

from __future__ import annotations

import json
from pathlib import Path
from typing import TYPE_CHECKING

import click

from roadworthy.app.gate import accept_here, gate_here
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.prove.gate import show
from roadworthy.prove.gate.verdicts import counted
from roadworthy.prove.review.feedback.marks import code, prose
from roadworthy.prove.review.text import visible

if TYPE_CHECKING:
    import datetime as dt

    from roadworthy.prove.gate.show import Listed
    from roadworthy.prove.gate.verdicts import Line

_SAYS_NO = 3
_WHERE = click.Path(dir_okay=False, path_type=Path)
_COLOURS = {"passed": "green", "failed": "red", "vacuous": "red", "accepted": "yellow", "not_run": "yellow"}
_AS_JSON = click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")


class _Gate(click.Group):
    """A group in which a change by itself means `show`: CI types `roadworthy gate BASE..HEAD`."""

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        """Put `show` before what names no command of the group."""
        if args and args[0] not in {*self.commands, "--help", "-h"}:
            args = ["show", *args]
        return super().parse_args(ctx, args)


@click.group(name="gate", cls=_Gate)
def command() -> None:
    """Give every verdict on a change, or accept regressions that it lists.

    `roadworthy gate BASE..HEAD` is `roadworthy gate show BASE..HEAD`.
    """


@command.command(name="show")
@click.argument("change", metavar="BASE..HEAD")
@click.option("-v", "--verbose", is_flag=True, help="List what passed, too.")
@click.option("--junit", type=_WHERE, help="Where to write JUnit XML besides.")
@click.option("--markdown", type=_WHERE, help="Where to write Markdown besides.")
@_AS_JSON
@click.pass_context
def show_(
    context: click.Context, change: str, junit: Path | None, markdown: Path | None, *, verbose: bool, as_json: bool
) -> None:
    """Give every verdict on a change: passed, failed, accepted, not run and why, vacuous.

    HEAD must have been run and tested. The exit status is 3 when a verdict forbids the change, and 0 otherwise. What
    the regressions are about is told first: slices, rules that pick out the broken rows, inputs that carry the change.
    """
    listed = gate_here(change)
    if junit is not None:
        _write(junit, show.junit(listed))
    if markdown is not None:
        _write(markdown, show.markdown(listed, code, prose).encode())
    if as_json:
        click.echo(json.dumps(show.document(listed), indent=2))
    else:
        _print(listed, verbose=verbose)
    if listed.blocked:
        context.exit(_SAYS_NO)


@command.command()
@click.argument("change", metavar="BASE..HEAD")
@click.argument("checks", metavar="CHECK...", nargs=-1, required=True)
@click.option(
    "--until",
    type=click.DateTime(["%Y-%m-%d"]),
    required=True,
    help="The last day on which it holds, within a year.",
)
@click.option("--why", required=True, help="What makes these rows worth losing.")
@_AS_JSON
def accept(change: str, checks: tuple[str, ...], until: dt.datetime, why: str, *, as_json: bool) -> None:
    """Accept the regressions that failed checks list, of these very rows, until a day.

    A check is named as the list of verdicts names it. The record says who accepted and why, and holds for this model,
    against this version in production, on these rows: with another of them it is stale. It is given on this machine
    alone, and marked so.
    """
    given = accept_here(change, checks, until.date(), why)
    if as_json:
        click.echo(json.dumps([{"check": one.check, "until": str(one.until), "record": one.record} for one in given]))
        return
    for one in given:
        click.echo(f"Accepted until {one.until}, on this machine alone: {visible(one.check)}")
    click.echo(f"`roadworthy gate {change}` says what is left.", err=True)


def _print(listed: Listed, *, verbose: bool) -> None:
    click.echo(f"{visible(listed.head, 80)} into {visible(listed.base, 80)}")
    said = "no" if listed.blocked else "yes"
    click.secho(f"The gate says {said}: {counted(listed.lines)}", fg="red" if listed.blocked else "green", bold=True)
    for line in listed.lines:
        if verbose or line.verdict != "passed":
            _line(line)
    if listed.told:
        click.secho("What the regressions are about", bold=True)
    for one in listed.told:
        click.echo(f"  {visible(one, 1000)}")
    for note in listed.notes:
        click.echo(f"  {click.style('note', fg='yellow')} {visible(note, 1000)}")


def _line(line: Line) -> None:
    first = line.reason.splitlines()[0] if line.reason else ""
    verdict = click.style(f"{show.sign(line)} {line.verdict.replace('_', ' ')}", fg=_COLOURS[line.verdict])
    click.echo(f"  {verdict}  {line.section}, {visible(line.name)}: {visible(first, 1000)}")


def _write(path: Path, content: bytes) -> None:
    path = path.absolute()
    path.parent.mkdir(parents=True, exist_ok=True)
    write_bytes(path, content, aside=path.parent)
