"""Data into the ledger: its bytes kept, its pin written beside it, and git told to ignore it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.build.data.pins import item_of, keep_pin, pin_of, pins_in
from roadworthy.errors import UsageError
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.inside import inside
from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.declare.pin import Pin
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.repo.repository import Repository


def add(ledger: Ledger, repo: Repository, folder: Path, name: str) -> Pin:
    """Keep the file or folder *name* of the project *folder*, write its pin, and return that.

    Bytes first, then the pin: what a pin names is kept. The pin of unchanged data is left as it is.

    Raises:
        NotFound: Nothing is there.
        UsageError: The path leads out of the project, git tracks it, or it holds what cannot be kept.
        StorageError: The disk is full or the folder is read-only.
    """
    path = inside(folder, name)
    if any(one == name or one.startswith(f"{name}/") for one in repo.tracked(folder)):
        raise UsageError(
            f"git tracks {name}: data is either in git or pinned.",
            remedy=f"Run `git rm -r --cached {name}` first, and commit the pin in its place.",
        )
    item = tree.add(path, ledger.objects, ledger.files)
    before = pins_in(folder).get(name)
    if before is not None and item_of(before) == item:
        return before
    pin = pin_of(item)
    with storage_errors(path):
        keep_pin(path, pin)
    return pin
