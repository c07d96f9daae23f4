"""A clean checkout of a commit: nothing in it but what the commit names."""

from __future__ import annotations

import secrets
import shutil
from contextlib import contextmanager
from typing import TYPE_CHECKING

from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.ledger.repo.repository import Repository


@contextmanager
def clean(repo: Repository, commit: str, prefix: str, state: Path) -> Iterator[Path]:
    """Give a folder that holds the project as *commit* has it, and remove it afterwards.

    Args:
        repo: The repository.
        commit: Its full id.
        prefix: The project's folder in the repository, `""` for the root.
        state: `.roadworthy`; the checkout lies inside.

    Raises:
        NotFound: The commit holds no such project.
        StorageError: The disk is full or the folder is read-only.
    """
    place = state / "work" / "checkouts"
    with storage_errors(place):
        place.mkdir(parents=True, exist_ok=True)
    folder = place / f"{commit[:12]}-{secrets.token_hex(4)}"
    try:
        repo.export(commit, prefix, folder)
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)
