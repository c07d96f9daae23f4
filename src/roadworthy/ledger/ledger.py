"""What is kept of a project, by content: objects, records, names, and an index that may be deleted."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from roadworthy.errors import StorageError
from roadworthy.ledger.index.cache import Cache
from roadworthy.ledger.index.database import Database
from roadworthy.ledger.index.files import FileIndex
from roadworthy.ledger.index.records import RecordIndex
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.ledger.objects.write import sweep
from roadworthy.ledger.records.keep import Records
from roadworthy.ledger.records.names import Names
from roadworthy.ledger.records.record import Record
from roadworthy.ledger.repo.actor import actor_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.ledger.objects.address import Address


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is kept under *state*, the project's `.roadworthy` folder."""

    state: Path
    objects: DirectoryStore
    records: Records
    names: Names
    files: FileIndex
    cache: Cache
    index: Database

    def keep(self, kind: str, body: Mapping[str, object], subject: Mapping[str, Address] | None = None) -> Address:
        """Write the record of a local fact, stated now by the user of this machine, and return its address."""
        return self.records.write(Record(kind, body, actor_of(self.state.parent), now(), subject or {}))

    def close(self) -> None:
        """Let go of the index's file; what is used again opens it again."""
        self.index.close()


def open(state: Path, *, recall: bool = False) -> Ledger:  # noqa: A001 - read as `ledger.open`
    """Open the ledger under *state*, made when it is not there; a read-only one can be read.

    Args:
        state: The project's `.roadworthy` folder.
        recall: Whether the index is believed when it says that a record's signature was verified; see `Records`.

    Raises:
        StorageError: *state* is a symlink.
    """
    if state.is_symlink():
        raise StorageError(
            f"{state} is a symbolic link.", remedy="Put a folder there: Roadworthy follows no symbolic links."
        )
    with contextlib.suppress(OSError):
        if not state.is_dir():
            state.mkdir(parents=True)
        ignore = state / ".gitignore"
        if not ignore.exists():
            ignore.write_text("*\n", encoding="utf-8")
    kept = state / "ledger"
    for room in ("objects", "records", "names"):
        sweep(kept / room / "aside")
    database = Database(state / "index.db")
    return Ledger(
        state=state,
        objects=DirectoryStore(kept / "objects"),
        records=Records(kept / "records", state / "key", RecordIndex(database), recall=recall),
        names=Names(kept / "names"),
        files=FileIndex(database),
        cache=Cache(database),
        index=database,
    )


def now() -> str:
    """Return the time as records state it: UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
