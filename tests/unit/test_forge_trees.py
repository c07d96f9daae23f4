"""Which files of a tree differ is found without unfolding it."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from roadworthy.errors import UsageError
from roadworthy.platform.forge.trees import Walk

if TYPE_CHECKING:
    from collections.abc import Sequence

    # A folder: names to the bytes of files, or to folders.
    Folder = dict[str, "bytes | Folder"]

NAMES = st.sampled_from(["a", "b", ".c", "d.pin"])
FOLDERS = st.recursive(
    st.dictionaries(NAMES, st.sampled_from([b"1", b"2"]), max_size=3),
    lambda inside: st.dictionaries(NAMES, st.one_of(st.sampled_from([b"1", b"2"]), inside), max_size=4),
    max_leaves=12,
)


def named(data: bytes) -> str:
    """Return a name for bytes, as long as git's."""
    return hashlib.sha1(data, usedforsecurity=False).hexdigest()


@dataclass
class Objects:
    """Trees in memory, named as git names them."""

    kept: dict[str, bytes] = field(default_factory=dict)
    reads: int = 0

    def keep(self, folder: Folder) -> str:
        """Keep a folder and return its name."""
        lines = []
        for name, one in sorted(folder.items()):
            mode, called = ("40000", self.keep(one)) if isinstance(one, dict) else ("100644", named(one))
            lines.append(f"{mode} {name}".encode() + b"\0" + bytes.fromhex(called))
        data = b"".join(lines)
        self.kept[named(data)] = data
        return named(data)

    def read(self, names: Sequence[str]) -> dict[str, bytes]:
        """Return the bytes of trees."""
        self.reads += len(names)
        return {name: self.kept[name] for name in names}


def unfolded(folder: Folder, path: str = "") -> dict[str, bytes]:
    """Return every file by its path."""
    found: dict[str, bytes] = {}
    for name, one in folder.items():
        found |= unfolded(one, f"{path}{name}/") if isinstance(one, dict) else {path + name: one}
    return found


def kind(path: str, called: str) -> tuple[str, bool, str]:
    """Return what must be found of a file: its name, whether it is set apart, and its bytes' name."""
    *folders, name = path.split("/")
    return name, any(one.startswith(".") for one in folders), called


def is_apart(name: str) -> bool:
    """Whether a folder is hidden."""
    return name.startswith(".")


@given(tip=FOLDERS, base=FOLDERS)
def test_all_that_differs_is_found(tip: Folder, base: Folder) -> None:
    """Each file that differs is listed at its path, or at another at which the same folder stands."""
    objects = Objects()
    before = unfolded(base)
    wanted = {path: one for path, one in unfolded(tip).items() if before.get(path) != one}
    found = Walk(objects.read, 1000, is_apart).changed(objects.keep(tip), objects.keep(base))
    differ = {path: named(one) for path, one in wanted.items()}

    assert {path: one.object for path, one in found.items()}.items() <= differ.items()
    assert {kind(path, one.object) for path, one in found.items()} == {kind(*pair) for pair in differ.items()}


def test_the_same_is_not_read() -> None:
    """Nothing differs: no folder below the root is looked at."""
    objects = Objects()
    name = objects.keep({"a": {"b": {"c": b"1"}}})

    assert Walk(objects.read, 10, is_apart).changed(name, name) == {}
    assert objects.reads == 1


def test_files_are_counted_as_they_would_be_unfolded() -> None:
    """Ten folders of ten folders and so on are refused after each was read once."""
    objects = Objects()
    folder: Folder = {str(number): b"1" for number in range(10)}
    for _ in range(12):
        folder = {str(number): folder for number in range(2)}
    root = objects.keep(folder)

    with pytest.raises(UsageError, match="more than 40959 files differ"):
        Walk(objects.read, 40959, is_apart).changed(root, None)
    assert objects.reads == 13
    assert len(Walk(objects.read, 40960, is_apart).changed(root, None)) == 10


def test_folders_that_lie_too_deep_are_refused() -> None:
    """Each level costs a question to git."""
    objects = Objects()
    folder: Folder = {"a": b"1"}
    for _ in range(70):
        folder = {"a": folder}

    with pytest.raises(UsageError, match="more than 64 deep"):
        Walk(objects.read, 1000, is_apart).changed(objects.keep(folder), None)
