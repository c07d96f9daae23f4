"""`roadworthy run`: run the stages whose inputs have changed."""

from __future__ import annotations

import json
import sys
from dataclasses import replace
from typing import TYPE_CHECKING

import click

from roadworthy.app.local import open_local
from roadworthy.app.run import Wishes, run
from roadworthy.build.pipeline.record import body
from roadworthy.cli import complete
from roadworthy.cli.live import Live
from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from roadworthy.build.pipeline.record import Run


@click.command(name="run")
@click.argument("stages", nargs=-1, shell_complete=complete.stages)
@click.option("-j", "--jobs", type=click.IntRange(min=1), help="How many processors to use; all of them otherwise.")
@click.option("--strict", is_flag=True, help="Fail a stage that reads what it does not declare, as CI does.")
@click.option("--secrets", "is_told", is_flag=True, help="Read secrets from standard input: a JSON object by name.")
@click.option("--json", "as_json", is_flag=True, help="Print the run as one JSON document.")
def command(stages: tuple[str, ...], *, jobs: int | None, strict: bool, is_told: bool, as_json: bool) -> None:
    """Run the stages whose inputs have changed, and what they need.

    STAGES are stages, groups of stages or outputs; all stages when none is named. A stage runs when its key has no
    record: its command, inputs, parameters, code, Python environment and declared variables.
    """
    live = Live()
    wishes = Wishes.of(targets=stages, slots=jobs, strict=strict, say=live.say, note=live.note)
    if is_told:
        wishes = replace(wishes, secrets=_told())
    try:
        done = run(open_local(recall=True), wishes)
    finally:
        live.close()
    if as_json:
        click.echo(json.dumps({"address": done.address, **body(done)}, indent=2))
    else:
        click.echo(_summary(done))


def _told() -> dict[str, str]:
    """Return the secrets on standard input, which they do not leave for an environment that others could read."""
    try:
        found = json.load(sys.stdin)
    except ValueError as fault:
        raise UsageError("Standard input holds no JSON.", remedy='Write secrets as `{"NAME": "VALUE"}`.') from fault
    if not isinstance(found, dict):
        raise UsageError("Standard input holds no JSON object.", remedy='Write secrets as `{"NAME": "VALUE"}`.')
    return {str(name): str(value) for name, value in found.items()}


def _summary(done: Run) -> str:
    states = [stage.state for stage in done.stages.values()]
    ran = states.count("ran")
    what = f"{ran} of {len(states)} stages ran" if ran else f"nothing to run: {len(states)} stages are as recorded"
    return f"Run {str(done.address)[7:19]}, {_of(done)}: {what} ({done.seconds:.1f} s)."


def _of(done: Run) -> str:
    if done.clean:
        return f"of {done.commit[:12]}"
    first, more = done.dirty[:1], len(done.dirty) - 1
    named = f" ({first[0]}{f' and {more} more' if more else ''} differ{'' if more else 's'})" if first else ""
    return f"not of a clean commit{named}"
