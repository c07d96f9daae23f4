"""A path that stays inside its folder, with no symlink on the way: what names from files may lead to."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from pathlib import Path


def inside(folder: Path, name: str) -> Path:
    """Return the path called *name* in *folder*; the last part of it may be a symlink or absent.

    Raises:
        UsageError: *name* leads out of *folder*, into a git repository's or Roadworthy's own folder, or by a symlink.
    """
    parts = name.split("/")
    if not name or "\0" in name or any(part in {"", ".", ".."} for part in parts):
        raise UsageError(f"{name!r} leads out of {folder}.", remedy="Name a path inside the project, without `..`.")
    if any(part.lower() in {".git", ".roadworthy"} for part in parts):
        raise UsageError(
            f"{name!r} is not the project's to hold data.", remedy="Name a path outside .git and .roadworthy."
        )
    path = folder
    for part in parts[:-1]:
        path = path / part
        if path.is_symlink():
            raise UsageError(
                f"{name!r} leads through the symbolic link {path}.",
                remedy="Put a folder there: Roadworthy follows no symbolic links.",
            )
    return path / parts[-1]
