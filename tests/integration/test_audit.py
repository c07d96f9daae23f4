"""The audit: every entry signed and in its place; what was taken out, changed or added is found."""

from __future__ import annotations

import threading
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete, select

from roadworthy.ledger import ledger
from roadworthy.platform.identity.audit import Audit, Entry
from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.platform.store.database import Database

ENTRY = Entry("ada", "change.merge", "flights/1", detail={"commit": "a" * 40})


@pytest.fixture
def kept(tmp_path: Path) -> Ledger:
    """Return the platform's own ledger."""
    return ledger.open_bucket(tmp_path / "audit", tmp_path / "key", "platform")


def stated(database: Database, kept: Ledger, times: int) -> Audit:
    """State an entry that often, and return the audit."""
    audit = Audit(kept)
    for _ in range(times):
        with database.write() as connection:
            audit.state(connection, ENTRY)
    return audit


def sequence(database: Database) -> list[int]:
    """Return the numbers of the entries in the index."""
    with database.read() as connection:
        return list(connection.execute(select(schema.audit.c.seq).order_by(schema.audit.c.seq)).scalars())


def test_entries_are_numbered_and_verified(database: Database, kept: Ledger) -> None:
    """Each names the one before; all are whole."""
    audit = stated(database, kept, 3)

    assert sequence(database) == [1, 2, 3]
    assert (audit.verify().entries, audit.verify().faults) == (3, ())


def test_entries_at_once_have_an_order(database: Database, kept: Ledger) -> None:
    """Sixteen at the same moment make one chain."""
    audit = Audit(kept)

    def work() -> None:
        with database.write() as connection:
            audit.state(connection, ENTRY)

    threads = [threading.Thread(target=work) for _ in range(16)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sequence(database) == list(range(1, 17))
    assert audit.verify().faults == ()


def test_an_entry_that_a_crash_left_without_its_row_is_kept(database: Database, kept: Ledger) -> None:
    """The next entry comes after it, and both are listed."""
    audit = stated(database, kept, 2)
    with database.write() as connection:
        connection.execute(delete(schema.audit).where(schema.audit.c.seq == 2))
    with database.write() as connection:
        audit.state(connection, replace(ENTRY, target="flights/2"))

    assert sequence(database) == [1, 2, 3]
    assert audit.verify().faults == ()


def test_the_index_is_made_again(database: Database, kept: Ledger) -> None:
    """A deleted database loses no entry."""
    audit = stated(database, kept, 3)
    with database.write() as connection:
        connection.execute(delete(schema.audit))
    with database.write() as connection:
        assert audit.restore(connection) == 3

    assert sequence(database) == [1, 2, 3]


def test_a_changed_entry_is_found(database: Database, kept: Ledger) -> None:
    """Its record is named."""
    audit = stated(database, kept, 3)
    second = kept.names.resolve("audit/2")
    assert second is not None
    path = kept.records.path(second)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b'"', b"'", 1))

    [fault] = audit.verify().faults
    assert fault.startswith("entry 2: ")


def test_an_entry_that_was_taken_out_is_found(database: Database, kept: Ledger) -> None:
    """Whoever renumbers the rest does not get away with it."""
    audit = stated(database, kept, 3)
    names = kept.names.folder / "audit"
    (names / "2").unlink()
    (names / "3").rename(names / "2")

    faults = audit.verify().faults
    assert "entry 2: its record is that of entry 3." in faults
    assert any("no place of the chain" in fault for fault in faults)


def test_an_entry_that_was_cut_off_the_end_is_found(database: Database, kept: Ledger) -> None:
    """Its signed record is still there, without a place."""
    audit = stated(database, kept, 3)
    (kept.names.folder / "audit" / "3").unlink()

    assert audit.verify().faults == ("1 more signed entries are kept, and stand in no place of the chain.",)


def test_a_listing_tells_what_is_lost(database: Database, kept: Ledger) -> None:
    """A damaged entry keeps its number, a gap is told once, and an entry that lost its place is found."""
    audit = stated(database, kept, 5)
    second, third = (kept.names.resolve(f"audit/{number}") for number in (2, 3))
    assert second is not None
    kept.records.path(second).unlink()
    for number in (3, 4):
        (kept.names.folder / "audit" / str(number)).unlink()
    listed = list(audit.listing())

    assert [one.seq for one in listed if one.fault is None] == [1, 5]
    assert [(one.seq, one.row is None) for one in listed if one.fault] == [(2, False), (3, True)]
    assert third in set(audit.unplaced())
