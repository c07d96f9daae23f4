"""Folders as content: what goes in comes out, nothing leads outside."""

from __future__ import annotations

import json
import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from roadworthy.errors import IntegrityError, NotFound, UsageError
from roadworthy.ledger import ledger
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.fetch import fetch, is_whole
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.ledger.objects.inside import inside
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.objects.push import push

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.ledger.ledger import Ledger

PARTS = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="/\0"), min_size=1, max_size=8).filter(
    lambda part: part not in {".", ".."} and part.lower() != ".git" and len(part.encode()) < 200
)
PATHS = st.lists(PARTS, min_size=1, max_size=3).map("/".join)
TREES = st.dictionaries(PATHS, st.binary(max_size=50), max_size=8).filter(
    lambda files: not any(f"{one}/" in other for one in files for other in files if other.startswith(f"{one}/"))
)


@pytest.fixture
def kept(tmp_path: Path) -> Ledger:
    """Return an empty ledger."""
    return ledger.open(tmp_path / ".roadworthy")


def lay(folder: Path, files: Mapping[str, bytes]) -> Path:
    """Write *files* below *folder* and return it."""
    folder.mkdir(parents=True, exist_ok=True)
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    return folder


def found(folder: Path) -> Mapping[str, bytes]:
    """Return the files below *folder*."""
    return {path.relative_to(folder).as_posix(): path.read_bytes() for path in folder.rglob("*") if path.is_file()}


@settings(max_examples=25, deadline=None)
@given(before=TREES, files=TREES)
def test_a_folder_comes_back_as_it_went_in(before: Mapping[str, bytes], files: Mapping[str, bytes]) -> None:
    """A checkout over any other folder gives exactly the files that were added, and their address is the same again."""
    with tempfile.TemporaryDirectory() as name:
        top = Path(name)
        kept = ledger.open(top / ".roadworthy")
        item = tree.add(lay(top / "in", files), kept.objects, kept.files)
        out = lay(top / "out", before)
        tree.checkout(item, out, kept.objects, kept.files)
        again = tree.address_of(out, kept.files)
        kept.close()

        assert found(out) == files
        assert again == item == Item(item.address, sum(map(len, files.values())), len(files))
        assert list(tree.listing(item, kept.objects)) == sorted(files)


def test_a_part_of_a_folder_is_what_it_is_by_itself(kept: Ledger, tmp_path: Path) -> None:
    """A file or a folder in a kept folder has the address that it would have alone; what is not there is None."""
    folder = lay(tmp_path / "whole", {"a": b"1", "b/c": b"2", "b/d/e": b"3", "bc": b"4"})
    whole = tree.add(folder, kept.objects, kept.files)
    parts = {name: tree.part_of(whole, name, kept.objects) for name in ("a", "b", "b/d", "x")}

    assert parts == {
        **{name: tree.address_of(folder / name, kept.files) for name in ("a", "b", "b/d")}, "x": None
    }  # fmt: skip


def test_a_checkout_of_what_is_there_writes_nothing(kept: Ledger, tmp_path: Path) -> None:
    """Only what differs is written: the files that are right keep their inodes."""
    folder = lay(tmp_path / "in", {"a": b"1", "b/c": b"2"})
    item = tree.add(folder, kept.objects, kept.files)
    before = {name: (folder / name).stat().st_ino for name in ("a", "b/c")}
    (folder / "a").write_bytes(b"changed")
    tree.checkout(item, folder, kept.objects, kept.files)

    assert found(folder) == {"a": b"1", "b/c": b"2"}
    assert (folder / "b/c").stat().st_ino == before["b/c"]
    assert (folder / "a").stat().st_ino != before["a"]


@pytest.mark.parametrize(("was", "becomes"), [("file", "folder"), ("folder", "file")])
def test_a_file_and_a_folder_change_places(kept: Ledger, tmp_path: Path, was: str, becomes: str) -> None:
    """What stands in the way of a checkout is replaced, whichever of the two it is."""
    items = {
        "file": tree.add(lay(tmp_path / "f", {"x": b"1"}) / "x", kept.objects, kept.files),
        "folder": tree.add(lay(tmp_path / "d", {"y/z": b"2"}), kept.objects, kept.files),
    }
    out = tmp_path / "out"
    tree.checkout(items[was], out, kept.objects, kept.files)
    tree.checkout(items[becomes], out, kept.objects, kept.files)

    assert tree.address_of(out, kept.files) == items[becomes]


def test_a_symlink_is_not_taken_in(kept: Ledger, tmp_path: Path) -> None:
    """A link, alone or in a folder, is refused with its name: what it points at may be anybody's."""
    folder = lay(tmp_path / "in", {"a": b"1"})
    (folder / "link").symlink_to("/etc/passwd")

    with pytest.raises(UsageError, match="link"):
        tree.add(folder, kept.objects, kept.files)
    with pytest.raises(UsageError, match="link"):
        tree.add(folder / "link", kept.objects, kept.files)


@pytest.mark.parametrize("name", [b"caf\xe9", b".git/config", b"pipe"])
def test_what_cannot_be_kept_is_named(kept: Ledger, tmp_path: Path, name: bytes) -> None:
    """A name that is not UTF-8, a git repository and a pipe are refused."""
    path = os.fsencode(tmp_path / "in") + b"/" + name
    os.makedirs(os.path.dirname(path))  # noqa: PTH103, PTH120 - the name is bytes
    if name == b"pipe":
        os.mkfifo(path)
    else:
        os.close(os.open(path, os.O_CREAT))

    with pytest.raises(UsageError, match="cannot be kept"):
        tree.add(tmp_path / "in", kept.objects, kept.files)


