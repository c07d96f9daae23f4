"""`roadworthy down`, `roadworthy logs`: ends a platform on this machine, and shows what it printed."""

from __future__ import annotations

import json
import os
import signal
import time
from contextlib import suppress
from typing import TYPE_CHECKING, Any

import click

from roadworthy.cli.home import at_home
from roadworthy.errors import NotFound, WorkerHung

if TYPE_CHECKING:
    from pathlib import Path


_PATIENCE = 60.0  # seconds: what is being done is done first


@click.command("down")
@at_home
def command(home: Path) -> None:
    """Stop the platform whose home is DIR, once what it is doing is done."""
    number = int(running(home)["pid"])
    with suppress(ProcessLookupError):
        os.kill(number, signal.SIGTERM)
    until = time.monotonic() + _PATIENCE
    while (home / "up.json").exists():
        if time.monotonic() > until:
            raise WorkerHung(f"Process {number} did not end within {_PATIENCE:g} seconds.", remedy=f"`kill {number}`.")
        time.sleep(0.05)
    click.echo("Down.")


def running(home: Path) -> dict[str, Any]:
    """Return what the server in *home* says of itself: `pid`, `url`, `version`.

    Raises:
        NotFound: None runs there.
    """
    with suppress(OSError, ValueError):
        found: dict[str, Any] = json.loads((home / "up.json").read_text(encoding="utf-8"))
        os.kill(int(found["pid"]), 0)
        return found
    raise NotFound(f"No platform runs in {home}.", remedy=f"Start it: `roadworthy up --home {home}`.")
