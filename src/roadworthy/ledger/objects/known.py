"""What is needed of a memory of files: not to read again what has not changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    import os
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.ledger.objects.item import Item


class KnownFiles(Protocol):
    """Knows the items of plain files; may forget at any time, and then reads them again."""

    def item(self, path: Path, stat: os.stat_result | None = None) -> Item:
        """Return the item of a plain file. Raises NotFound, IntegrityError (not plain), Conflict (it changes)."""

    def items(self, folder: Path, stats: Mapping[str, os.stat_result]) -> Mapping[str, Item]:
        """Return the items of plain files in *folder*, by their path in it, in the order of *stats*."""
