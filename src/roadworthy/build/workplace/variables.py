"""The environment variables that a stage gets: these, the ones it declares, and no others."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

SYSTEM_PATH = "/usr/local/bin:/usr/bin:/bin"


def variables(python: Path, kit: Path, folder: Path, scratch: Path, cpus: float) -> dict[str, str]:
    """Return what every stage gets.

    Args:
        python: The interpreter of the project's Python environment; its folder goes first on PATH.
        kit: The folder of the kit; goes first on PYTHONPATH.
        folder: The project's folder.
        scratch: A folder of the stage's own, thrown away afterwards: its home, and for its temporary files.
        cpus: How many processors the stage may use.
    """
    return {
        "PATH": f"{python.parent}:{SYSTEM_PATH}",
        "PYTHONPATH": f"{kit}:{folder / 'src'}:{folder}",
        "PYTHONHASHSEED": "0",
        "PYTHONUNBUFFERED": "1",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "OMP_NUM_THREADS": str(max(1, math.ceil(cpus))),
    }


def trace_settings(report: Path, folder: Path, scratch: Path) -> Mapping[str, str]:
    """Return the variable that has Python processes report to *report* what they open in *folder*."""
    settings = {
        "to": str(report),
        "project": str(folder),
        "places": {
            str(folder): True,
            str(folder / ".git"): False,
            str(folder / ".roadworthy"): False,
            str(scratch): True,
            "/dev": True,
        },
        "quiet": [str(folder / ".roadworthy")],
    }
    return {"ROADWORTHY_TRACE": json.dumps(settings)}
