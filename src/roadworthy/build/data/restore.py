"""Data back to its place: what a pin names, from the ledger here, or from a bucket."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.build.data.status import found_at, standing
from roadworthy.errors import Conflict, IntegrityError, NotFound
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.fetch import fetch, is_whole
from roadworthy.ledger.objects.inside import inside

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.item import Item
    from roadworthy.ledger.objects.store import ObjectStore

_BRING = (
    "`roadworthy data fetch` with the bucket that keeps them (`--bucket` or ROADWORTHY_BUCKET), or `roadworthy data "
    "update` to read them from their source again."
)


def restore(
    ledger: Ledger,
    folder: Path,
    name: str,
    pinned: Item,
    bucket: ObjectStore | None = None,
    tell: Callable[[int], None] | None = None,
) -> bool:
    """Make the data *name* of the project *folder* be what its pin names; return whether anything was to be done.

    What the ledger here lacks or holds damaged is fetched from *bucket*, or kept again from its place.

    Raises:
        Conflict: Other data stands there, which is kept nowhere.
        NotFound: Neither the ledger nor the bucket keeps it.
        IntegrityError: What is kept is damaged, in the bucket too.
        StorageError: The disk is full or the folder is read-only.
    """
    path = inside(folder, name)
    here = standing(ledger, folder, name, pinned)
    if here.standing == "unchanged":
        return not here.kept and tree.keep_again(path, pinned, ledger.objects, ledger.files)
    refuse_to_lose(ledger, path)
    if is_whole(pinned, ledger.objects):
        try:
            tree.checkout(pinned, path, ledger.objects, ledger.files)
        except IntegrityError as fault:
            if bucket is None:
                raise IntegrityError(
                    f"What is kept of {name} is damaged. {fault.problem}", remedy=f"Bring it again: {_BRING}"
                ) from fault
        else:
            return True
    if bucket is None:
        raise NotFound(
            f"The bytes of {name} are not kept here ({pinned.address}).",
            remedy=f"Bring them: {_BRING}",
        )
    fetch(pinned, bucket, ledger.objects, tell)
    tree.checkout(pinned, path, ledger.objects, ledger.files)
    return True


def refuse_to_lose(ledger: Ledger, path: Path) -> None:
    """Raise Conflict when *path* holds data that is kept nowhere else."""
    found = found_at(ledger, path)
    if found is not None and not is_whole(found, ledger.objects):
        raise Conflict(
            f"{path} was changed, and the change is kept nowhere.",
            remedy=f"Keep it with `roadworthy data add {path.name}`, or move it away, and run the command again.",
        )
