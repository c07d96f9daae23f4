"""The tools that we measure ourselves against, pinned, each in an environment of its own."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

PLACE = Path(__file__).parents[1] / ".cache" / "bench"
DVC = "dvc==3.67.1"
# Data tests, with what each reads Parquet by.
GREAT_EXPECTATIONS = ("great_expectations==1.24.1", "pandas", "pyarrow")
PANDERA = ("pandera[polars]==0.35.0",)
POINTBLANK = ("pointblank==1.1.1", "polars")


def installed(requirement: str, *beside: str) -> Path:
    """Return the `bin` folder of an environment that holds *requirement* alone, made when it is not there yet.

    What it does not bring itself, and is not measured, stands *beside* it.
    """
    folder = PLACE / requirement.replace("==", "-")
    marker = folder / ".ready"
    if not marker.exists():
        uv = Path(sys.executable).parent / "uv"
        subprocess.run([uv, "venv", "-q", "--clear", folder], check=True)
        subprocess.run(
            [uv, "pip", "install", "-q", "--python", folder / "bin" / "python", requirement, *beside], check=True
        )
        marker.touch()
    return folder / "bin"
