"""`roadworthy demo`: plays the story in a new folder and prints the time of each step."""

from __future__ import annotations

import os
import shutil
import socket
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import click

from roadworthy.cli.demo import platform, story
from roadworthy.cli.demo.play import Player, missing_tools

if TYPE_CHECKING:
    from collections.abc import Iterator

_KEPT = Path("roadworthy-demo")


@click.command("demo")
@click.option(
    "--keep",
    is_flag=False,
    flag_value=_KEPT,
    type=click.Path(path_type=Path),
    metavar="[DIR]",
    help=f"Play in this new folder ({_KEPT}, when none is named), and keep it.",
)
@click.option("--fast", is_flag=True, help="Train on a sample: for tests, never for a figure.")
@click.option("--platform", "with_platform", is_flag=True, help="The story of a team's platform instead.")
def command(keep: Path | None, *, fast: bool, with_platform: bool) -> None:
    """Take a real system through the whole loop, in a new folder, as you would type it."""
    missing_tools(["git", "curl"])
    with _stage(keep) as folder:
        taken = Player(folder).play((platform if with_platform else story).story(_free_port(), fast=fast))
        _say_times(taken, fast=fast)
        pages = sorted(folder.glob("*/.roadworthy/reports/*.html"))
        _say_what_is_left(folder, pages, kept=keep is not None)


@contextmanager
def _stage(keep: Path | None) -> Iterator[Path]:
    if keep is not None:
        if keep.exists() and not keep.is_dir():
            raise click.UsageError(f"{keep} is a file; name a new folder.")
        if keep.is_dir() and any(keep.iterdir()):
            raise click.UsageError(f"{keep} is not empty; name a new folder: `--keep DIR`.")
        keep.mkdir(parents=True, exist_ok=True)
        yield keep.resolve()
        return
    folder = Path(tempfile.mkdtemp(prefix="roadworthy-demo-"))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _free_port() -> int:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port: int = server.getsockname()[1]
    return port


def _say_times(taken: list[tuple[str, float]], *, fast: bool) -> None:
    click.echo()
    for title, seconds in taken:
        click.echo(f"   {seconds:6.1f} s  {title}")
    total = sum(seconds for _, seconds in taken)
    click.secho(f"   {total:6.1f} s  in all{' (on a sample)' if fast else ''}, on {os.cpu_count()} cores", bold=True)


def _say_what_is_left(folder: Path, pages: list[Path], *, kept: bool) -> None:
    click.echo()
    if kept:
        click.echo(f"   The project is kept in {folder}")
        for page in pages:
            click.echo(f"   Open {page}")
        return
    shelf = Path(tempfile.mkdtemp(prefix="roadworthy-reviews-"))
    for page in pages:
        shutil.copy(page, shelf / page.name)
        click.echo(f"   Open {shelf / page.name}")
    click.echo("   The rest is gone; `roadworthy demo --keep DIR` keeps it.")
