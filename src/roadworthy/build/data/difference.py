"""What changed in the data between two sets of pins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger.objects.tree import listing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.objects.item import Item
    from roadworthy.ledger.objects.store import ObjectStore


@dataclass(frozen=True, slots=True)
class DataChange:
    """Data that differs: None where it is not pinned. Files are told of a folder whose listings are kept here."""

    name: str
    before: Item | None
    after: Item | None
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    changed: tuple[str, ...] = ()


def difference(before: Mapping[str, Item], after: Mapping[str, Item], store: ObjectStore) -> tuple[DataChange, ...]:
    """Return the data that differs between two sets of pins, by name."""
    return tuple(
        _change(name, before.get(name), after.get(name), store)
        for name in sorted({*before, *after})
        if before.get(name) != after.get(name)
    )


def _change(name: str, before: Item | None, after: Item | None, store: ObjectStore) -> DataChange:
    old, new = _files(before, store), _files(after, store)
    return DataChange(
        name,
        before,
        after,
        added=tuple(sorted(set(new) - set(old))),
        removed=tuple(sorted(set(old) - set(new))),
        changed=tuple(sorted(one for one in set(old) & set(new) if old[one] != new[one])),
    )


def _files(item: Item | None, store: ObjectStore) -> Mapping[str, Item]:
    try:
        return {} if item is None else listing(item, store)
    except (NotFound, IntegrityError):
        return {}
