"""`roadworthy release`: makes a version of the tested model."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from roadworthy.app.release import release_here

if TYPE_CHECKING:
    from roadworthy.app.release import Outcome
    from roadworthy.operate.release.number import Bump


@click.command(name="release")
@click.option(
    "--bump",
    type=click.Choice(["major", "minor", "patch"]),
    help="Which part of the number rises; otherwise the minor one (v1.0.0 for the first model).",
)
@click.option("--baseline", "as_baseline", is_flag=True, help="Make the neutral first launch: release the baseline.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(bump: Bump | None, *, as_baseline: bool, as_json: bool) -> None:
    """Make a version of the tested model.

    The working tree must be clean, the run that was tested be of the commit that is checked out, and its proof have
    passed. A commit has one version of a model: releasing it again says which.
    """
    outcome = release_here(bump, as_baseline=as_baseline)
    if as_json:
        click.echo(json.dumps(_document(outcome), indent=2))
    else:
        _show(outcome)


def _document(outcome: Outcome) -> dict[str, object]:
    version = outcome.released.version
    return {
        "model": version.model,
        "version": version.name,
        "tag": version.tag,
        "commit": version.commit,
        "record": version.record,
        "at": version.at.isoformat(),
        "created": outcome.released.created,
        "not_run": {f"{check.section}: {check.name}": check.summary for check in outcome.not_run},
    }


def _show(outcome: Outcome) -> None:
    version = outcome.released.version
    if outcome.released.created:
        click.secho(f"Released {version.tag}", bold=True, nl=False)
        click.echo(f" from the commit {version.commit[:12]}.")
    else:
        click.echo(f"The commit {version.commit[:12]} is {version.tag} already: nothing was changed.")
    if outcome.not_run:
        count = f"{len(outcome.not_run)} of {len(outcome.checks)} checks"
        click.echo(f"Its proof passed; not run: {count}, and `roadworthy test` says why.")
    click.echo(f"Next: roadworthy deploy {version.name} --to ENVIRONMENT; `git push --tags` shares the tag.", err=True)
