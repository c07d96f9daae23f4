"""`roadworthy logs`: what the parts of a platform on this machine printed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from roadworthy.cli.home import at_home
from roadworthy.errors import NotFound

if TYPE_CHECKING:
    from pathlib import Path


@click.command("logs")
@click.argument("part", required=False)
@click.option("--lines", default=50, show_default=True, type=click.IntRange(1), help="How many of the last lines.")
@at_home
def command(part: str | None, lines: int, home: Path) -> None:
    """Print the last lines of a PART of the platform in DIR; without one, list the parts."""
    if not (home / "logs").is_dir():
        raise NotFound(f"There is no platform in {home}.", remedy=f"Start one: `roadworthy up --home {home}`.")
    parts = {path.stem: path for path in sorted((home / "logs").glob("*.log"))}
    if part is None:
        for name in parts:
            click.echo(name)
        return
    if part not in parts:
        there = ", ".join(parts) or "none"
        raise NotFound(f"There is no log of {part!r} in {home}.", remedy=f"There is: {there}.")
    text = parts[part].read_text(encoding="utf-8", errors="replace")
    click.echo("\n".join(text.splitlines()[-lines:]))
