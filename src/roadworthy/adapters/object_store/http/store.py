"""A bucket of a platform: objects over HTTP, each checked against its address on this side as well."""

from __future__ import annotations

import io
import itertools
import json
from http import HTTPStatus
from typing import TYPE_CHECKING, BinaryIO, Final

from roadworthy.adapters.object_store.http.download import Download
from roadworthy.adapters.object_store.http.line import Line, Request
from roadworthy.adapters.object_store.http.refusal import refused
from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import copy, damaged, hash_of, open_plain
from roadworthy.ledger.objects.store import ASKED_AT_ONCE
from roadworthy.ledger.objects.write import write_whole

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

    from roadworthy.adapters.object_store.http.line import Answer, Patience

_BUFFER: Final = 1 << 20
_KEPT: Final = {HTTPStatus.OK, HTTPStatus.CREATED}


class HttpStore:
    """The objects of the bucket at *url*, as whoever *token* stands for; satisfies `ObjectStore`.

    Every operation may raise NotAllowed when the token does not reach so far, and Unreachable when the platform does
    not answer; a busy one, and a line that breaks, is tried again first.
    """

    def __init__(self, url: str, token: str, patience: Patience | None = None) -> None:
        self._line = Line(url, token, patience)

    def __repr__(self) -> str:
        return f"HttpStore({self._line.url!r})"

    def put(self, data: bytes) -> Address:
        """Keep *data* durably."""
        address = Address.of(data)
        self.put_from(io.BytesIO(data), address)
        return address

    def put_file(self, path: Path, address: Address) -> None:
        """Keep the bytes of *path*, known to be *address*."""
        with open_plain(path) as stream:
            self.put_from(stream, address)

    def put_from(self, stream: BinaryIO, address: Address) -> None:
        """Keep the bytes of *stream*, known to be *address*: read once to see that they are, and then sent."""
        stream.seek(0)
        if (found := hash_of(stream)) != address:
            raise damaged(str(getattr(stream, "name", "What was read")), address, found)
        size = stream.tell()
        headers = {"Content-Length": str(size), "Content-Type": "application/octet-stream"}
        answer = self._line.ask(Request("PUT", _path(address), headers, _Exactly(stream, size)))
        if answer.status not in _KEPT:
            raise self._refusal(answer)
        answer.read()

    def get(self, address: Address) -> bytes:
        """Return the bytes, checked."""
        with self.open(address) as stream:
            data = stream.read()
        if (found := Address.of(data)) != address:
            raise damaged(self._line.url + _path(address), address, found)
        return data

    def open(self, address: Address) -> BinaryIO:
        """Return the bytes as a stream, not checked; a line that breaks is taken up where it broke."""
        return io.BufferedReader(Download(self._line, address), _BUFFER)

    def copy_to(self, address: Address, path: Path) -> None:
        """Write the bytes to *path*, checked and all or nothing."""
        with self.open(address) as stream:

            def pour(file: BinaryIO) -> None:
                stream.seek(0)
                copy(stream, file, address)

            write_whole(path, pour, aside=path.parent)

    def holds(self, address: Address) -> bool:
        """Whether the bytes are kept there undamaged: they are fetched."""
        try:
            with self.open(address) as stream:
                return hash_of(stream) == address
        except (NotFound, IntegrityError):
            return False

    def missing(self, addresses: Iterable[Address]) -> frozenset[Address]:
        """Return which of *addresses* are not kept there, asked in as few requests as can be."""
        found: set[Address] = set()
        asked = iter(sorted(set(addresses)))
        while some := list(itertools.islice(asked, ASKED_AT_ONCE)):
            found |= self._missing(some)
        return frozenset(found)

    def __contains__(self, address: object) -> bool:
        if not isinstance(address, Address):
            return False
        answer = self._line.ask(Request("HEAD", _path(address)))
        if answer.status not in {HTTPStatus.OK, HTTPStatus.NOT_FOUND}:
            raise self._refusal(answer)
        answer.read()
        return answer.status == HTTPStatus.OK

    def _missing(self, some: list[Address]) -> set[Address]:
        data = json.dumps(some).encode()
        headers = {"Content-Length": str(len(data)), "Content-Type": "application/json"}
        answer = self._line.ask(Request("POST", "/missing", headers, io.BytesIO(data)))
        if answer.status != HTTPStatus.OK:
            raise self._refusal(answer)
        told = answer.read()
        try:
            return {Address(text) for text in json.loads(told)} & set(some)
        except (ValueError, TypeError) as fault:
            raise refused(HTTPStatus.OK, b"", self._line.url) from fault

    def _refusal(self, answer: Answer) -> Exception:
        return refused(answer.status, answer.read(), self._line.url)


class _Exactly:
    """The first *size* bytes of *stream*, as they were announced: not more, and less is an error."""

    def __init__(self, stream: BinaryIO, size: int) -> None:
        self._stream, self._size, self._left = stream, size, size

    def seek(self, offset: int, /) -> int:
        """Go to a place."""
        self._left = self._size - offset
        return self._stream.seek(offset)

    def read(self, size: int = -1, /) -> bytes:
        """Return the next bytes."""
        data = self._stream.read(self._left if size < 0 else min(size, self._left))
        self._left -= len(data)
        if self._left and not data:
            raise IntegrityError(
                f"{getattr(self._stream, 'name', 'What is sent')} changes while it is read.",
                remedy="Let what writes it finish, and run the command again.",
            )
        return data


def _path(address: Address) -> str:
    return f"/objects/{address}"
