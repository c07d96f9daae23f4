"""`roadworthy doctor`: what is missing on this machine, and how to get it."""

from __future__ import annotations

import dataclasses
import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from roadworthy.app.doctor import examine

if TYPE_CHECKING:
    from roadworthy.app.doctor import Finding, State

_MARKS: dict[State, tuple[str, str]] = {"ok": ("ok", "green"), "note": ("note", "yellow"), "missing": ("no", "red")}


@click.command(name="doctor")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(*, as_json: bool) -> None:
    """Say what is missing on this machine, and how to get it.

    Exits with status 1 when something is missing that Roadworthy needs.
    """
    findings = examine(Path.cwd(), os.environ)
    if as_json:
        click.echo(json.dumps([dataclasses.asdict(finding) for finding in findings], indent=2))
    else:
        for finding in findings:
            _show(finding)
    sys.exit(any(finding.state == "missing" for finding in findings))


def _show(finding: Finding) -> None:
    mark, colour = _MARKS[finding.state]
    click.echo(f"{click.style(f'{mark:>4}', fg=colour)}  {finding.name}: {finding.found}")
    if finding.remedy:
        click.echo(f"      {finding.remedy}")
