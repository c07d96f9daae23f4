"""`roadworthy history`: which versions there are, and what was deployed where, as of any day."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from roadworthy.app.history import history_of, moment, unreviewed
from roadworthy.app.local import open_local

if TYPE_CHECKING:
    from datetime import datetime

    from roadworthy.ledger.versions.read import Deployment, History, Version


@click.command(name="history")
@click.option("--as-of", metavar="DATE", help="As it stood then: 2026-01-31, or with a time; UTC unless it says so.")
@click.option("--model", help="This model alone; otherwise every one.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(as_of: str | None, model: str | None, *, as_json: bool) -> None:
    """List versions and deployments, as of any day.

    A tag counts only when its annotation names a signed record that bears it out; those that do not are listed with
    the reason.
    """
    local = open_local()
    found = history_of(local, model, None if as_of is None else moment(as_of))
    marked = unreviewed(local.repo, (version for one in found.values() for version in one.versions))
    if as_json:
        click.echo(json.dumps({name: _document(one, marked) for name, one in found.items()}, indent=2))
        return
    for name, one in found.items():
        _show(name, one, marked, "" if as_of is None else f" by {as_of}")
    if not any(one.versions or one.ignored for one in found.values()):
        click.echo(_none(as_of), err=True)


def _none(as_of: str | None) -> str:
    if as_of is not None:
        return f"No version was released by {as_of}: without --as-of, `roadworthy history` shows what there is now."
    return "No version was released yet: `roadworthy release` makes one of a tested run."


def _show(name: str, one: History, marked: frozenset[str], by: str) -> None:
    environments = sorted({deployment.environment for deployment in one.deployments})
    click.secho(name, bold=True)
    if not (one.versions or one.deployments or one.ignored):
        click.echo(f"  nothing released{by}")
    for version in one.versions:
        places = [place for place in environments if _is_in(version, one.current(place))]
        where = click.style(f"  in {', '.join(places)}", fg="green") if places else ""
        mark = click.style("  unreviewed", fg="yellow") if version.commit in marked else ""
        click.echo(f"  {version.name:<10} {_time(version.at)}  {version.commit[:12]}{where}{mark}")
    for place in environments:
        click.echo(f"  {place}:")
        for deployment in one.of(place):
            how = " (rollback)" if deployment.rollback else ""
            where = ", local" if deployment.local else ""
            click.echo(f"    #{deployment.number:<4} {_time(deployment.at)}  {deployment.version}{how}{where}")
    for ignored in one.ignored:
        click.echo(f"  {click.style('ignored', fg='yellow')} {ignored.tag}: {ignored.reason}")


def _is_in(version: Version, deployment: Deployment | None) -> bool:
    return deployment is not None and deployment.version == version.name


def _time(at: datetime) -> str:
    return at.strftime("%Y-%m-%d %H:%M UTC")


def _document(one: History, marked: frozenset[str]) -> dict[str, object]:
    return {
        "versions": [
            {
                "version": version.name,
                "tag": version.tag,
                "commit": version.commit,
                "record": version.record,
                "at": version.at.isoformat(),
                "unreviewed": version.commit in marked,
            }
            for version in one.versions
        ],
        "deployments": [
            {
                "environment": deployment.environment,
                "number": deployment.number,
                "version": deployment.version,
                "tag": deployment.tag,
                "commit": deployment.commit,
                "record": deployment.record,
                "at": deployment.at.isoformat(),
                "local": deployment.local,
                "rollback": deployment.rollback,
            }
            for deployment in one.deployments
        ],
        "current": {
            place: deployment.version
            for place in sorted({deployment.environment for deployment in one.deployments})
            if (deployment := one.current(place)) is not None
        },
        "ignored": [{"tag": ignored.tag, "reason": ignored.reason} for ignored in one.ignored],
    }
