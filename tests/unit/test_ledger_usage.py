"""How much a folder keeps: as the folder says, whoever writes there, and however often it is counted."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

import pytest

from roadworthy.errors import IntegrityError, StorageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.arrive import Arrival
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.ledger.objects.usage import Usage

if TYPE_CHECKING:
    from pathlib import Path

A, B = b"a" * 60, b"b" * 40


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """Return an empty store."""
    return DirectoryStore(tmp_path / "objects")


def keep(store: DirectoryStore, usage: Usage, data: bytes, allowed: int | None = None) -> bool:
    """Keep *data* as a server does; return whether it fitted."""
    address = Address.of(data)
    claim = usage.claim(address, len(data), allowed)
    if claim is None:
        return False
    arrival = Arrival(store, address)
    arrival.add(data)
    arrival.finish()
    usage.settle(claim, arrival.settle)
    return True


def test_what_others_keep_is_counted(store: DirectoryStore) -> None:
    """What was there before, and what somebody else writes or removes, as soon as it is counted again."""
    first = store.put(A)
    usage = Usage(store, fresh_s=0)
    found = [usage.used()]
    store.put(B)
    found.append(usage.used())
    store.path(first).unlink()
    found.append(usage.used())

    assert found == [60, 100, 40]


def test_a_shelf_that_did_not_change_is_not_read_again(store: DirectoryStore) -> None:
    """What is known of it is believed by the time of its last change, when that is past."""
    address = store.put(A)
    shelf = store.path(address).parent
    os.utime(shelf, (0, 0))
    usage = Usage(store, fresh_s=0)
    before = usage.used()
    store.path(address).unlink()
    os.utime(shelf, (0, 0))
    unseen = usage.used()
    os.utime(shelf, (1, 1))

    assert (before, unseen, usage.used()) == (60, 60, 0)


def test_what_is_kept_here_is_counted_at_once(store: DirectoryStore) -> None:
    """Without another look at the folder, and once however often it is kept."""
    usage = Usage(store, fresh_s=1e9)
    before = usage.used()
    keep(store, usage, A)
    keep(store, usage, A)

    assert (before, usage.used()) == (0, 60)


def test_what_is_on_its_way_takes_its_room(store: DirectoryStore) -> None:
    """Until it is given back; twice the same takes it once."""
    usage = Usage(store)
    claim = usage.claim(Address.of(A), 60, 100)
    same = usage.claim(Address.of(A), 60, 100)
    refused = usage.claim(Address.of(b"c" * 41), 41, 100)
    for one in (claim, same):
        assert one is not None
        usage.release(one)

    assert refused is None
    assert keep(store, usage, b"c" * 41, 100)


def test_what_is_kept_already_fits_always(store: DirectoryStore) -> None:
    """It takes no room, even when the quota was lowered since."""
    store.put(A)

    assert Usage(store).claim(Address.of(A), 60, 10) is not None


def test_nobody_is_refused_for_what_was_removed(store: DirectoryStore) -> None:
    """Before a refusal the folder is looked at again."""
    usage = Usage(store, fresh_s=1e9)
    first = store.put(A)
    before = usage.used()
    store.path(first).unlink()
    usage._counted_at -= 2

    assert before == 60
    assert keep(store, usage, b"c" * 100, 100)


def test_nothing_is_kept_before_it_is_settled(store: DirectoryStore) -> None:
    """Bytes on their way are at no address, and dropped they are nowhere."""
    arrival = Arrival(store, Address.of(A))
    arrival.add(A[:30])
    arrival.add(A[30:])
    arrival.finish()
    before = list(store)
    new = arrival.settle()
    arrival.drop()

    assert (before, new, store.get(Address.of(A))) == ([], True, A)
    assert list(store.root.rglob("*.aside")) == []


def test_wrong_bytes_are_not_settled(store: DirectoryStore) -> None:
    """They are refused when they are all there, and dropped."""
    arrival = Arrival(store, Address.of(A))
    arrival.add(B)
    with pytest.raises(IntegrityError, match="What was sent is blake3:"):
        arrival.finish()
    arrival.drop()

    assert list(store) == []
    assert list(store.root.rglob("*.aside")) == []


def test_bytes_that_cannot_be_written_are_refused(store: DirectoryStore) -> None:
    """A file where the folder should be is told, and left alone."""
    store.root.write_bytes(b"in the way")

    with pytest.raises(StorageError):
        Arrival(store, Address.of(A))
    assert store.root.read_bytes() == b"in the way"
