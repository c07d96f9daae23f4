"""What every object store does: a suite that each store's tests subclass, with a real store."""

from __future__ import annotations

import io
import os
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest

from roadworthy.errors import IntegrityError, NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.fetch import fetch
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.objects.push import push

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from roadworthy.ledger.objects.store import ObjectStore

LARGE = os.urandom(3 << 20)  # more than any store holds in memory at once
SIZES = (0, 1, 4096, (256 << 10) - 1, 256 << 10, (256 << 10) + 1, 1 << 20)


def spoil(path: Path, at: int = 0) -> None:
    """Change one byte of a file that is read-only."""
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[at] ^= 1
    path.write_bytes(data)


class ObjectStoreContract:
    """Subclass it with the fixtures `store` (an empty one) and `folder` (where its objects lie, as files)."""

    @pytest.mark.parametrize("size", SIZES)
    def test_what_was_put_is_got(self, store: ObjectStore, tmp_path: Path, size: int) -> None:
        """Bytes of any length come back, by every way out."""
        data = os.urandom(size)
        address = store.put(data)
        store.copy_to(address, tmp_path / "copy")
        with store.open(address) as stream:
            streamed = stream.read()

        assert (address, address in store, store.holds(address)) == (Address.of(data), True, True)
        assert store.get(address) == streamed == (tmp_path / "copy").read_bytes() == data

    def test_a_file_and_a_stream_are_kept(self, store: ObjectStore, tmp_path: Path) -> None:
        """By every way in, from its beginning."""
        (tmp_path / "file").write_bytes(b"one")
        store.put_file(tmp_path / "file", Address.of(b"one"))
        stream = io.BytesIO(LARGE)
        stream.seek(7)
        store.put_from(stream, Address.of(LARGE))

        assert (store.get(Address.of(b"one")), store.get(Address.of(LARGE))) == (b"one", LARGE)

    def test_putting_again_is_nothing_new(self, store: ObjectStore, folder: DirectoryStore) -> None:
        """What is kept is kept once."""
        store.put(b"rows")
        store.put(b"rows")

        assert list(folder) == [Address.of(b"rows")]

    def test_a_stream_can_be_read_anew(self, store: ObjectStore) -> None:
        """It goes to any place, forwards and back."""
        with store.open(store.put(LARGE)) as stream:
            first = stream.read(10)
            stream.seek(2 << 20)
            later = stream.read(10)
            stream.seek(0)
            again = stream.read()

        assert (first, later, again) == (LARGE[:10], LARGE[2 << 20 :][:10], LARGE)

    @pytest.mark.parametrize("at", [0, len(LARGE) - 1])
    @pytest.mark.parametrize("use", ["get", "copy", "pass on"])
    def test_damaged_bytes_are_refused(
        self, store: ObjectStore, folder: DirectoryStore, tmp_path: Path, use: str, at: int
    ) -> None:
        """A changed file is never handed out as if it were the object: not read, not copied, not passed on."""
        address = store.put(LARGE)
        spoil(folder.path(address), at)
        other = DirectoryStore(tmp_path / "other")
        uses: dict[str, Callable[[], object]] = {
            "get": lambda: store.get(address),
            "copy": lambda: store.copy_to(address, tmp_path / "copy"),
            "pass on": lambda: fetch(Item(address, len(LARGE)), store, other),
        }

        with pytest.raises(IntegrityError):
            uses[use]()
        assert not store.holds(address)
        assert not (tmp_path / "copy").exists()
        assert list(other) == []
        assert list(tmp_path.rglob("*.aside")) == []

    @pytest.mark.parametrize("data", [b"rows", LARGE], ids=["short", "long"])
    def test_what_was_found_damaged_is_no_longer_kept(
        self, store: ObjectStore, folder: DirectoryStore, data: bytes
    ) -> None:
        """After damage came to light the object counts as missing, and whoever brings it again mends it."""
        address = store.put(data)
        spoil(folder.path(address), len(data) - 1)
        with pytest.raises(IntegrityError):
            store.get(address)
        was_missing = store.missing([address])
        store.put(data)

        assert was_missing == {address}
        assert store.get(address) == data

    def test_damage_is_mended_by_putting_again(self, store: ObjectStore, folder: DirectoryStore) -> None:
        """Keeping the same bytes again replaces a damaged object, whether anybody knew of the damage or not."""
        address = store.put(b"rows")
        spoil(folder.path(address))
        store.put(b"rows")

        assert store.get(address) == b"rows"

    def test_bytes_that_are_not_what_they_are_called_are_refused(
        self, store: ObjectStore, folder: DirectoryStore, tmp_path: Path
    ) -> None:
        """Neither a file nor a stream is kept under an address that is not its own; a file is named."""
        (tmp_path / "file").write_bytes(b"one")
        other = Address.of(b"other")

        with pytest.raises(IntegrityError, match=str(tmp_path / "file")):
            store.put_file(tmp_path / "file", other)
        with pytest.raises(IntegrityError):
            store.put_from(io.BytesIO(LARGE), other)
        assert list(folder) == []

    def test_what_is_not_kept_is_not_found(self, store: ObjectStore, tmp_path: Path) -> None:
        """Asking for bytes that are not here says so."""
        address = Address.of(b"never kept")

        with pytest.raises(NotFound):
            store.get(address)
        with pytest.raises(NotFound):
            store.open(address)
        with pytest.raises(NotFound):
            store.copy_to(address, tmp_path / "copy")
        assert (address in store, store.holds(address)) == (False, False)
        assert not (tmp_path / "copy").exists()

    def test_what_is_missing_is_told_of_many_at_once(self, store: ObjectStore) -> None:
        """Of more addresses than one request takes, those that are not kept."""
        kept = {store.put(bytes([number])) for number in range(5)}
        others = {Address(f"blake3:{number:064x}") for number in range(10_500)}

        assert store.missing([*kept, *others]) == others
        assert store.missing([]) == frozenset()

    def test_many_may_put_the_same_at_once(self, store: ObjectStore, folder: DirectoryStore) -> None:
        """Whoever comes first: it is kept once, and whole."""
        with ThreadPoolExecutor(8) as pool:
            found = set(pool.map(store.put, [LARGE] * 16))

        assert found == {Address.of(LARGE)}
        assert list(folder) == [Address.of(LARGE)]
        assert store.get(Address.of(LARGE)) == LARGE
        assert list(folder.root.rglob("*.aside")) == []

    def test_what_is_pushed_is_fetched(self, store: ObjectStore, tmp_path: Path) -> None:
        """Between a laptop and the store, only what is not there is moved."""
        here, there = DirectoryStore(tmp_path / "here"), DirectoryStore(tmp_path / "there")
        item = Item(here.put(LARGE), len(LARGE))
        moved = [push(item, here, store), push(item, here, store), fetch(item, store, there), fetch(item, store, there)]

        assert [(one.objects, one.size, one.present) for one in moved] == [(1, len(LARGE), 0), (0, 0, 1)] * 2
        assert there.get(item.address) == LARGE
