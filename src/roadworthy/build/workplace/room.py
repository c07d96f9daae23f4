"""How much room is left where stages write."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_ALMOST_NONE = 1 << 20  # bytes


def full(places: Iterable[Path]) -> Path | None:
    """Return the first of *places* whose file system has room for almost no bytes, or for no more files; or None."""
    for place in places:
        try:
            found = os.statvfs(place)
        except OSError:
            continue
        if found.f_bavail * found.f_frsize < _ALMOST_NONE or (found.f_files and not found.f_favail):
            return place
    return None
