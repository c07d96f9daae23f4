"""Bytes under their addresses: whole, checked, never through a symlink."""

from __future__ import annotations

import os
import resource
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.errors import IntegrityError, NotFound, StorageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.fetch import fetch
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.objects.write import sweep, write_bytes, write_once

if TYPE_CHECKING:
    from collections.abc import Iterator

NOBODY = 65534


@pytest.fixture
def store(tmp_path: Path) -> DirectoryStore:
    """Return an empty store."""
    return DirectoryStore(tmp_path / "objects")


@pytest.fixture
def readable_only() -> Iterator[Path]:
    """Yield a folder that this process may read and not write, whoever runs the tests."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        folder.chmod(0o555)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(NOBODY)
        try:
            yield folder
        finally:
            if is_root:
                os.seteuid(0)
            folder.chmod(0o755)


@pytest.fixture
def small_files() -> Iterator[int]:
    """Let no file grow beyond 4 KiB while the test runs, as on a disk that is full; yield the limit."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    yield 4096
    resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def damage(path: Path) -> None:
    """Change one byte of a file that is read-only."""
    path.chmod(0o644)
    data = bytearray(path.read_bytes())
    data[0] ^= 1
    path.write_bytes(data)


def leftovers(folder: Path) -> list[Path]:
    """Return the unfinished files below *folder*."""
    return list(folder.rglob("*.aside"))


@settings(deadline=None)
@given(data=st.binary(max_size=4096))
def test_what_was_put_is_got(data: bytes) -> None:
    """Whatever bytes are kept come back, under the address that their content alone decides."""
    with tempfile.TemporaryDirectory() as name:
        store = DirectoryStore(Path(name))
        address = store.put(data)

        assert (store.get(address), address, store.put(data)) == (data, Address.of(data), address)
        assert list(store) == [address]
        assert address in store
        assert store.holds(address)


def test_what_was_found_damaged_is_no_longer_kept(store: DirectoryStore) -> None:
    """After damage came to light, the object counts as missing, so that whoever has the bytes brings them again."""
    address = store.put(b"rows")
    damage(store.path(address))
    with pytest.raises(IntegrityError):
        store.get(address)

    assert address not in store
    assert list(store) == []
    with pytest.raises(NotFound):
        store.get(address)
    store.put(b"rows")
    assert store.get(address) == b"rows"
    assert len(list((store.root / "damaged").iterdir())) == 1


def test_damage_is_mended_by_putting_again(store: DirectoryStore) -> None:
    """Keeping the same bytes again replaces a damaged object, and leaves a good one as it is."""
    address = store.put(b"rows")
    before = store.path(address).stat().st_ino
    store.put(b"rows")
    untouched = store.path(address).stat().st_ino
    damage(store.path(address))
    store.put(b"rows")

    assert untouched == before
    assert store.get(address) == b"rows"


def test_a_symlink_in_the_place_of_an_object_is_not_followed(store: DirectoryStore, tmp_path: Path) -> None:
    """Whoever puts a link where bytes should be gains nothing, even when the bytes behind it are right."""
    (tmp_path / "outside").write_bytes(b"rows")
    address = Address.of(b"rows")
    store.path(address).parent.mkdir(parents=True)
    store.path(address).symlink_to(tmp_path / "outside")

    with pytest.raises(IntegrityError, match="not a plain file"):
        store.get(address)
    store.put(b"rows")
    assert not store.path(address).is_symlink()
    assert store.get(address) == b"rows"


def test_a_symlink_in_the_place_of_a_folder_is_not_followed(store: DirectoryStore, tmp_path: Path) -> None:
    """Nothing is read or written through a link that stands where the store's own folder should."""
    address = Address.of(b"rows")
    (tmp_path / "outside").mkdir()
    store.root.mkdir()
    store.path(address).parent.symlink_to(tmp_path / "outside")

    with pytest.raises(IntegrityError, match="not a plain file"):
        store.put(b"rows")
    assert list((tmp_path / "outside").iterdir()) == []
    assert list(store) == []


