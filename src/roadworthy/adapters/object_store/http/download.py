"""An object as a stream over the network, taken up where it broke."""

from __future__ import annotations

import io
import os
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from roadworthy.adapters.object_store.http.line import BROKEN, Request
from roadworthy.adapters.object_store.http.refusal import refused
from roadworthy.errors import IntegrityError, Unreachable

if TYPE_CHECKING:
    from roadworthy.adapters.object_store.http.line import Answer, Line
    from roadworthy.ledger.objects.address import Address

_TAKEN_AWAY: Final = {HTTPStatus.NOT_FOUND, HTTPStatus.GONE, HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE}


class Download(io.RawIOBase):
    """The bytes of *address*, not checked. A line that breaks is taken up again from the byte that it broke at.

    Raises:
        NotFound: The bucket does not keep it.
        IntegrityError: The bucket found it damaged.
        NotAllowed, Unreachable: As the server says.
    """

    def __init__(self, line: Line, address: Address) -> None:
        super().__init__()
        self._line = line
        self._path = f"/objects/{address}"
        self.name = line.url + self._path
        self._at = 0
        answer = self._ask()
        self._answer: Answer | None = answer
        length = answer.header("Content-Length")
        self._size = int(length) if length is not None and length.isdecimal() else None

    def readable(self) -> bool:
        """It can be read."""
        return True

    def seekable(self) -> bool:
        """Any place can be gone to: it is asked for from there."""
        return True

    def seek(self, offset: int, whence: int = os.SEEK_SET, /) -> int:
        """Go to a place."""
        base = {os.SEEK_SET: 0, os.SEEK_CUR: self._at, os.SEEK_END: self._size}.get(whence)
        if base is None or base + offset < 0:
            raise io.UnsupportedOperation(f"seek({offset}, {whence})")
        if base + offset != self._at:
            self._leave()
            self._at = base + offset
        return self._at

    def readinto(self, buffer: memoryview, /) -> int:  # type: ignore[override]  # a BufferedReader gives no other
        """Read on.

        Raises:
            IntegrityError: The bucket found meanwhile that the object is damaged.
            Unreachable: The line breaks again and again.
        """
        for attempt in range(1, self._line.patience.attempts + 1):
            if self._at == self._size or not len(buffer):
                return 0
            size = self._read(buffer)
            if size > 0 or (size == 0 and self._size is None):
                self._at += size
                return size
            self._leave()
            self._line.patience.wait(attempt)
        raise Unreachable(
            f"{self.name} breaks off after {self._at:,} bytes, again and again.",
            remedy="Run the command again when the network is better.",
        )

    def close(self) -> None:
        """Leave it."""
        self._leave()
        super().close()

    def _read(self, buffer: memoryview) -> int:
        """Return how many bytes were read; -1 when the line broke, which it does not always say."""
        try:
            self._answer = self._answer or self._ask()
            return self._answer.readinto(buffer)
        except BROKEN:
            return -1

    def _leave(self) -> None:
        answer, self._answer = getattr(self, "_answer", None), None
        if answer is not None:
            answer.close()

    def _ask(self) -> Answer:
        headers = {"Range": f"bytes={self._at}-"} if self._at else {}
        answer = self._line.ask(Request("GET", self._path, headers))
        if answer.status == HTTPStatus.OK:
            self._answer = answer  # to be left, when it breaks
            return self._skip(answer)
        if answer.status == HTTPStatus.PARTIAL_CONTENT and self._is_from_here(answer):
            return answer
        status, data = answer.status, answer.read()
        if self._at and status in _TAKEN_AWAY:
            raise IntegrityError(
                f"{self.name} holds other bytes than its address says: the platform found it damaged.",
                remedy="Push it from where it is whole: `roadworthy data push`.",
            )
        raise refused(status, data, self.name)

    def _is_from_here(self, answer: Answer) -> bool:
        return (answer.header("Content-Range") or "").startswith(f"bytes {self._at}-")

    def _skip(self, answer: Answer) -> Answer:
        """Pass over what was read before, where something on the way does not know ranges."""
        left = self._at
        while left:
            read = answer.readinto(memoryview(bytearray(min(left, 1 << 20))))
            if not read:
                raise ConnectionError("The answer is too short.")
            left -= read
        return answer
