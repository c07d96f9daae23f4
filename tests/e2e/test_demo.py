"""The demo, played as a user plays it, on a sample."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest

ROADWORTHY = Path(sys.executable).parent / "roadworthy"
SECONDS = 400


@pytest.mark.slow
def test_the_demo_tells_the_whole_story(tmp_path: Path) -> None:
    """From an empty folder to a guarded prediction, a refused change and a rollback, each step as it should be."""
    folder = tmp_path / "demo"
    done = subprocess.run(
        [ROADWORTHY, "demo", "--fast", "--keep", folder],
        cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False, timeout=SECONDS,
    )  # fmt: skip
    told = done.stdout

    assert done.returncode == 0, told[-4000:] + done.stderr[-4000:]
    assert "nothing to run: 3 stages are as recorded" in told
    assert "Released delay@v0.1.0" in told
    # Three twins on a sample leave the excess less sure than five on all rows: either way the better model passes.
    assert "Let through as an upgrade" in told or "within the 0.5 % allowed" in told
    assert "Ready to merge" in told
    assert "Released delay@v1.0.0" in told
    assert "wind_speed is 400 mph, above 120" in told
    assert "Not ready to merge" in told
    answers = [line for line in told.splitlines() if line.startswith('{"model":"delay"')]
    assert [(answer.count('"v1.0.0"'), answer.count('"flagged"')) for answer in answers] == [(1, 0), (1, 1), (0, 0)]
    assert '"v0.1.0"' in answers[-1]
    refused = told[told.index("feature/weather-at-destination into main") :]
    assert "roc_auc at least 0.66" not in refused
    assert "Against production, flips against v1.0.0" in refused
    assert re.search(
        "The inputs that carry the change of the broken rows: (wind_speed|precip|visib|humid|press)", refused
    )
    assert "Broken most where `" in refused


def test_a_folder_that_holds_something_is_left_alone(tmp_path: Path) -> None:
    """`--keep` takes a new folder: nothing of a user's is written over."""
    (tmp_path / "mine.txt").write_text("mine")
    done = subprocess.run([ROADWORTHY, "demo", "--keep", tmp_path], capture_output=True, text=True, check=False)

    assert done.returncode == 2
    assert "is not empty" in done.stderr
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]
