"""The platform's own runners: child processes that hold a secret of this start, and nothing else of the server's."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from roadworthy.app.runner.check import passed_on
from roadworthy.app.server.processes import Program

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform


def start(platform: Platform, url: str, number: int) -> None:
    """Have *number* runners work for the server at *url*, for as long as it lives."""
    for at in range(1, number + 1):
        platform.processes.want(_program(platform, f"runner-{at}", url))


def _program(platform: Platform, name: str, url: str) -> Program:
    home = platform.home
    return Program(
        name=name,
        command=[sys.executable, "-P", "-m", "roadworthy.app.runner.work", name, url, str(home.work)],
        folder=home.work,
        environment={**passed_on(), "PATH": os.environ.get("PATH", os.defpath), "HOME": str(home.work)},
        log=home.logs / f"{name}.log",
        secret=platform.runner.reveal(),
    )
