"""The option that says where the platform on this machine lives."""

from __future__ import annotations

from pathlib import Path

import click

HOME = "ROADWORTHY_HOME"
at_home = click.option(
    "--home", type=click.Path(path_type=Path, file_okay=False), envvar=HOME, metavar="DIR",
    default=Path("roadworthy-platform"), show_default=True, help="Where everything of the platform is kept.",
)  # fmt: skip
