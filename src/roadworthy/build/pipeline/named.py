"""Which files a commit names: by content, by pin, or not at all."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.build.pipeline.graph import folders_of
from roadworthy.declare.pinned import parse_pin
from roadworthy.declare.project import read_pin
from roadworthy.errors import NotFound
from roadworthy.ledger.objects import tree
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.item import Item

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.build.pipeline.inputs import Setting
    from roadworthy.ledger.objects.store import ObjectStore
    from roadworthy.ledger.repo.repository import Repository

_PIN = ".pin"


def unnamed(inputs: Mapping[str, Item], setting: Setting, repo: Repository) -> tuple[str, ...]:
    """Return the inputs that no commit names; see `loose`."""
    return loose(inputs, setting.folder, repo)


def loose(items: Mapping[str, Item], folder: Path, repo: Repository) -> tuple[str, ...]:
    """Return those of *items*, in *folder*, that no commit names: they differ from their pin, or have none and no git.

    Raises:
        InvalidDeclaration: A pin cannot be read.
    """
    found: list[str] = []
    unpinned: list[str] = []
    for path, item in items.items():
        place = folder / path
        try:
            pin = read_pin(place.with_name(f"{place.name}.pin"))
        except NotFound:
            unpinned.append(path)
            continue
        if pin.address != item.address:
            found.append(path)
    if unpinned:
        tracked = frozenset(repo.tracked(folder))
        found.extend(path for path in unpinned if not all(file in tracked for file in _files(folder, path)))
    return tuple(sorted(found))


def found_in(contents: Mapping[str, Item], path: str, store: ObjectStore) -> Item | None:
    """Return what *path* is by *contents*, which name it or a folder that it lies in; None when they do not.

    Raises:
        NotFound, IntegrityError: The folder's listing is not in *store*, or is damaged.
    """
    for place in (path, *folders_of(path)):
        if place in contents:
            return contents[place] if place == path else tree.part_of(contents[place], below(path, place), store)
    return None


def named_at(repo: Repository, commit: str, at: str, store: ObjectStore) -> Item | None:
    """Return what *commit* names at the path *at* from the root: by a pin, or as a file or folder in git, or None.

    Raises:
        InvalidDeclaration: The pin cannot be read.
        NotFound, IntegrityError: It lies in a pinned folder whose listing is not in *store*, or is damaged.
    """
    for place in (at, *folders_of(at)):  # "." has no pin: `..pin` is no file of ours
        try:
            pin = parse_pin(repo.show(commit, f"{place}{_PIN}"), Path(f"{place}{_PIN}"))
        except NotFound:
            continue
        item = Item(Address(pin.address), pin.size, pin.files)
        return item if place == at else tree.part_of(item, below(at, place), store)
    return _in_git(repo, commit, at)


def below(path: str, folder: str) -> str:
    """Return the path of *path* in the folder *folder* that it lies in."""
    return path if folder == "." else path.removeprefix(f"{folder}/")


def _in_git(repo: Repository, commit: str, at: str) -> Item | None:
    files = {name: repo.show(commit, name if name == at else f"{at}/{name}") for name in repo.files(commit, at)}
    items = {name: Item(Address.of(data), len(data)) for name, data in files.items()}
    return items.get(at) or (tree.folder_of(items) if items else None)


def _files(folder: Path, path: str) -> Iterator[str]:
    place = folder / path
    if not place.is_dir():
        yield path
        return
    for file in place.rglob("*"):
        if file.is_file():
            yield file.relative_to(folder).as_posix()
