"""Append-only files of what was predicted: a killed process loses nothing that was appended, a power cut one second.

A segment is `RWSEG001`, then frames: length and CRC-32 (little-endian, four bytes each), then a JSON array of rows.
"""

from __future__ import annotations

import os
import struct
import threading
import time
import zlib
from typing import TYPE_CHECKING, Any, Final, Self

import orjson

from roadworthy.errors import IntegrityError
from roadworthy.ledger.objects.folder import open_plain
from roadworthy.ledger.objects.write import make_folder, storage_errors, sync_folder

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

_MAGIC: Final = b"RWSEG001"
_FRAME: Final = struct.Struct("<II")
_LIMIT: Final = 64 << 20
_SYNC_EVERY_S: Final = 1.0


class SegmentWriter:
    """Appends rows to segments in *folder*, a new one for each writer and each *limit* bytes. Threads may share it."""

    def __init__(self, folder: Path, *, limit: int = _LIMIT) -> None:
        self._folder = folder
        self._limit = limit
        self._lock = threading.Condition()
        self._handle: int | None = None
        self._size = 0
        self._waiting = False  # bytes were written that the disk may not have yet
        self._closed = False
        self._fault: OSError | None = None
        self._syncer = threading.Thread(target=self._sync_now_and_then, name="segment-sync", daemon=True)
        self._syncer.start()

    def append(self, rows: Sequence[Mapping[str, object]]) -> None:
        """Append *rows*, JSON values, as one frame: all or none. On return they survive the death of this process.

        Raises:
            StorageError: The disk is full, or was when earlier rows were to be made durable.
            TypeError: A value is not JSON.
        """
        if not rows:
            return
        data = orjson.dumps(list(rows), option=orjson.OPT_SERIALIZE_NUMPY)
        frame = _FRAME.pack(len(data), zlib.crc32(data)) + data
        with self._lock, storage_errors(self._folder / "segment"):
            if self._fault is not None:
                fault, self._fault = self._fault, None
                raise fault
            if self._handle is None or self._size + len(frame) > self._limit:
                self._begin()
            self._write(frame)
            self._waiting = True
            self._lock.notify()

    def close(self) -> None:
        """Make everything durable and end the segment. May be repeated."""
        with self._lock:
            self._closed = True
            self._lock.notify()
        self._syncer.join()
        with self._lock, storage_errors(self._folder / "segment"):
            self._end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def _begin(self) -> None:
        self._end()
        make_folder(self._folder)
        path = self._folder / f"{time.time_ns():020d}-{os.getpid()}-{os.urandom(4).hex()}.segment"
        flags = os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW | os.O_CLOEXEC
        self._handle, self._size = os.open(path, flags, 0o644), 0
        self._write(_MAGIC)
        sync_folder(self._folder)

    def _write(self, data: bytes) -> None:
        handle = self._handle
        if handle is None:
            raise OSError("no segment is open")
        try:
            left = memoryview(data)
            while left:
                left = left[os.write(handle, left) :]
        except OSError:
            os.ftruncate(handle, self._size)  # half a frame would hide what is appended after it
            os.lseek(handle, self._size, os.SEEK_SET)
            raise
        self._size += len(data)

    def _end(self) -> None:
        if self._handle is not None:
            handle, self._handle, self._waiting = self._handle, None, False
            try:
                os.fdatasync(handle)
            finally:
                os.close(handle)

    def _sync_now_and_then(self) -> None:
        while True:
            with self._lock:
                self._lock.wait_for(lambda: self._waiting or self._closed)
                if self._closed:
                    return
                self._waiting = False
                # A copy: the segment may end while the disk works.
                handle = None if self._handle is None else os.dup(self._handle)
            if handle is not None:
                self._sync(handle)
            with self._lock:
                self._lock.wait_for(lambda: self._closed, timeout=_SYNC_EVERY_S)

    def _sync(self, handle: int) -> None:
        try:
            os.fdatasync(handle)
        except OSError as fault:
            with self._lock:
                self._fault = fault
        finally:
            os.close(handle)


def read(folder: Path, newest: int | None = None) -> Iterator[dict[str, Any]]:
    """Yield every row in *folder*, in the order of writing within a segment; what was cut off at the end is left out.

    Args:
        folder: Where the segments are.
        newest: Of only so many segments, the newest; None: of all.

    Raises:
        IntegrityError: A segment is damaged before its end.
    """
    for path in segments(folder)[-newest if newest else None :]:
        data = _bytes(path)
        for start, end in _frames(data, path):
            yield from orjson.loads(memoryview(data)[start:end])


def torn(folder: Path) -> Mapping[Path, int]:
    """Return the segments in *folder* whose end was cut off, with the bytes lost (as far as they reached the file)."""
    found = {}
    for path in segments(folder):
        data = _bytes(path)
        end = len(_MAGIC)
        for _, end in _frames(data, path):  # noqa: B007 - the last one counts
            pass
        if end < len(data) or len(data) < len(_MAGIC):
            found[path] = len(data) - min(end, len(data))
    return found


def segments(folder: Path) -> tuple[Path, ...]:
    """Return the segments in *folder*, oldest first."""
    return tuple(sorted(folder.glob("*.segment"))) if folder.is_dir() else ()


def _bytes(path: Path) -> bytes:
    with open_plain(path) as file:
        return file.read()


def _frames(data: bytes, path: Path) -> Iterator[tuple[int, int]]:
    """Yield where the content of each whole frame starts and ends."""
    at = len(_MAGIC)
    if not _MAGIC.startswith(data[:at]):
        raise _damaged(path, 0)
    while at + _FRAME.size <= len(data):
        length, check = _FRAME.unpack_from(data, at)
        start, end = at + _FRAME.size, at + _FRAME.size + length
        if end > len(data) or length == 0:
            if length == 0 and any(data[at:]):
                raise _damaged(path, at)
            return
        if zlib.crc32(memoryview(data)[start:end]) != check:
            if end < len(data) and any(data[end:]):
                raise _damaged(path, at)
            return
        yield start, end
        at = end


def _damaged(path: Path, at: int) -> IntegrityError:
    return IntegrityError(
        f"{path} is damaged at byte {at}: its checksum does not match.",
        remedy="Restore it from a copy, or move it away: what the other segments hold can still be read.",
    )
