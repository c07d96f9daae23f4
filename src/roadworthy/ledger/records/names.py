"""Names that are given once: of any number who claim one, the first wins, for all and for ever."""

from __future__ import annotations

import contextlib
import os
import re
from typing import TYPE_CHECKING

from roadworthy.errors import IntegrityError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import open_plain
from roadworthy.ledger.objects.write import storage_errors, sync_folder, write_once

if TYPE_CHECKING:
    from pathlib import Path

_FORM = re.compile(r"[a-z_]+(/[A-Za-z0-9@#=+_-][A-Za-z0-9@#=+_.-]{0,199})+")


class Names:
    """Keeps names, `kind/name`, under *folder*; each names a record."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def claim(self, name: str, record: Address) -> Address:
        """Make *name* mean *record* unless it means something already; return what it means now.

        Raises:
            ValueError: The name is not `kind/name` in plain letters.
            StorageError: The disk is full or the folder is read-only.
        """
        place = self._path(name)
        while True:  # again only when the winner let go of the name at once
            if write_once(place, f"{record}\n".encode(), aside=self.folder / "aside"):
                return record
            if (winner := self.resolve(name)) is not None:
                return winner

    def resolve(self, name: str) -> Address | None:
        """Return the record that *name* means, or None.

        Raises:
            IntegrityError: What is kept under the name is no address.
        """
        place = self._path(name)
        try:
            with open_plain(place) as file:
                return Address(file.read().decode("ascii").strip())
        except FileNotFoundError:
            return None
        except ValueError as fault:
            raise IntegrityError(
                f"{place} does not hold the address of a record.", remedy="Remove it, and run the command again."
            ) from fault

    def under(self, kind: str) -> frozenset[str]:
        """Return every NAME for which `kind/NAME`, or something below it, was given."""
        folder = self._path(f"{kind}/x").parent
        if not folder.is_dir():
            return frozenset()
        return frozenset(entry.name for entry in os.scandir(folder) if _FORM.fullmatch(f"{kind}/{entry.name}"))

    def forget(self, name: str, record: Address) -> None:
        """Let go of *name* if it still means *record*: one that is lost or damaged, and must be made again."""
        place = self._path(name)
        with contextlib.suppress(IntegrityError):
            if self.resolve(name) not in {None, record}:
                return
        with storage_errors(place):
            place.unlink(missing_ok=True)
            if place.parent.is_dir():
                sync_folder(place.parent)

    def _path(self, name: str) -> Path:
        if not _FORM.fullmatch(name):
            raise ValueError(f"{name!r} is not a name: kind/name, in plain letters.")
        return self.folder / name
