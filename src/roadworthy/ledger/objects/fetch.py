"""Objects from a bucket to here: the listing first, to know the files; each checked on its way, damaged ones mended."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.objects.push import Moved, parts_of

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from roadworthy.ledger.objects.store import ObjectStore

_PUSH = "Push it from where it is whole: `roadworthy data push`."
_PUSH_AGAIN = "Remove that file, and push it again from where it is whole: `roadworthy data push`."


def fetch(item: Item, bucket: ObjectStore, store: ObjectStore, tell: Callable[[int], None] | None = None) -> Moved:
    """Copy what *item* is made of from *bucket* to *store*; what is here undamaged is left. May be repeated.

    What is here is read to see that it is undamaged: whoever fetches wants to use it.

    Raises:
        NotFound: The bucket lacks an object: of many, this is told before any is copied.
        IntegrityError: An object of the bucket is damaged: it is not taken.
        StorageError: The store cannot be written.
    """
    moved = Moved()
    files: tuple[Item, ...] = (item,)
    if item.files is not None:
        moved = _all((Item(item.address, 0),), bucket, store, tell)
        files = parts_of(item, store)[:-1]
    return moved + _all(files, bucket, store, tell)


def is_whole(item: Item, store: ObjectStore) -> bool:
    """Whether *store* keeps everything that *item* is made of (not whether each file is undamaged)."""
    try:
        return all(one.address in store for one in parts_of(item, store))
    except (NotFound, IntegrityError):
        return False


def _all(items: Sequence[Item], bucket: ObjectStore, store: ObjectStore, tell: Callable[[int], None] | None) -> Moved:
    wanted = [one for one in items if not store.holds(one.address)]
    if len(wanted) > 1 and (missing := bucket.missing(one.address for one in wanted)):
        few = ", ".join(sorted(missing)[:3])
        raise NotFound(f"The bucket lacks {len(missing)} of {len(wanted)} objects: {few} …", remedy=_PUSH)
    moved = Moved(present=len(items) - len(wanted))
    for one in wanted:
        _one(one, bucket, store)
        moved += Moved(1, one.size)
        if tell is not None:
            tell(one.size)
    return moved


def _one(item: Item, bucket: ObjectStore, store: ObjectStore) -> None:
    try:
        with bucket.open(item.address) as stream:
            store.put_from(stream, item.address)
    except NotFound as fault:
        raise NotFound(f"The bucket lacks an object. {fault.problem}", remedy=_PUSH) from fault
    except IntegrityError as fault:
        if bucket.holds(item.address):
            raise
        raise IntegrityError(f"The bucket is damaged. {fault.problem}", remedy=_PUSH_AGAIN) from fault
