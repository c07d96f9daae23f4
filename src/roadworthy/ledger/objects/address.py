"""The address of bytes: their BLAKE3-256 digest."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING, Self

from blake3 import blake3

if TYPE_CHECKING:
    from pathlib import Path

_FORM = re.compile(r"blake3:[0-9a-f]{64}")


class Address(str):
    """Where bytes are kept, named by the bytes: `blake3:` and 64 hexadecimal digits.

    Raises:
        ValueError: The text is not of that form.

    Source:
        O'Connor, Aumasson, Neves and Wilcox-O'Hearn (2020), "BLAKE3: one function, fast everywhere".
    """

    __slots__ = ()

    def __new__(cls, text: str) -> Self:  # noqa: D102 - the class says it
        if not _FORM.fullmatch(text):
            raise ValueError(f"{text[:80]!r} is not an address: blake3: and 64 hexadecimal digits.")
        return super().__new__(cls, text)

    @property
    def digest(self) -> str:
        """The 64 hexadecimal digits alone."""
        return self.removeprefix("blake3:")

    @classmethod
    def of(cls, data: bytes) -> Self:
        """Return the address of *data*."""
        return cls(f"blake3:{blake3(data).hexdigest()}")

    @classmethod
    def of_file(cls, path: Path) -> Self:
        """Return the address of the bytes of *path*."""
        hasher = blake3()
        hasher.update_mmap(path)
        return cls(f"blake3:{hasher.hexdigest()}")
