"""What happens when whoever reads the output goes away, as in `roadworthy history | head -1`."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROADWORTHY = Path(sys.executable).parent / "roadworthy"


@pytest.mark.parametrize("arguments", [["schema", "profile"], ["data", "--help"], ["--help"], ["--version"]])
def test_a_reader_that_went_away_is_told_by_the_status(arguments: list[str], tmp_path: Path) -> None:
    """The status is that of a closed pipe, whatever was printed, and nothing is said: it is no fault."""
    read, write = os.pipe()
    os.close(read)
    try:
        done = subprocess.run(
            [ROADWORTHY, *arguments], cwd=tmp_path, stdout=write, stderr=subprocess.PIPE, text=True, check=False
        )
    finally:
        os.close(write)

    assert (done.returncode, done.stderr) == (141, "")
