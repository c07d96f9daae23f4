"""What is needed of a place that keeps bytes."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO, Final, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from roadworthy.ledger.objects.address import Address

ASKED_AT_ONCE: Final = 10_000  # addresses, of a bucket over a network


class ObjectStore(Protocol):
    """Keeps bytes under their address. Every operation may be repeated; writing again mends what was damaged."""

    def put(self, data: bytes) -> Address:
        """Keep *data* durably. Raises StorageError."""

    def put_file(self, path: Path, address: Address) -> None:
        """Keep the bytes of *path*, known to be *address*. Raises IntegrityError when they are not, StorageError."""

    def put_from(self, stream: BinaryIO, address: Address) -> None:
        """Keep the bytes of *stream*, known to be *address*. Raises IntegrityError when they are not, StorageError."""

    def get(self, address: Address) -> bytes:
        """Return the bytes, checked. Raises NotFound, IntegrityError."""

    def open(self, address: Address) -> BinaryIO:
        """Return the bytes as a stream, not checked: whoever reads it checks. Raises NotFound, IntegrityError."""

    def copy_to(self, address: Address, path: Path) -> None:
        """Write the bytes to *path*, checked and all or nothing. Raises NotFound, IntegrityError, StorageError."""

    def holds(self, address: Address) -> bool:
        """Whether the bytes are kept here undamaged: they are read."""

    def __contains__(self, address: object) -> bool:
        """Whether the bytes are kept here (not whether they are undamaged)."""

    def missing(self, addresses: Iterable[Address]) -> frozenset[Address]:
        """Return which of *addresses* are not kept here, asked together (not whether the others are undamaged)."""
