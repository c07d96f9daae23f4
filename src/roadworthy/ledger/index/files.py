"""Which address a file had when it was last read: what has not changed since is not read again."""

from __future__ import annotations

import os
import time
from typing import TYPE_CHECKING

from roadworthy.errors import Conflict, NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import hash_of, open_plain
from roadworthy.ledger.objects.item import Item

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.ledger.index.database import Database

# A file changed twice within one tick of the system's clock bears one time: what is younger is not trusted to be known.
_TICK_NS = 20_000_000
_COARSE_TICK_NS = 2_000_000_000  # file systems that keep whole seconds
_WORTH_A_WAIT = 1 << 20
_TRIES = 3

_Print = tuple[int, int, int, int]


class FileIndex:
    """Remembers the addresses of files by size, times and inode; satisfies `KnownFiles`. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def item(self, path: Path, stat: os.stat_result | None = None) -> Item:
        """Return the item of the plain file *path*, read only when it changed since it was last read."""
        stat = stat or _stat(path)
        name = _name(path)
        known = self._database.rows("SELECT size, mtime, ctime, inode, address FROM files WHERE path = ?", (name,))
        if known and known[0][:4] == _print(stat):
            return Item(Address(known[0][4]), stat.st_size)
        item, found = _read(path)
        self._remember({name: (found, item)})
        return item

    def items(self, folder: Path, stats: Mapping[str, os.stat_result]) -> Mapping[str, Item]:
        """Return the items of plain files in *folder*, by their path in it, in the order of *stats*."""
        top = _name(folder) + b"/"
        known = {
            row[0]: row[1:]
            for row in self._database.rows(
                "SELECT path, size, mtime, ctime, inode, address FROM files WHERE path >= ? AND path < ?",
                (top, top[:-1] + b"0"),  # "0" follows "/"
            )
        }
        items, learned = {}, {}
        for name, stat in stats.items():
            place = top + os.fsencode(name)
            row = known.get(place)
            if row is not None and row[:4] == _print(stat):
                items[name] = Item(Address(row[4]), stat.st_size)
            else:
                items[name], found = _read(folder / name)
                learned[place] = (found, items[name])
        self._remember(learned)
        return items

    def _remember(self, learned: Mapping[bytes, tuple[_Print | None, Item]]) -> None:
        rows = [(path, *found, item.address) for path, (found, item) in learned.items() if found is not None]
        if rows:
            self._database.change("INSERT OR REPLACE INTO files VALUES (?, ?, ?, ?, ?, ?)", rows)


def _read(path: Path) -> tuple[Item, _Print | None]:
    """Return what *path* holds, and its fingerprint if a later change is sure to alter that."""
    try:
        stream = open_plain(path)
    except FileNotFoundError as fault:
        raise _absent(path) from fault
    with stream:
        for _ in range(_TRIES):
            before = os.fstat(stream.fileno())
            settled = _settled(before)
            stream.seek(0)
            address = hash_of(stream)
            if _print(before) == _print(os.fstat(stream.fileno())):
                return Item(address, before.st_size), _print(before) if settled else None
    raise Conflict(f"{path} changes while it is read.", remedy="Let what writes it finish, and run the command again.")


def _settled(stat: os.stat_result) -> bool:
    """Whether the clock has ticked since the file changed; a file worth the wait is waited for."""
    times = (stat.st_mtime_ns, stat.st_ctime_ns)
    tick = _COARSE_TICK_NS if all(one % 1_000_000_000 == 0 for one in times) else _TICK_NS
    age = time.time_ns() - max(times)
    if 0 <= age < tick == _TICK_NS and stat.st_size >= _WORTH_A_WAIT:
        time.sleep((tick - age) / 1e9)
        return True
    return age >= tick


def _print(stat: os.stat_result) -> _Print:
    return stat.st_size, stat.st_mtime_ns, stat.st_ctime_ns, stat.st_ino


def _name(path: Path) -> bytes:
    return os.fsencode(os.path.abspath(path))  # noqa: PTH100 - Path.absolute keeps "..", which names one file twice


def _stat(path: Path) -> os.stat_result:
    try:
        return path.lstat()
    except FileNotFoundError as fault:
        raise _absent(path) from fault


def _absent(path: Path) -> NotFound:
    return NotFound(f"{path} is not there.", remedy="Check its name, or make it first.")
