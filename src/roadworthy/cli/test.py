"""`roadworthy test`: tests the data and the model of the last run."""

from __future__ import annotations

import json
import sys
from itertools import groupby
from pathlib import Path
from typing import TYPE_CHECKING

import click

from roadworthy.app.test import test_here
from roadworthy.cli.checks import TITLES, counted, document, show
from roadworthy.cli.crash import tell
from roadworthy.cli.matrix import table
from roadworthy.cli.progress import Progress
from roadworthy.errors import TestsFailed
from roadworthy.prove.matrix import matrix

if TYPE_CHECKING:
    from roadworthy.app.test import Outcome
    from roadworthy.prove.proof import Proof


@click.command(name="test")
@click.option(
    "--junit",
    "junit_path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write JUnit XML; otherwise .roadworthy/reports/junit.xml.",
)
@click.option("-v", "--verbose", is_flag=True, help="List every check, and all examples of those that failed.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(junit_path: Path | None, *, verbose: bool, as_json: bool) -> None:
    """Test the data and the model of the last run, and keep the proof.

    Data against its contracts; the model against requirements.yaml and against the version in production; and the
    project's own tests. Exits with status 3 when a check fails. What was not run says why.
    """
    warnings: list[str] = []
    with Progress("Testing") as progress:

        def say(what: str) -> None:
            progress.label = f"Testing: {what}"

        outcome = test_here(None, junit_path, say, warnings.append)
    for said in warnings:
        click.secho(said, fg="yellow", err=True)
    proof = outcome.proof
    fault = _fault(proof)
    if not as_json:
        _show(outcome, verbose=verbose)
        if fault is not None:
            raise fault
        return
    click.echo(json.dumps(_document(outcome), indent=2))
    if fault is not None:  # the one document is printed: the answer stands in it
        tell(fault)
        sys.exit(fault.status)


def _fault(proof: Proof) -> TestsFailed | None:
    failed = [check for check in proof.checks if check.verdict == "failed"]
    if not failed:
        return None
    return TestsFailed(
        f"{len(failed)} of {len(proof.checks)} checks failed.",
        remedy="Mend what they found, then `roadworthy run` and `roadworthy test` again.",
    )


def _document(outcome: Outcome) -> dict[str, object]:
    proof = outcome.proof
    return {
        "proof": outcome.address,
        "junit": str(outcome.junit),
        "passed": proof.passed,
        "proved": proof.proved,
        "run": proof.run,
        "commit": proof.commit,
        "dirty": proof.dirty,
        "stale": outcome.stale,
        "model": proof.model,
        "is_baseline": proof.is_baseline,
        "production": proof.production,
        "checks": [document(check) for check in proof.checks],
        "matrix": matrix(proof.checks),
        "measures": proof.measures,
    }


def _show(outcome: Outcome, *, verbose: bool) -> None:
    proof = outcome.proof
    click.secho(_heading(proof), bold=True)
    for section, listed in groupby(proof.checks, key=lambda check: check.section):
        show(TITLES[section], tuple(listed), verbose=verbose)
    table(matrix(proof.checks))
    if proof.dirty:
        click.secho("The working tree differs from the commit: this proof is no proof of it.", fg="yellow")
    if outcome.stale:
        click.secho("What was tested is the last run, not what stands here now:", fg="yellow", bold=True)
        for said in outcome.stale:
            click.secho(f"  {said}", fg="yellow")
        click.secho("`roadworthy run`, then `roadworthy test`, tests that.", fg="yellow")
    seconds = proof.measures.get("seconds")
    if verbose and isinstance(seconds, dict):
        click.echo("Took " + ", ".join(f"{part} {taken:.1f} s" for part, taken in seconds.items()) + ".")
    click.echo()
    colour = "red" if not proof.passed else "green" if proof.proved else "yellow"
    click.secho(f"{len(proof.checks)} checks: {counted(proof.checks) or 'none'}.", fg=colour)
    if proof.passed and not proof.proved:
        click.secho("Nothing was tested: this proves nothing, and `roadworthy release` refuses it.", fg="yellow")


def _heading(proof: Proof) -> str:
    what = f"{proof.model} at {proof.commit[:12] or 'no commit'}"
    if proof.is_baseline:
        what += ", the baseline"
    return f"{what}, against {proof.production}" if proof.production else what
