"""The body of a request, piece by piece: unpacked when it is compressed, and never more than may be read."""

from __future__ import annotations

import zlib
from typing import TYPE_CHECKING, Final

from roadworthy.adapters.forge.embedded.whole import Asking

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE: Final = 64 << 10
_GZIP: Final = 16 + zlib.MAX_WBITS


class BadBody(Exception):
    """The body is larger than may be read, or is not compressed as it says."""


class Unpacker:
    """Gives what was compressed, in pieces of bounded size; of a push, as one that asks to be whole."""

    def __init__(self, *, packed: bool, most: int, pushes: bool = False) -> None:
        self._stream = zlib.decompressobj(_GZIP) if packed else None
        self._left = most
        self._asking = Asking() if pushes else None

    def feed(self, piece: bytes) -> Iterator[bytes]:
        """Yield what *piece* holds. Raises BadBody."""
        for one in self._unpacked(piece):
            yield from (one,) if self._asking is None else self._asking.feed(one)

    def end(self) -> Iterator[bytes]:
        """Yield what was held back."""
        yield from () if self._asking is None else self._asking.end()

    def _unpacked(self, piece: bytes) -> Iterator[bytes]:
        if self._stream is None:
            yield self._counted(piece)
            return
        while piece and not self._stream.eof:
            try:
                yield self._counted(self._stream.decompress(piece, _PIECE))
            except zlib.error as fault:
                raise BadBody from fault
            piece = self._stream.unconsumed_tail

    def _counted(self, piece: bytes) -> bytes:
        self._left -= len(piece)
        if self._left < 0:
            raise BadBody
        return piece
