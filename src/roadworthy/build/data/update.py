"""Data from its declared source: fetched aside, kept, pinned, put in place."""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.build.data.pins import item_of, keep_pin, pin_of, pins_in
from roadworthy.build.data.restore import refuse_to_lose
from roadworthy.errors import Conflict
from roadworthy.ledger.ledger import now
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.inside import inside
from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from roadworthy.build.data.source import Source
    from roadworthy.declare import pipeline
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.item import Item


@dataclass(frozen=True, slots=True)
class Updated:
    """What an update brought: `before` is what was pinned, or None; equal to `after` when nothing is new."""

    name: str
    before: Item | None
    after: Item


def update(ledger: Ledger, folder: Path, source: pipeline.Source, place: Source) -> Updated:
    """Fetch *source* from *place*, and pin it if it is not what is pinned already.

    Bytes first, then the file in the working tree, then the pin; done again after a crash, it gives the same.

    Raises:
        Conflict: Other data stands there, which is kept nowhere.
        NotFound, Unreachable, UsageError: The source cannot be fetched.
        StorageError: The disk is full or the folder is read-only.
    """
    path = inside(folder, source.to)
    refuse_to_lose(ledger, path)
    known = pins_in(folder).get(source.to)
    before = None if known is None else item_of(known)
    item, facts = _fetch(ledger, source, place, path.name)
    tree.checkout(item, path, ledger.objects, ledger.files)
    if item != before:
        with storage_errors(path):
            keep_pin(path, pin_of(item, {**facts, "at": now()}))
    return Updated(source.to, before, item)


def read_again(ledger: Ledger, folder: Path, source: pipeline.Source, place: Source, pinned: Item) -> None:
    """Bring pinned data that is kept nowhere back from its source, without changing the pin.

    Raises:
        Conflict: The source gives other bytes now; or other data stands there, which is kept nowhere.
        NotFound, Unreachable, UsageError: The source cannot be fetched.
        StorageError: The disk is full or the folder is read-only.
    """
    path = inside(folder, source.to)
    refuse_to_lose(ledger, path)
    item, _ = _fetch(ledger, source, place, path.name)
    if item != pinned:
        raise Conflict(
            f"The source of {source.to} gives other bytes now than its pin names ({item.address}).",
            remedy=f"Fetch the pinned bytes from a bucket, or take the new ones: `roadworthy data update {source.to}`.",
        )
    tree.checkout(item, path, ledger.objects, ledger.files)


def _fetch(ledger: Ledger, source: pipeline.Source, place: Source, name: str) -> tuple[Item, dict[str, str]]:
    work = ledger.state / "work"
    with storage_errors(work):
        work.mkdir(parents=True, exist_ok=True)
        aside = Path(tempfile.mkdtemp(prefix="fetch-", dir=work))
    try:
        facts = place.fetch(source, aside / name)
        return tree.add(aside / name, ledger.objects, ledger.files), dict(facts)
    finally:
        shutil.rmtree(aside, ignore_errors=True)
