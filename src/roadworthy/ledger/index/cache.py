"""What was computed before from the same bytes: values under keys, any of which may be gone."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from roadworthy.ledger.index.database import Database


class Cache:
    """Keeps small values under keys that name everything they were computed from. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def get(self, key: str) -> bytes | None:
        """Return the value, or None when it is not kept."""
        rows = self._database.rows("SELECT value FROM cache WHERE key = ?", (key,))
        return bytes(rows[0][0]) if rows else None

    def put(self, key: str, value: bytes) -> None:
        """Keep *value*, in place of what was there."""
        self._database.change("INSERT OR REPLACE INTO cache VALUES (?, ?)", [(key, value)])
