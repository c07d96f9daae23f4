"""The tools that we measure ourselves against, pinned, each in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PLACE = Path(__file__).parents[1] / ".cache" / "bench"
DVC = "dvc==3.67.1"


def installed(requirement: str, *others: str) -> Path:
    """Return the `bin` folder of an environment of *requirement* and *others* alone, made when it is not there yet."""
    folder = PLACE / requirement.replace("==", "-")
    marker = folder / ".ready"
    if not marker.exists():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "-q", "--clear", folder], check=True)
        subprocess.run(
            [uv, "pip", "install", "-q", "--python", folder / "bin" / "python", requirement, *others], check=True
        )
        marker.touch()
    return folder / "bin"
