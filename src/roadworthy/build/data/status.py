"""How the data in the working tree stands to its pins."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from roadworthy.build.data.pins import item_of, pins_in
from roadworthy.errors import IntegrityError
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.fetch import is_whole
from roadworthy.ledger.objects.inside import inside

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.declare.pipeline import Source
    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.item import Item

Standing = Literal["unchanged", "changed", "absent", "unpinned"]


@dataclass(frozen=True, slots=True)
class DataStatus:
    """One dataset: `absent` is pinned and not in the working tree; `unpinned` is a source that was never fetched.

    Attributes:
        name: Its path in the project.
        standing: How the working tree stands to the pin.
        pinned: What the pin names.
        found: What is there.
        kept: The ledger here keeps all of what the pin names.
    """

    name: str
    standing: Standing
    pinned: Item | None
    found: Item | None
    kept: bool


def status(ledger: Ledger, folder: Path, sources: Mapping[str, Source]) -> tuple[DataStatus, ...]:
    """Return how all data of the project *folder* stands, by name: what is pinned, and what *sources* would bring."""
    pins = pins_in(folder)
    unpinned = sorted({source.to for source in sources.values()} - set(pins))
    return (
        *(standing(ledger, folder, name, item_of(pin)) for name, pin in pins.items()),
        *(DataStatus(name, "unpinned", None, found_at(ledger, inside(folder, name)), kept=False) for name in unpinned),
    )


def standing(ledger: Ledger, folder: Path, name: str, pinned: Item) -> DataStatus:
    """Return how the data *name* stands to what its pin names."""
    found = found_at(ledger, inside(folder, name))
    word: Standing = "absent" if found is None else "unchanged" if found == pinned else "changed"
    return DataStatus(name, word, pinned, found, kept=is_whole(pinned, ledger.objects))


def found_at(ledger: Ledger, path: Path) -> Item | None:
    """Return what stands at *path*, or None. Raises IntegrityError when it is a symlink or a device."""
    if path.is_symlink():
        raise IntegrityError(
            f"{path} is a symbolic link.", remedy="Put the data itself there: Roadworthy follows no symbolic links."
        )
    return tree.address_of(path, ledger.files) if path.exists() else None
