"""Which inputs of a run its commit names: by content, by pin, or not at all."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.project import read_pin
from roadworthy.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from roadworthy.build.pipeline.inputs import Setting
    from roadworthy.ledger.objects.item import Item
    from roadworthy.ledger.repo.repository import Repository


def unnamed(inputs: Mapping[str, Item], setting: Setting, repo: Repository) -> tuple[str, ...]:
    """Return the inputs that no commit names: they differ from their pin, or have none and are not in git.

    Raises:
        InvalidDeclaration: A pin cannot be read.
    """
    found: list[str] = []
    loose: list[str] = []
    for path, item in inputs.items():
        place = setting.folder / path
        try:
            pin = read_pin(place.with_name(f"{place.name}.pin"))
        except NotFound:
            loose.append(path)
            continue
        if pin.address != item.address:
            found.append(path)
    if loose:
        tracked = frozenset(repo.tracked(setting.folder))
        found.extend(path for path in loose if not all(file in tracked for file in _files(setting.folder, path)))
    return tuple(sorted(found))


def _files(folder: Path, path: str) -> Iterator[str]:
    place = folder / path
    if not place.is_dir():
        yield path
        return
    for file in place.rglob("*"):
        if file.is_file():
            yield file.relative_to(folder).as_posix()
