"""The matrix of model tests on a terminal: a line for each capability, a column for each kind that was tried."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from roadworthy.prove.matrix import KINDS, in_words

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.prove.measures import MatrixCell

_WIDEST = 28


def table(cells: Sequence[MatrixCell]) -> None:
    """Print *cells*, where there is more than one."""
    if len(cells) < 2:  # noqa: PLR2004 - one cell is no matrix: its test is listed above
        return
    click.echo()
    click.secho("Model tests by capability", bold=True)
    width = min(_WIDEST, max(len(cell["capability"]) for cell in cells))
    for capability in dict.fromkeys(cell["capability"] for cell in cells):
        line = {cell["kind"]: cell for cell in cells if cell["capability"] == capability}
        for place, kind in enumerate(kind for kind in KINDS if kind in line):
            head = _short(capability) if place == 0 else ""
            click.echo(f"  {head:<{width}}  {kind.replace('_', ' '):<21}  ", nl=False)
            click.secho(in_words(line[kind]), fg=_colour(line[kind]))


def _short(text: str) -> str:
    return text if len(text) <= _WIDEST else f"{text[: _WIDEST - 1]}…"


def _colour(cell: MatrixCell) -> str:
    if cell["failed"]:
        return "red"
    return "yellow" if cell["not_run"] == len(cell["tests"]) else "green"
