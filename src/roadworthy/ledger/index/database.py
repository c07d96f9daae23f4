"""One SQLite file that may be deleted at any time: nothing in it is the only copy of anything."""

from __future__ import annotations

import contextlib
import os
import sqlite3
import threading
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

_VERSION = 1
_SCHEMA = """
CREATE TABLE files (path BLOB PRIMARY KEY, size INTEGER, mtime INTEGER, ctime INTEGER, inode INTEGER, address TEXT)
    WITHOUT ROWID;
CREATE TABLE cache (key TEXT PRIMARY KEY, value BLOB) WITHOUT ROWID;
CREATE TABLE records (address TEXT PRIMARY KEY, kind TEXT, at TEXT, key TEXT) WITHOUT ROWID;
CREATE INDEX records_of_kind ON records (kind, at, address);
"""


class Database:
    """The index. A damaged file is made anew; of a read-only one a copy lives in memory. Threads may share it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None

    def rows(self, query: str, values: tuple[object, ...] = ()) -> list[tuple[Any, ...]]:
        """Return the rows of *query*."""
        with self._lock:
            try:
                return self._open().execute(query, values).fetchall()
            except sqlite3.DatabaseError as fault:
                self._mend(fault)
                return self._open().execute(query, values).fetchall()

    def change(self, statement: str, rows: Iterable[tuple[object, ...]]) -> None:
        """Apply *statement* to every one of *rows*, all or none. What cannot be remembered is looked up again later."""
        rows = list(rows)
        with self._lock:
            try:
                self._apply(statement, rows)
            except sqlite3.DatabaseError as fault:
                self._mend(fault)
                with contextlib.suppress(sqlite3.DatabaseError):
                    self._apply(statement, rows)

    def close(self) -> None:
        """Let go of the file; the next use opens it again."""
        with self._lock:
            if self._connection is not None:
                self._connection.close()
                self._connection = None

    def _apply(self, statement: str, rows: list[tuple[object, ...]]) -> None:
        connection = self._open()
        with connection:
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(statement, rows)

    def _open(self) -> sqlite3.Connection:
        if self._connection is None:
            try:
                self._connection = _connect(str(self._path))
            except sqlite3.OperationalError:  # the folder is read-only, or not there
                self._connection = _in_memory(self._path)
        return self._connection

    def _mend(self, fault: sqlite3.DatabaseError) -> None:
        """Make the next try work: with a new file when this one is damaged, else without a file."""
        self.close()
        if isinstance(fault, sqlite3.OperationalError):  # locked for long, read-only, full
            self._connection = _in_memory(self._path)
            return
        for ending in ("", "-wal", "-shm"):
            with contextlib.suppress(OSError):
                self._path.with_name(self._path.name + ending).unlink()


def _connect(name: str) -> sqlite3.Connection:
    connection = sqlite3.connect(name, timeout=10, isolation_level=None, check_same_thread=False)
    try:
        _prepare(connection)
    except sqlite3.DatabaseError:
        connection.close()
        raise
    return connection


def _in_memory(path: Path) -> sqlite3.Connection:
    """Return an index in memory that knows what the file at *path* does, if that cannot change beneath us."""
    known = sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False)
    if path.is_file() and not (_is_writable(path) and _is_writable(path.parent)):
        # Without its -shm file, a write-ahead log is read from a read-only folder as immutable alone.
        for way in ("mode=ro", "immutable=1"):
            with contextlib.suppress(sqlite3.DatabaseError):
                with contextlib.closing(sqlite3.connect(f"{path.absolute().as_uri()}?{way}", uri=True)) as file:
                    file.backup(known)
                break
    try:
        _prepare(known)
    except sqlite3.DatabaseError:  # what was copied is damaged
        known.close()
        return _connect(":memory:")
    return known


def _is_writable(path: Path) -> bool:
    return os.access(path, os.W_OK, effective_ids=os.access in os.supports_effective_ids)


def _prepare(connection: sqlite3.Connection) -> None:
    connection.execute("PRAGMA synchronous = NORMAL")
    if connection.execute("PRAGMA user_version").fetchone()[0] == _VERSION:
        return
    connection.execute("PRAGMA journal_mode = WAL")
    with connection:
        connection.execute("BEGIN IMMEDIATE")
        # Another process may have been first; another version of Roadworthy may have used other tables.
        if connection.execute("PRAGMA user_version").fetchone()[0] == _VERSION:
            return
        for (table,) in connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall():
            connection.execute(f'DROP TABLE "{table}"')
        for statement in _SCHEMA.split(";"):
            connection.execute(statement)
        connection.execute(f"PRAGMA user_version = {_VERSION}")
