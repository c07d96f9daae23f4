"""The index: remembers what was read, notices what changed, and may be deleted or damaged at any time."""

from __future__ import annotations

import os
import sqlite3
import tempfile
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from roadworthy.errors import IntegrityError, NotFound, StorageError
from roadworthy.ledger import ledger
from roadworthy.ledger.index.cache import Cache
from roadworthy.ledger.index.database import Database
from roadworthy.ledger.index.files import FileIndex
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from collections.abc import Iterator

OTHER = Address.of(b"what no file holds")


@pytest.fixture
def database(tmp_path: Path) -> Iterator[Database]:
    """Yield a new index."""
    database = Database(tmp_path / "index.db")
    yield database
    database.close()


def settled(path: Path, data: bytes) -> Path:
    """Write *data* and wait until the file is old enough to be remembered."""
    path.write_bytes(data)
    time.sleep(0.03)
    return path


def poison(database: Database) -> None:
    """Make the index claim another address for every file it knows: an answer with it was not read from the file."""
    database.change("UPDATE files SET address = ?", [(OTHER,)])


def test_an_unchanged_file_is_not_read_again(database: Database, tmp_path: Path) -> None:
    """The second answer comes from memory, for a file alone and for the files of a folder."""
    path, files = settled(tmp_path / "file", b"rows"), FileIndex(database)
    first = files.item(path)
    poison(database)

    assert first.address == Address.of(b"rows")
    assert files.item(path).address == OTHER
    assert files.items(tmp_path, {"file": path.lstat()})["file"].address == OTHER


@pytest.mark.parametrize("change", ["content", "touch", "replace"])
def test_a_changed_file_is_read_again(database: Database, tmp_path: Path, change: str) -> None:
    """Another content of the same size with the old times, a touch, and another file in its place are all noticed."""
    path, files = settled(tmp_path / "file", b"rows"), FileIndex(database)
    files.item(path)
    poison(database)
    before = path.stat()
    if change == "replace":
        settled(tmp_path / "other", b"ROWS").replace(path)
    elif change == "content":
        path.write_bytes(b"ROWS")
    if change == "touch":
        path.touch()
    else:
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))

    assert files.item(path).address == Address.of(b"rows" if change == "touch" else b"ROWS")


def test_a_file_that_changes_at_once_is_not_mistaken(database: Database, tmp_path: Path) -> None:
    """However soon after reading a file is rewritten with as many bytes, the new ones are seen."""
    path, files = tmp_path / "file", FileIndex(database)
    wrong = []
    for number in range(300):
        data = f"{number:08d}".encode()
        path.write_bytes(data)
        if files.item(path).address != Address.of(data):
            wrong.append(number)

    assert wrong == []


def test_a_young_file_is_remembered_once_it_is_older(database: Database, tmp_path: Path) -> None:
    """What was read too soon to be sure is read once more, and then remembered."""
    path, files = tmp_path / "file", FileIndex(database)
    path.write_bytes(b"rows")
    files.item(path)
    time.sleep(0.03)
    files.item(path)
    poison(database)

    assert files.item(path).address == OTHER


def test_a_link_or_nothing_is_no_file(database: Database, tmp_path: Path) -> None:
    """A symlink is not followed, and what is not there is not found."""
    (tmp_path / "link").symlink_to(settled(tmp_path / "file", b"rows"))
    files = FileIndex(database)

    with pytest.raises(IntegrityError, match="not a plain file"):
        files.item(tmp_path / "link")
    with pytest.raises(NotFound):
        files.item(tmp_path / "none")


def test_a_folder_is_told_from_one_whose_name_begins_the_same(database: Database, tmp_path: Path) -> None:
    """Files of `data-old` are never taken for those of `data`, whatever bytes the names hold."""
    names = ["data", "data-old", "data0", "data\xff", "dat"]
    files = FileIndex(database)
    for name in names:
        (tmp_path / name).mkdir()
        settled(tmp_path / name / "x", name.encode())
        files.item(tmp_path / name / "x")

    for name in names:
        stats = {"x": (tmp_path / name / "x").lstat()}
        assert files.items(tmp_path / name, stats)["x"].address == Address.of(name.encode())


def test_a_cache_gives_back_what_was_put(database: Database) -> None:
    """The last value under a key is kept, across openings; an unknown key has none."""
    cache = Cache(database)
    cache.put("key", b"\x00one")
    cache.put("key", b"two")
    database.close()

    assert cache.get("key") == b"two"
    assert cache.get("other") is None


