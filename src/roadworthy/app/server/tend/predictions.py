"""What served models answered, where it is kept for good: in the project's bucket, apart from what may be deleted."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING

from roadworthy.ledger.objects.write import make_folder, storage_errors, sync_folder

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.server.home import Home

_STATE = ".roadworthy"
_SECRET = "secret"  # noqa: S105 - the name of a file


def adopt_predictions(home: Home) -> int:
    """Move what services of earlier versions kept in their clones to its place, and return how many files.

    To be called before any service runs.

    Raises:
        StorageError: They cannot be moved.
    """
    moved = 0
    for kept in sorted(home.work.glob(f"*/serve/*/{_STATE}/predictions")):
        environment, project = kept.parent.parent.name, kept.parents[3].name
        if (kept / _SECRET).is_file():
            moved += _move(kept / _SECRET, home.pseudonyms(project, environment))
        for segment in sorted((kept / environment).glob("*")):
            moved += _move(segment, home.predictions(project, environment) / segment.name)
        if not any(place.is_file() for place in kept.rglob("*")):
            shutil.rmtree(kept, ignore_errors=True)
    return moved


def _move(place: Path, to: Path) -> int:
    """Move a file, unless one stands there; by copy where it lies on another disk."""
    if to.exists():
        return 0
    with storage_errors(to):
        make_folder(to.parent)
        shutil.move(place, to)
        sync_folder(to.parent)
    return 1
