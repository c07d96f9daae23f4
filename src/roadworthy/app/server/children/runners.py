"""The platform's own runners: child processes that hold a secret of this start, and nothing else of the server's."""

from __future__ import annotations

import os
import sys
from typing import TYPE_CHECKING

from roadworthy.app.runner.check import passed_on
from roadworthy.app.server.children.processes import Program

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.app.server.home import Home
    from roadworthy.platform.identity.secret import Secret


def programs(home: Home, secret: Secret, url: str, number: int) -> Iterator[Program]:
    """Yield *number* runners that work for the server at *url*, and show it *secret*."""
    for at in range(1, number + 1):
        name = f"runner-{at}"
        yield Program(
            name=name,
            command=[sys.executable, "-P", "-m", "roadworthy.app.runner.work", name, url, str(home.work)],
            folder=home.work,
            environment={**passed_on(), "PATH": os.environ.get("PATH", os.defpath), "HOME": str(home.work)},
            log=home.logs / f"{name}.log",
            secret=secret.reveal(),
        )
