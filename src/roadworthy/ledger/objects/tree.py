"""Files and folders as content: taken in, compared, and put back.

A folder is kept as its listing: canonical JSON that names every file with its address and size.
Empty folders are not kept.
"""

from __future__ import annotations

import contextlib
import json
import os
import stat
from typing import TYPE_CHECKING

from roadworthy.errors import Conflict, IntegrityError, NotFound, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.item import Item
from roadworthy.ledger.objects.write import storage_errors

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from roadworthy.ledger.objects.known import KnownFiles
    from roadworthy.ledger.objects.store import ObjectStore

_FORMAT = "roadworthy/tree/v1alpha1"


def add(path: Path, store: ObjectStore, files: KnownFiles) -> Item:
    """Keep the file or folder *path* in *store* and return what it is: every file first, the listing last.

    Raises:
        NotFound: Nothing is there.
        UsageError: It is or holds a symlink, a device, or a name that is not UTF-8.
        Conflict: A file changes while it is read.
        StorageError: The store cannot be written.
    """
    if not _is_folder(path):
        item = files.item(path)
        _keep(path, item, store, files)
        return item
    listed = _walk(path, files)
    for name, item in listed.items():
        _keep(path / name, item, store, files)
    data = _dump(listed)
    store.put(data)
    return _folder_item(data, listed)


def keep_again(path: Path, item: Item, store: ObjectStore, files: KnownFiles) -> bool:
    """Keep *item* whole from what stands at *path*, if that is it: what is missing or damaged in *store* is written.

    Everything that is kept of it is read. Returns whether it stands there. Raises as `add` does.
    """
    try:
        if address_of(path, files) != item:
            return False
    except (NotFound, UsageError, IntegrityError):
        return False
    if item.files is None:
        store.put_file(path, item.address)
        return True
    listed = _walk(path, files)
    for name, one in listed.items():
        store.put_file(path / name, one.address)
    store.put(_dump(listed))
    return True


def address_of(path: Path, files: KnownFiles) -> Item:
    """Return what the file or folder *path* is, keeping nothing. Raises as `add` does."""
    if not _is_folder(path):
        return files.item(path)
    return folder_of(_walk(path, files))


def listing(item: Item, store: ObjectStore) -> Mapping[str, Item]:
    """Return the files of a folder by their path in it, in order; a file alone has no listing: ``{}``.

    Raises:
        NotFound: The listing is not in *store*.
        IntegrityError: It is damaged, or names a path outside its folder.
    """
    if item.files is None:
        return {}
    try:
        listed = _load(store.get(item.address))
    except (ValueError, TypeError, KeyError) as fault:
        raise IntegrityError(
            f"{item.address} is not the listing of a folder.",
            remedy="Look at the pin or record that names it: it was not made by Roadworthy.",
        ) from fault
    for name in listed:
        if not is_plain_name(name):
            raise IntegrityError(
                f"The folder {item.address} names a file outside itself, or one that git would run: {name!r}.",
                remedy="Do not use it: whoever made it means harm, or used another tool.",
            )
    return listed


def part_of(item: Item, name: str, store: ObjectStore) -> Item | None:
    """Return the file or folder *name* in the folder *item*, or None. Raises as `listing` does."""
    listed = listing(item, store)
    if name in listed:
        return listed[name]
    below = {path.removeprefix(f"{name}/"): one for path, one in listed.items() if path.startswith(f"{name}/")}
    return folder_of(below) if below else None


def folder_of(listed: Mapping[str, Item]) -> Item:
    """Return the folder that holds the files *listed*, by their path in it, keeping nothing."""
    return _folder_item(_dump(listed), listed)


def checkout(item: Item, path: Path, store: ObjectStore, files: KnownFiles) -> None:
    """Make *path* be *item*: only what differs is written, each file whole; what does not belong there goes.

    May be repeated: a checkout that was cut short is finished by the next. No symlink at or below *path* is followed.

    Raises:
        NotFound, IntegrityError: An object is missing or damaged; *path* is then left as it was, or partly updated.
        StorageError: The disk is full or the folder is read-only.
    """
    if item.files is None:
        _checkout_file(item, path, store, files)
        return
    wanted = listing(item, store)
    if not path.is_dir() or path.is_symlink():
        _remove(path)
    with storage_errors(path):
        path.mkdir(parents=True, exist_ok=True)
    _clear(path, wanted)
    present = files.items(path, dict(_plain_files(path)))
    for name, one in wanted.items():
        if present.get(name) != one:
            store.copy_to(one.address, path / name)


