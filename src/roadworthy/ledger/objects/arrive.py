"""An object that arrives piece by piece: written aside, digested on its way, put in its place when it is whole."""

from __future__ import annotations

import contextlib
import os
from typing import TYPE_CHECKING

from blake3 import blake3

from roadworthy.errors import IntegrityError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.write import make_folder, open_draft, storage_errors, sync_folder

if TYPE_CHECKING:
    from roadworthy.ledger.objects.folder import DirectoryStore


class Arrival:
    """The bytes of *address* on their way into *store*: `add` them all, `finish`, `settle`; and `drop` in any case.

    Until they are settled nothing is kept of them. A process that is killed leaves a draft, which `sweep` removes.

    Raises:
        IntegrityError: A symlink stands in the place of a folder.
        StorageError: The disk is full or the folder is read-only.
    """

    def __init__(self, store: DirectoryStore, address: Address) -> None:
        self._store = store
        self._address = address
        self._place = store.place(address)
        self._hasher = blake3()
        with storage_errors(self._place):
            self._draft, self._file = open_draft(store.root / "aside", mode=0o444)

    def add(self, piece: bytes) -> None:
        """Take the next bytes. Raises StorageError when the disk is full."""
        self._hasher.update(piece)
        with storage_errors(self._place):
            self._file.write(piece)

    def finish(self) -> None:
        """Make what arrived durable, aside.

        Raises:
            IntegrityError: It is not what the address says.
            StorageError: The disk is full.
        """
        found = Address(f"blake3:{self._hasher.hexdigest()}")
        if found != self._address:
            raise IntegrityError(
                f"What was sent is {found}, not {self._address}.", remedy="Send it again from where it is whole."
            )
        with storage_errors(self._place):
            self._file.flush()
            os.fsync(self._file.fileno())
            self._file.close()

    def settle(self) -> bool:
        """Put what is finished in its place, durably, and return whether nothing was kept there before.

        Raises:
            StorageError: The disk is full or the folder is read-only.
        """
        is_new = self._address not in self._store
        with storage_errors(self._place):
            make_folder(self._place.parent)
            self._draft.replace(self._place)
            sync_folder(self._place.parent)
        return is_new

    def drop(self) -> None:
        """Let go of what was not settled."""
        with contextlib.suppress(OSError):  # a full disk refuses once more what is left in the file's buffer
            self._file.close()
        with contextlib.suppress(OSError):
            self._draft.unlink(missing_ok=True)
