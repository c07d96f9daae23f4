"""`roadworthy status`: what differs from the last run, and what is deployed."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from roadworthy.app.local import open_local
from roadworthy.app.standing import deployed, standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.app.standing import Placed, Standing

_COLOURS = {"run": "yellow", "perhaps": "yellow", "restore": "yellow", "blocked": "red"}
_WORDS = {"run": "would run", "perhaps": "may run", "restore": "would be restored", "blocked": "cannot run"}
_MOST = 10  # files named


@click.command(name="status")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(*, as_json: bool) -> None:
    """Show what differs from the last run, and what is deployed."""
    local = open_local(recall=True)
    found = standing(local)
    places = deployed(local)
    if as_json:
        click.echo(json.dumps(_document(found, places), indent=2))
        return
    _place(found)
    _stages(found)
    for model, environments in places.items():
        for environment, placed in environments.items():
            _deployed(f"{model} in {environment}", placed)


def _deployed(where: str, placed: Placed) -> None:
    known = placed.version or ("nothing that counts here" if placed.unheeded else "nothing deployed")
    click.echo(f"{where}: {known}.")
    for said in placed.unheeded:
        click.echo(f"  {click.style(said, fg='yellow')}")


def _place(found: Standing) -> None:
    where = f"on {found.branch}" if found.branch else "on no branch"
    at = f"at {found.commit[:12]}" if found.commit else "before the first commit"
    count = len(found.changed)
    clean = "clean" if not count else f"{count} file{'s differ' if count > 1 else ' differs'}"
    click.echo(f"{click.style(found.project, bold=True)} {where} {at}: {clean}.")
    for path in found.changed[:_MOST]:
        click.echo(f"  {path}")
    if count > _MOST:
        click.echo(f"  … and {count - _MOST} more")


def _stages(found: Standing) -> None:
    others = {name: one for name, one in found.stages.items() if one.state in _WORDS}
    for name, one in others.items():
        click.echo(f"{name}: {click.style(_WORDS[one.state], fg=_COLOURS[one.state])} ({one.why})")
    settled = len(found.stages) - len(others)
    if settled:
        click.echo(f"{settled} of {len(found.stages)} stages are as recorded.")
    if found.run is None:
        click.echo("Not run yet: `roadworthy run`.")
    else:
        commit = "this commit" if found.run.commit == found.commit else found.run.commit[:12]
        of = f"of {commit}" if found.run.clean else "not of a clean commit"
        click.echo(f"Last run {str(found.run.address)[7:19]}, {of}, {found.run.started[:16]}Z.")


def _document(found: Standing, places: Mapping[str, Mapping[str, Placed]]) -> dict[str, object]:
    return {
        "project": found.project,
        "branch": found.branch,
        "commit": found.commit,
        "changed": list(found.changed),
        "stages": {name: {"state": one.state, "why": one.why} for name, one in found.stages.items()},
        "run": None if found.run is None else {"address": found.run.address, "commit": found.run.commit},
        "deployed": {
            model: {environment: placed.version for environment, placed in environments.items()}
            for model, environments in places.items()
        },
        "unheeded": [
            said for environments in places.values() for placed in environments.values() for said in placed.unheeded
        ],
    }
