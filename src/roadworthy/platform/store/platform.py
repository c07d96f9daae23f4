"""Opening the platform's own database."""

from __future__ import annotations

from pathlib import Path

from roadworthy.platform.store.database import Database

MIGRATIONS = Path(__file__).parent / "migrations"


def open_platform(url: str) -> Database:
    """Return the platform's database at *url*, with its tables up to date; see `Database.open`."""
    return Database.open(url, MIGRATIONS)
