"""A file or a folder as content: what pins, stage outputs and versions point at."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.ledger.objects.address import Address


@dataclass(frozen=True, slots=True)
class Item:
    """A file (`files` is None) or a folder of `files` files, and its size in bytes.

    The address of a file is that of its bytes; of a folder, that of its listing (see `tree`).
    """

    address: Address
    size: int
    files: int | None = None
