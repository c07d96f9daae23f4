"""A commit's files as they were committed, byte for byte: no filter, no attribute, no symlink written through."""

from __future__ import annotations

import os
import shutil
from typing import TYPE_CHECKING

from roadworthy.errors import Conflict, IntegrityError
from roadworthy.ledger.objects.tree import is_plain_name
from roadworthy.ledger.objects.write import storage_errors
from roadworthy.ledger.repo.git import git

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from roadworthy.ledger.repo.commit import Entry

_LINK, _SUBMODULE, _EXECUTABLE = "120000", "160000", "100755"


def export(root: Path, entries: Mapping[str, Entry], to: Path) -> None:
    """Write *entries* of the repository at *root* as the new folder *to*: all of them or nothing.

    Symlinks are made as they were committed, after every file; an empty folder stands for a submodule.

    Raises:
        Conflict: Something stands at *to*.
        IntegrityError: A path leads outside, or into `.git`.
        StorageError: The disk is full or the folder is read-only.
    """
    for path in entries:
        if not is_plain_name(path):
            raise IntegrityError(
                f"The commit names a file outside its folder, or one that git would run: {path!r}.",
                remedy="Do not use it: whoever made it means harm.",
            )
    with storage_errors(to):
        to.parent.mkdir(parents=True, exist_ok=True)
        aside = to.parent / f".aside-{os.urandom(6).hex()}"
        aside.mkdir()
        try:
            _write(root, entries, aside)
            _place(aside, to)
        finally:
            shutil.rmtree(aside, ignore_errors=True)


def _write(root: Path, entries: Mapping[str, Entry], aside: Path) -> None:
    links = {}
    for path, data in _contents(root, entries):
        place = aside / path
        place.parent.mkdir(parents=True, exist_ok=True)
        if entries[path].mode == _LINK:
            links[place] = data
            continue
        mode = 0o777 if entries[path].mode == _EXECUTABLE else 0o666
        handle = os.open(place, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_NOFOLLOW, mode)
        with os.fdopen(handle, "wb") as file:
            file.write(data)
    for place, target in links.items():
        place.symlink_to(os.fsdecode(target))
    for path, entry in entries.items():
        if entry.mode == _SUBMODULE:
            (aside / path).mkdir(parents=True, exist_ok=True)


def _contents(root: Path, entries: Mapping[str, Entry]) -> Iterator[tuple[str, bytes]]:
    wanted = {path: entry.object for path, entry in entries.items() if entry.mode != _SUBMODULE}
    asked = "".join(f"{name}\n" for name in wanted.values()).encode()
    said, at = git(root, "cat-file", "--batch", data=asked), 0
    for path in wanted:
        end = said.index(b"\n", at)
        size = int(said[at:end].rsplit(b" ", 1)[1])
        yield path, said[end + 1 : end + 1 + size]
        at = end + 1 + size + 1


def _place(aside: Path, to: Path) -> None:
    try:
        aside.rename(to)
    except OSError as fault:
        if not os.path.lexists(to):
            raise
        raise Conflict(
            f"{to} is there already.", remedy="Remove it, or use it if it was made from the same commit."
        ) from fault
