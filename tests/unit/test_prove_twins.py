"""What interrupted trainings leave behind does not stay for ever."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from roadworthy.app.proving.twins import sweep

if TYPE_CHECKING:
    from pathlib import Path


def test_old_remains_are_swept_and_fresh_ones_are_not(tmp_path: Path) -> None:
    """A folder that nobody touched for two days is removed; one that may be in use is left alone."""
    long_ago = time.time() - 3 * 86_400
    for name in ("twins-old", "twins-new", "checkouts/old", "checkouts/new", "versions/old"):
        (tmp_path / name).mkdir(parents=True)
        (tmp_path / name / "file").write_text("x", encoding="utf-8")
        if name.endswith("old"):
            os.utime(tmp_path / name, (long_ago, long_ago))
    sweep(tmp_path)
    left = {str(path.relative_to(tmp_path)) for path in tmp_path.glob("*") if "twins" in path.name}
    left |= {str(path.relative_to(tmp_path)) for path in tmp_path.glob("*/*") if path.is_dir()}

    assert left == {"twins-new", "checkouts/new", "versions/old"}