def test_a_pipe_in_the_place_of_an_object_does_not_hold_us(store: DirectoryStore) -> None:
    """A named pipe without a writer is refused at once instead of waited for."""
    address = Address.of(b"rows")
    store.path(address).parent.mkdir(parents=True)
    os.mkfifo(store.path(address))

    with pytest.raises(IntegrityError, match="not a plain file"):
        store.get(address)


def test_a_full_disk_leaves_nothing_half_written(store: DirectoryStore, small_files: int, tmp_path: Path) -> None:
    """When the bytes do not fit, the error says so, and neither the object nor a part of it is left."""
    data = os.urandom(small_files * 3)

    with pytest.raises(StorageError, match="full"):
        store.put(data)
    assert Address.of(data) not in store
    assert leftovers(tmp_path) == []


def test_a_full_disk_leaves_the_file_that_was_there(store: DirectoryStore, tmp_path: Path) -> None:
    """A copy that does not fit does not take away what stood in its place."""
    address = store.put(os.urandom(64 << 10))
    target = tmp_path / "target"
    target.write_bytes(b"before")
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (4096, hard))
    try:
        with pytest.raises(StorageError, match="full"):
            store.copy_to(address, target)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))

    assert target.read_bytes() == b"before"
    assert leftovers(tmp_path) == []


def test_a_read_only_folder_says_so(readable_only: Path) -> None:
    """A folder that may not be written gives an error with its name, not a traceback."""
    with pytest.raises(StorageError, match="read-only"):
        DirectoryStore(readable_only / "objects").put(b"rows")


def test_only_the_first_of_many_writers_wins(tmp_path: Path) -> None:
    """A file that is written once keeps what its first writer gave."""
    path = tmp_path / "folder" / "name"
    wins = [write_once(path, data, aside=tmp_path / "aside") for data in (b"first", b"second")]

    assert wins == [True, False]
    assert path.read_bytes() == b"first"
    assert leftovers(tmp_path) == []


def test_drafts_of_the_dead_are_swept_and_those_of_the_living_kept(tmp_path: Path) -> None:
    """What a killed process left unfinished goes after a while; what somebody may still be writing stays."""
    node = os.uname().nodename
    dead, young, alive, foreign = (
        tmp_path / name
        for name in (
            f"{node}-4194305-aa.aside",
            f"{node}-4194305-bb.aside",
            f"{node}-{os.getpid()}-cc.aside",
            "elsewhere-4194305-dd.aside",
        )
    )
    for path in (dead, young, alive, foreign):
        path.write_bytes(b"half")
        if path != young:
            os.utime(path, (0, 0))
    sweep(tmp_path)

    assert [path.exists() for path in (dead, young, alive, foreign)] == [False, True, True, True]


def test_a_written_file_replaces_a_symlink_instead_of_what_it_points_at(tmp_path: Path) -> None:
    """Writing where a link stands puts a file there, and leaves the link's target alone."""
    (tmp_path / "target").write_bytes(b"precious")
    (tmp_path / "link").symlink_to(tmp_path / "target")
    write_bytes(tmp_path / "link", b"new", aside=tmp_path / "aside")

    assert (tmp_path / "target").read_bytes() == b"precious"
    assert (tmp_path / "link").read_bytes() == b"new"
    assert not (tmp_path / "link").is_symlink()


def test_a_bucket_that_is_not_whole_is_said_to_be_so(store: DirectoryStore, tmp_path: Path) -> None:
    """What a fetch finds missing or damaged in the bucket is to be pushed again: to fetch again would not help."""
    bucket = DirectoryStore(tmp_path / "bucket")
    address = bucket.put(b"rows")
    damage(bucket.path(address))

    with pytest.raises(IntegrityError, match="bucket is damaged") as damaged:
        fetch(Item(address, 4), bucket, store)
    with pytest.raises(NotFound, match="bucket lacks") as missing:
        fetch(Item(Address.of(b"never pushed"), 1), bucket, store)
    assert [str(bucket.path(address)) in damaged.value.problem, address in store] == [True, False]
    for fault in (damaged.value, missing.value):
        assert "roadworthy data push" in fault.remedy
        assert "data fetch" not in fault.remedy