def test_a_checkout_does_not_write_through_symlinks(kept: Ledger, tmp_path: Path) -> None:
    """Links at the target, below it, or in the place of a folder are replaced; what they point at stays."""
    item = tree.add(lay(tmp_path / "in", {"a": b"1", "b/c": b"2"}), kept.objects, kept.files)
    outside = lay(tmp_path / "outside", {"a": b"precious", "c": b"precious"})
    out = lay(tmp_path / "out", {})
    (out / "a").symlink_to(outside / "a")
    (out / "b").symlink_to(outside)
    tree.checkout(item, out, kept.objects, kept.files)
    (tmp_path / "top").symlink_to(outside)
    tree.checkout(item, tmp_path / "top", kept.objects, kept.files)

    assert found(outside) == {"a": b"precious", "c": b"precious"}
    assert found(out) == found(tmp_path / "top") == {"a": b"1", "b/c": b"2"}


@pytest.mark.parametrize(
    "name", ["../evil", "/etc/evil", "a//b", "a/./b", ".git/hooks/pre-commit", "x/.GIT/config", "a\0b", ""]
)
def test_a_listing_that_leads_outside_is_refused(kept: Ledger, tmp_path: Path, name: str) -> None:
    """A folder made to write elsewhere, or into a git repository, is not checked out at all."""
    address = kept.objects.put(b"evil")
    rows = {"files": [[name, address, 4]], "format": "roadworthy/tree/v1alpha1"}
    item = Item(kept.objects.put(json.dumps(rows).encode()), 4, 1)

    with pytest.raises(IntegrityError, match="outside itself"):
        tree.checkout(item, tmp_path / "deep" / "out", kept.objects, kept.files)
    assert not (tmp_path / "deep").exists()


@pytest.mark.parametrize("data", [b"", b"[]", b'{"format": "other", "files": []}', b'{"format": 1}', b"\xff", b"null"])
def test_bytes_that_are_no_listing_are_refused(kept: Ledger, data: bytes) -> None:
    """A pin that calls any bytes a folder gets an error that says so."""
    item = Item(kept.objects.put(data), 0, 1)

    with pytest.raises(IntegrityError, match="not the listing"):
        tree.listing(item, kept.objects)


def test_what_is_not_there_is_not_found(kept: Ledger, tmp_path: Path) -> None:
    """Adding, or asking the address of, what is not there says so."""
    with pytest.raises(NotFound):
        tree.add(tmp_path / "none", kept.objects, kept.files)
    with pytest.raises(NotFound):
        tree.address_of(tmp_path / "none", kept.files)


def test_a_file_whose_object_is_missing_does_not_take_the_place_of_a_folder(kept: Ledger, tmp_path: Path) -> None:
    """What stands in the way is not removed for bytes that cannot be had."""
    out = lay(tmp_path / "out", {"mine": b"1"})
    item = tree.address_of(lay(tmp_path / "in", {"x": b"never kept"}) / "x", kept.files)

    with pytest.raises(NotFound):
        tree.checkout(item, out, kept.objects, kept.files)
    assert found(out) == {"mine": b"1"}


def test_pushed_and_fetched_is_the_same(kept: Ledger, tmp_path: Path) -> None:
    """What one ledger pushes to a bucket another fetches whole; done again, nothing moves."""
    item = tree.add(lay(tmp_path / "in", {"a": b"1", "b/c": b"22", "d": b"1"}), kept.objects, kept.files)
    bucket, other = DirectoryStore(tmp_path / "bucket"), DirectoryStore(tmp_path / "other")
    first, second = push(item, kept.objects, bucket), push(item, kept.objects, bucket)
    told: list[int] = []
    fetched, again = fetch(item, bucket, other, told.append), fetch(item, bucket, other)
    tree.checkout(item, tmp_path / "out", other, kept.files)

    assert (first.objects, first.size, second.objects, second.present) == (3, 3, 0, 3)
    assert (fetched.objects, again.objects, sum(told)) == (3, 0, 3)
    assert found(tmp_path / "out") == {"a": b"1", "b/c": b"22", "d": b"1"}
    assert is_whole(item, other)


@pytest.mark.parametrize("damaged", ["here", "bucket"])
def test_a_damaged_object_is_mended_by_fetching_and_never_passed_on(kept: Ledger, tmp_path: Path, damaged: str) -> None:
    """Damage here is mended from the bucket; damage in the bucket is refused, and what is here stays."""
    item = tree.add(lay(tmp_path / "in", {"a": b"rows"}) / "a", kept.objects, kept.files)
    bucket = DirectoryStore(tmp_path / "bucket")
    push(item, kept.objects, bucket)
    path = (kept.objects if damaged == "here" else bucket).path(item.address)
    path.chmod(0o644)
    path.write_bytes(b"rots")

    if damaged == "here":
        fetch(item, bucket, kept.objects)
        assert kept.objects.get(item.address) == b"rows"
    else:
        with pytest.raises(IntegrityError, match="bucket"):
            fetch(item, bucket, DirectoryStore(tmp_path / "other"))
        assert kept.objects.get(item.address) == b"rows"


@pytest.mark.parametrize(
    "name", ["../x", "/x", "a/../../x", "", ".", ".git/x", ".roadworthy/key", "a//b", "link/x", "a\0b"]
)
def test_a_name_leads_nowhere_but_inside(tmp_path: Path, name: str) -> None:
    """A name from a file cannot lead out of the project, into its `.git` or `.roadworthy`, or through a link."""
    (tmp_path / "link").symlink_to("/etc")

    with pytest.raises(UsageError):
        inside(tmp_path, name)


def test_a_name_inside_is_a_path_inside(tmp_path: Path) -> None:
    """A plain name, of something there or not, is a path in the folder."""
    assert inside(tmp_path, "data/x.parquet") == tmp_path / "data" / "x.parquet"
