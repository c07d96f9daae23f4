"""The story of the platform, played as a user plays it, on a sample."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

ROADWORTHY = Path(sys.executable).parent / "roadworthy"
SECONDS = 600


@pytest.mark.slow
def test_the_platform_tells_the_whole_story(tmp_path: Path) -> None:
    """Pushed, tested, merged, versioned, deployed, refused, rolled back, and made again without its database."""
    folder = tmp_path / "demo"
    done = subprocess.run(
        [ROADWORTHY, "demo", "--platform", "--fast", "--keep", folder],
        cwd=tmp_path, env=os.environ, capture_output=True, text=True, check=False, timeout=SECONDS,
    )  # fmt: skip
    told = done.stdout

    assert done.returncode == 0, told[-4000:] + done.stderr[-4000:]
    assert "production is now v0.1.0 (delay#production#1)." in told
    assert "Change 1 is merged into develop as" in told
    assert "production is now v1.1.0 (delay#production#2). It was v0.1.0." in told
    assert "production is back at v0.1.0 (delay#production#3). It was v1.1.0." in told
    assert "    2  merged release/1 into main: Boosted trees" in told
    assert "entries are in their order." in told
    answers = [line for line in told.splitlines() if line.startswith('{"model":"delay"')]
    assert [answer.count('"v1.1.0"') for answer in answers] == [0, 1, 0, 0]
    assert "Change 3 cannot be merged" in done.stderr
    token = (folder / "token").read_text(encoding="utf-8").strip()
    logs = [
        path.read_text(encoding="utf-8", errors="replace") for path in (folder / "platform" / "logs").rglob("*.log")
    ]
    assert logs
    assert not any(token in log for log in logs)