def is_plain_name(name: str) -> bool:
    """Whether *name* stays inside its folder and is no part of a git repository."""
    parts = name.split("/")
    return "\0" not in name and not any(part in {"", ".", ".."} or part.lower() == ".git" for part in parts)


def _checkout_file(item: Item, path: Path, store: ObjectStore, files: KnownFiles) -> None:
    if path.is_dir() and not path.is_symlink():
        if item.address not in store:
            store.get(item.address)
        _remove(path)
    elif path.is_file() and not path.is_symlink() and files.item(path) == item:
        return
    store.copy_to(item.address, path)


def _is_folder(path: Path) -> bool:
    try:
        mode = path.lstat().st_mode
    except FileNotFoundError as fault:
        raise NotFound(f"{path} is not there.", remedy="Check its name, or make it first.") from fault
    if stat.S_ISDIR(mode):
        return True
    if not stat.S_ISREG(mode):
        raise _unkept(path)
    return False


def _walk(folder: Path, files: KnownFiles) -> Mapping[str, Item]:
    return files.items(folder, dict(sorted(_plain_files(folder))))


def _plain_files(folder: Path, prefix: str = "") -> Iterator[tuple[str, os.stat_result]]:
    with os.scandir(folder / prefix) as entries:
        for entry in entries:
            name = prefix + entry.name
            found = entry.stat(follow_symlinks=False)
            if stat.S_ISDIR(found.st_mode) and entry.name.lower() != ".git":
                yield from _plain_files(folder, name + "/")
            elif stat.S_ISREG(found.st_mode) and is_plain_name(name) and _is_text(name):
                yield name, found
            else:
                raise _unkept(folder / name)


def _is_text(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True


def _unkept(path: Path) -> UsageError:
    return UsageError(
        f"{os.fsencode(path).decode('utf-8', 'backslashreplace')} cannot be kept: only plain files with UTF-8 names "
        "can, no symbolic links, devices or git repositories.",
        remedy="Copy what it points at to its place, or move it out of the folder.",
    )


def _keep(path: Path, item: Item, store: ObjectStore, files: KnownFiles) -> None:
    if item.address in store:
        return
    try:
        store.put_file(path, item.address)
    except IntegrityError as fault:
        if files.item(path) == item:
            raise  # the store is at fault
        raise Conflict(
            f"{path} changes while it is read.", remedy="Let what writes it finish, and run the command again."
        ) from fault


def _dump(listed: Mapping[str, Item]) -> bytes:
    rows = [[name, item.address, item.size] for name, item in sorted(listed.items())]
    return json.dumps({"files": rows, "format": _FORMAT}, ensure_ascii=False, separators=(",", ":")).encode()


def _load(data: bytes) -> Mapping[str, Item]:
    content = json.loads(data)
    if content["format"] != _FORMAT:
        raise ValueError(content["format"])
    return {name: Item(Address(address), int(size)) for name, address, size in content["files"]}


def _folder_item(data: bytes, listed: Mapping[str, Item]) -> Item:
    return Item(Address.of(data), sum(item.size for item in listed.values()), len(listed))


def _clear(folder: Path, wanted: Mapping[str, Item]) -> None:
    """Remove from *folder* what is not wanted, and what stands where a wanted file or folder must."""
    folders = {name[:end] for name in wanted for end in range(len(name)) if name[end] == "/"}
    with storage_errors(folder):
        for current, below, names in os.walk(folder, topdown=False, followlinks=False):
            for name in [*names, *below]:
                place = os.path.join(current, name)  # noqa: PTH118 - a path for every file of a large tree is slow
                known = os.path.relpath(place, folder)
                is_folder = os.path.isdir(place) and not os.path.islink(place)  # noqa: PTH112, PTH114 - as above
                if is_folder and known not in folders:
                    with contextlib.suppress(OSError):
                        os.rmdir(place)  # noqa: PTH106 - as above
                elif not is_folder and (known not in wanted or not os.path.isfile(place) or os.path.islink(place)):  # noqa: PTH113, PTH114 - as above
                    os.unlink(place)  # noqa: PTH108 - as above


def _remove(path: Path) -> None:
    with storage_errors(path):
        if path.is_dir() and not path.is_symlink():
            _clear(path, {})
            path.rmdir()
        else:
            path.unlink(missing_ok=True)
