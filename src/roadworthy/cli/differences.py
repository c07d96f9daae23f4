"""Differences of values, as a table or as JSON."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.build.pipeline.difference import Difference

_HEAD = ("file", "name", "before", "after", "change")


def show(found: Sequence[Difference], *, as_json: bool, nothing: str) -> None:
    """Print *found*; the words *nothing* when there is none."""
    if as_json:
        rows = [
            {"file": one.file, "name": one.name, "before": one.before, "after": one.after, "change": one.change}
            for one in found
        ]
        click.echo(json.dumps(rows, indent=2))
    elif not found:
        click.echo(nothing)
    else:
        _table([_HEAD, *(_row(one) for one in found)])


def _row(one: Difference) -> tuple[str, ...]:
    change = "" if one.change is None or one.change == 0 else f"{one.change:+.6g}"
    return one.file, one.name, _text(one.before), _text(one.after), change


def _text(value: object) -> str:
    if isinstance(value, float):
        return f"{value:.6g}"
    return "(none)" if value is None else value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)


def _table(rows: Sequence[tuple[str, ...]]) -> None:
    widths = [max(len(row[column]) for row in rows) for column in range(len(_HEAD))]
    for number, row in enumerate(rows):
        line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
        click.secho(line, bold=number == 0)
