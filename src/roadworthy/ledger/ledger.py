"""What is kept of a project, by content: objects, records, names, and an index that may be deleted."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from roadworthy.errors import StorageError
from roadworthy.ledger.index.cache import Cache
from roadworthy.ledger.index.database import Database
from roadworthy.ledger.index.files import FileIndex
from roadworthy.ledger.index.records import RecordIndex
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.ledger.objects.write import sweep
from roadworthy.ledger.records.keep import Keys, Records
from roadworthy.ledger.records.names import Names
from roadworthy.ledger.records.record import Record
from roadworthy.ledger.repo.actor import actor_of

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.ledger.objects.address import Address
    from roadworthy.ledger.records.record import Authority

TRUSTED = "trusted"  # the public keys of platforms whose records are believed, under the state


@dataclass(frozen=True, slots=True)
class Ledger:
    """What is kept under *state*: the project's `.roadworthy` folder, or its bucket on a platform.

    Attributes:
        authority: What facts are stated for: this machine alone, or the platform.
        speaker: Who states them; the user as git knows them when it is not said.
    """

    state: Path
    objects: DirectoryStore
    records: Records
    names: Names
    files: FileIndex
    cache: Cache
    index: Database
    authority: Authority = "local"
    speaker: str = ""

    @property
    def is_local(self) -> bool:
        """Whether nobody but this machine answers for what is kept here."""
        return self.authority == "local"

    def spoken_by(self, actor: str) -> Ledger:
        """Return this ledger with facts that are stated by *actor*."""
        return replace(self, speaker=actor)

    def keep(self, kind: str, body: Mapping[str, object], subject: Mapping[str, Address] | None = None) -> Address:
        """Write the record of a fact, stated now by the speaker, and return its address."""
        actor = self.speaker or actor_of(self.state.parent)
        return self.records.write(Record(kind, body, actor, now(), subject or {}, self.authority))

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
    return _ledger(state, state / "ledger", Keys(state / "key", trusted=state / TRUSTED), recall=recall)


def open_bucket(folder: Path, key: Path, speaker: str) -> Ledger:
    """Open a project's bucket as the platform whose signing key is the file *key*; facts are stated by *speaker*."""
    folder.mkdir(parents=True, exist_ok=True)
    opened = _ledger(folder, folder, Keys(key, "platform"), recall=False)
    return replace(opened, authority="platform", speaker=speaker)


def _ledger(state: Path, kept: Path, keys: Keys, *, recall: bool) -> Ledger:
    for room in ("objects", "records", "names"):
        sweep(kept / room / "aside")
    database = Database(state / "index.db")
    return Ledger(
        state=state,
        objects=DirectoryStore(kept / "objects"),
        records=Records(kept / "records", keys, RecordIndex(database), recall=recall),
        names=Names(kept / "names"),
        files=FileIndex(database),
        cache=Cache(database),
        index=database,
    )


def now() -> str:
    """Return the time as records state it: UTC, ISO 8601 with seconds."""
    return datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
