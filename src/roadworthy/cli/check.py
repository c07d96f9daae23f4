"""`roadworthy check`: read every declared file and report every fault at once."""

from __future__ import annotations

import dataclasses
import json
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from roadworthy.app.checking.examined import examined
from roadworthy.declare import project
from roadworthy.errors import InvalidDeclaration

if TYPE_CHECKING:
    from roadworthy.declare.examine import Examination


@click.command(name="check")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
def command(*, as_json: bool) -> None:
    """Read every declared file, and report every fault at once: its place, what is wrong, and how to mend it.

    Exits with status 2 when there are faults.
    """
    found = examined(project.find(Path.cwd()))
    if as_json:
        click.echo(json.dumps(_document(found), indent=2, ensure_ascii=False))
    else:
        _show(found)
    sys.exit(InvalidDeclaration.status if found.faults else 0)


def _document(found: Examination) -> dict[str, object]:
    faults = [dataclasses.asdict(fault) for fault in found.faults]
    return {"files": found.files, "faults": faults, "notes": found.notes}


def _show(found: Examination) -> None:
    for fault in found.faults:
        first, *rest = fault.render().splitlines()
        click.secho(first, bold=True)
        click.echo("".join(f"{line}\n" for line in rest))
    for note in found.notes:
        click.echo(f"note: {note}")
    click.secho(_summary(found), fg="red" if found.faults else "green", err=bool(found.faults))


def _summary(found: Examination) -> str:
    read = _count(len(found.files), "declared file")
    if not found.faults:
        return f"{read} read: all is well."
    return f"{_count(len(found.faults), 'fault')} in {_count(len({fault.file for fault in found.faults}), 'file')}."


def _count(number: int, noun: str) -> str:
    return f"{number} {noun}{'' if number == 1 else 's'}"
