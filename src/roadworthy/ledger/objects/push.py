"""Objects from here to a bucket: every file first, the listing last, each checked on its way."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.objects.tree import listing

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.ledger.objects.store import ObjectStore


@dataclass(frozen=True, slots=True)
class Moved:
    """How many objects were copied, of how many bytes, and how many were there already."""

    objects: int = 0
    size: int = 0
    present: int = 0

    def __add__(self, other: Moved) -> Moved:
        return Moved(self.objects + other.objects, self.size + other.size, self.present + other.present)


def push(item: Item, store: ObjectStore, bucket: ObjectStore, tell: Callable[[int], None] | None = None) -> Moved:
    """Copy what *item* is made of from *store* to *bucket*; what is there is left. May be repeated.

    Args:
        item: A file or folder that *store* keeps.
        store: Where it is.
        bucket: Where it shall be.
        tell: Called with the size of each object that was copied.

    Raises:
        NotFound: *store* lacks an object.
        IntegrityError: An object of *store* is damaged: it is not copied.
        StorageError: The bucket cannot be written.
    """
    moved, parts = Moved(), parts_of(item, store)
    missing = bucket.missing(one.address for one in parts)
    for one in parts:
        if one.address not in missing:
            moved += Moved(present=1)
            continue
        with store.open(one.address) as stream:
            bucket.put_from(stream, one.address)
        moved += Moved(1, one.size)
        if tell is not None:
            tell(one.size)
    return moved


def parts_of(item: Item, store: ObjectStore) -> tuple[Item, ...]:
    """Return the files of *item*, each once, and its listing last (with no size: it is no data of the user's)."""
    if item.files is None:
        return (item,)
    files = {one.address: one for one in listing(item, store).values()}
    return (*files.values(), Item(item.address, 0))
