"""`roadworthy why`: why a stage would run, or did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

from roadworthy.app.local import open_local
from roadworthy.app.standing import standing
from roadworthy.cli import complete
from roadworthy.declare.fault import did_you_mean
from roadworthy.errors import NotFound

if TYPE_CHECKING:
    from roadworthy.app.standing import Standing
    from roadworthy.build.pipeline.why import Outlook


@click.command(name="why")
@click.argument("stage", shell_complete=complete.stages)
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(stage: str, *, as_json: bool) -> None:
    """Say why STAGE would run, part by part of its key; or, when it would not, why it ran last."""
    found = standing(open_local(recall=True))
    names = [name for name in found.stages if name == stage or name.partition("@")[0] == stage]
    if not names:
        near = did_you_mean(stage, found.stages)
        there = f"The stages are: {', '.join(found.stages) or '(none)'}."
        raise NotFound(f"There is no stage {stage!r}.", remedy=f"Did you mean {near}?" if near else there)
    if as_json:
        click.echo(json.dumps([_document(name, found) for name in names], indent=2))
        return
    for name in names:
        _show(name, found)


def _show(name: str, found: Standing) -> None:
    outlook = found.stages[name]
    click.echo(f"{click.style(name, bold=True)} {_sentence(outlook)}")
    for change in outlook.changes:
        click.echo(f"  {change}")
    if outlook.state in {"unchanged", "restore"} and found.run is not None and name in found.run.stages:
        last = found.run.stages[name]
        click.echo(f"  In the last run, of {found.run.started[:16]}Z, it {_past(last.state)}: {last.why}.")


def _sentence(outlook: Outlook) -> str:
    match outlook.state:
        case "run":
            return "would run:" if outlook.changes else f"would run: {outlook.why}."
        case "perhaps":
            return f"may run {outlook.why}, if that writes something else."
        case "restore":
            return f"would not run, but its outputs would be restored: {outlook.why}."
        case "blocked":
            return f"cannot run. {outlook.why}"
        case "frozen" | "unchanged":
            return f"would not run: {outlook.why}."


def _past(state: str) -> str:
    return {"ran": "ran", "cached": "did not run", "frozen": "did not run"}[state]


def _document(name: str, found: Standing) -> dict[str, object]:
    outlook = found.stages[name]
    last = found.run.stages.get(name) if found.run else None
    return {
        "stage": name,
        "state": outlook.state,
        "why": outlook.why,
        "key": outlook.key,
        "changes": [
            {"part": change.part, "name": change.name, "before": change.before, "after": change.after}
            for change in outlook.changes
        ],
        "last": None if last is None else {"state": last.state, "why": last.why, "key": last.key},
    }