@pytest.mark.parametrize("damage", ["garbage", "cut", "deleted", "foreign"])
def test_a_lost_or_damaged_index_is_made_anew(tmp_path: Path, damage: str) -> None:
    """Whatever happened to the file, the next use works, and what is then remembered is kept."""
    path = tmp_path / "index.db"
    database = Database(path)
    Cache(database).put("key", b"x" * 100_000)
    database.close()
    if damage == "deleted":
        path.unlink()
    elif damage == "foreign":
        path.unlink()
        with sqlite3.connect(path) as foreign:
            foreign.execute("CREATE TABLE cache (other TEXT)")
        foreign.close()
    else:
        data = path.read_bytes()
        path.write_bytes(b"not a database" * 1000 if damage == "garbage" else data[: len(data) // 3])
    again = Database(path)
    Cache(again).get("key")
    Cache(again).put("new", b"value")
    again.close()

    assert Cache(again).get("new") == b"value"
    again.close()


def test_an_index_damaged_while_it_is_open_is_made_anew(tmp_path: Path) -> None:
    """Damage that comes to light in the middle of a command does not end the command."""
    path = tmp_path / "index.db"
    database = Database(path)
    for number in range(200):
        Cache(database).put(f"key {number}", os.urandom(4000))
    database.close()
    data = bytearray(path.read_bytes())
    data[4096:] = os.urandom(len(data) - 4096)
    path.write_bytes(data)
    found = [Cache(database).get(f"key {number}") for number in range(200)]
    Cache(database).put("new", b"value")

    assert len(found) == 200
    assert Cache(database).get("new") == b"value"
    database.close()


def test_without_a_place_to_write_the_index_lives_in_memory(tmp_path: Path) -> None:
    """Where no file can be made, everything still works for as long as the command runs."""
    (tmp_path / "file").write_bytes(b"in the way")
    database = Database(tmp_path / "file" / "index.db")
    Cache(database).put("key", b"value")

    assert Cache(database).get("key") == b"value"
    database.close()


def test_many_threads_share_one_index(database: Database, tmp_path: Path) -> None:
    """Stages that run side by side ask and remember at once, and none is told wrong."""
    files, cache = FileIndex(database), Cache(database)
    wrong: list[int] = []

    def work(number: int) -> None:
        for turn in range(20):
            path = tmp_path / f"{number}-{turn}"
            path.write_bytes(path.name.encode())
            cache.put(path.name, path.name.encode())
            if files.item(path).address != Address.of(path.name.encode()) or cache.get(path.name) is None:
                wrong.append(number)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert wrong == []


def test_two_processes_share_one_file(tmp_path: Path) -> None:
    """Two openings of one index see what the other remembered."""
    one, other = Database(tmp_path / "index.db"), Database(tmp_path / "index.db")
    for number in range(50):
        Cache(one if number % 2 else other).put(str(number), b"value")

    assert all(Cache(one).get(str(number)) == Cache(other).get(str(number)) == b"value" for number in range(50))
    one.close()
    other.close()


def test_a_state_folder_that_is_a_link_is_refused(tmp_path: Path) -> None:
    """A repository cannot make us write elsewhere by committing `.roadworthy` as a symlink."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / ".roadworthy").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StorageError, match="symbolic link"):
        ledger.open(tmp_path / ".roadworthy")
    assert list((tmp_path / "elsewhere").iterdir()) == []


def test_a_read_only_ledger_can_be_read() -> None:
    """In a folder that may not be written, files are still told by their address, records read, and nothing is left."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        kept = ledger.open(top / ".roadworthy")
        record = kept.keep("run", {"x": 1})
        kept.cache.put("key", b"known")
        (top / "file").write_bytes(b"rows")
        kept.close()
        for path in (top, *top.rglob("*")):
            path.chmod(0o555 if path.is_dir() else 0o444)
        is_root = os.geteuid() == 0
        if is_root:
            os.seteuid(65534)
        try:
            again = ledger.open(top / ".roadworthy")
            found = again.files.item(top / "file").address
            body = again.records.read(record).body
            known = again.cache.get("key")
            with pytest.raises(StorageError, match="read-only"):
                again.objects.put(b"more")
            again.close()
        finally:
            if is_root:
                os.seteuid(0)
            for path in (top, *top.rglob("*")):
                path.chmod(0o755)

        assert (found, body, known) == (Address.of(b"rows"), {"x": 1}, b"known")
