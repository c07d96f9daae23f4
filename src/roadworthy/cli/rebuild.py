"""`roadworthy rebuild`: makes the index of a platform again, from its repositories and buckets."""

from __future__ import annotations

import json
import sys
import tempfile
from contextlib import ExitStack
from typing import TYPE_CHECKING

import click

from roadworthy.app.server.home import opened
from roadworthy.app.server.platform import own_ledger
from roadworthy.app.server.sources import HomeSources
from roadworthy.cli.home import at_home
from roadworthy.platform.rebuild import rebuild as rebuilding
from roadworthy.platform.store.platform import open_platform

if TYPE_CHECKING:
    from pathlib import Path


_CHANGES = 2


@click.command("rebuild")
@click.option("--plan", "only_plan", is_flag=True, help="Show what would be made, and write nothing; status 2 if any.")
@click.option("--database", metavar="URL", envvar="ROADWORTHY_DATABASE", help="`postgresql://…` instead of a file.")
@click.option("--json", "as_json", is_flag=True, help="Print one JSON document instead.")
@at_home
def command(home: Path, database: str | None, *, only_plan: bool, as_json: bool) -> None:
    """Make the index of the platform in DIR again, and say what could not be restored; no server may run in it."""
    with opened(home) as held, ExitStack() as stack:
        url = database or held.database
        if only_plan and database is None and not (held.folder / "platform.db").exists():
            url = f"sqlite:///{stack.enter_context(tempfile.TemporaryDirectory())}/platform.db"
        index = open_platform(url)
        stack.callback(index.close)
        sources = HomeSources(held, own_ledger(held))
        tell = lambda name: click.echo(f"Reading {name}.", err=True)  # noqa: E731 - shorter than a function
        found = rebuilding.plan(index, sources) if only_plan else rebuilding.rebuild(index, sources, tell)
    if as_json:
        click.echo(json.dumps(found.as_json(), indent=2))
    else:
        for line in found.lines():
            click.echo(line)
    sys.exit(_CHANGES if only_plan and found.differs else 0)
