"""Which records were read and found true, by kind: by what key: looked at where nothing is decided."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from roadworthy.ledger.index.database import Database


class RecordIndex:
    """Remembers kind, time and verifying key of records. Threads may share it."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def key_of(self, address: Address) -> str | None:
        """Return the id of the key that *address* was verified with, or None when it was not yet."""
        rows = self._database.rows("SELECT key FROM records WHERE address = ?", (address,))
        return rows[0][0] if rows else None

    def remember(self, address: Address, kind: str, at: str, key: str) -> None:
        """Remember that the record at *address* was verified with the key of id *key*."""
        self._database.change("INSERT OR REPLACE INTO records VALUES (?, ?, ?, ?)", [(address, kind, at, key)])

    def known(self) -> set[str]:
        """Return every address that was verified."""
        return {row[0] for row in self._database.rows("SELECT address FROM records")}

    def of_kind(self, kind: str) -> list[Address]:
        """Return the addresses of verified records of *kind*, oldest first."""
        rows = self._database.rows("SELECT address FROM records WHERE kind = ? ORDER BY at, address", (kind,))
        return [Address(row[0]) for row in rows]
