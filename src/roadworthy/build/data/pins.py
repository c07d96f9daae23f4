"""The pins of a project: which data it uses, by their paths."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.declare.pin import Pin
from roadworthy.declare.project import read_pin, write_pin
from roadworthy.errors import InvalidDeclaration
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.item import Item

if TYPE_CHECKING:
    from collections.abc import Mapping

ENDING = ".pin"
_NOT_THE_PROJECTS = {"node_modules", "__pycache__", "venv"}


def pin_path(path: Path) -> Path:
    """Return where the pin of the data at *path* stands: beside it."""
    return path.with_name(path.name + ENDING)


def pins_in(folder: Path) -> Mapping[str, Pin]:
    """Return the pins in *folder* by the path in it of the data that they name, in order; hidden folders are left out.

    Raises:
        InvalidDeclaration: A pin has faults.
    """
    return {name: read_pin(pin_path(folder / name)) for name in _pinned(folder)}


def is_pin(path: str) -> bool:
    """Whether *path*, from the project's folder, is that of a pin of the project's."""
    *folders, name = path.split("/")
    return _is_pin_name(name) and not any(is_foreign(folder) for folder in folders)


def is_foreign(folder: str) -> bool:
    """Whether pins in a folder called so, at any depth, are not the project's."""
    return folder.startswith(".") or folder in _NOT_THE_PROJECTS


def item_of(pin: Pin) -> Item:
    """Return what *pin* names.

    Raises:
        InvalidDeclaration: Its address is none.
    """
    try:
        return Item(Address(pin.address), pin.size, pin.files)
    except ValueError as fault:
        raise InvalidDeclaration(
            f"A pin names {pin.address[:80]!r}, which is no address.",
            remedy="Restore it from git, or write it anew with `roadworthy data add`.",
        ) from fault


def pin_of(item: Item, source: Mapping[str, str] | None = None) -> Pin:
    """Return the pin that names *item*, read from *source*."""
    return Pin("roadworthy/v1alpha1", str(item.address), item.size, item.files, source or {})


def keep_pin(path: Path, pin: Pin) -> None:
    """Write the pin of the data at *path*, and tell git to ignore the data."""
    write_pin(pin_path(path), pin)
    _ignore(path)


def _pinned(folder: Path) -> list[str]:
    found = []
    for current, below, names in os.walk(folder):
        below[:] = [name for name in below if not is_foreign(name)]
        for name in names:
            if _is_pin_name(name):
                place = Path(current, name.removesuffix(ENDING))
                found.append(place.relative_to(folder).as_posix())
    return sorted(found)


def _is_pin_name(name: str) -> bool:
    return name.endswith(ENDING) and name != ENDING


def _ignore(path: Path) -> None:
    ignore = path.with_name(".gitignore")
    line = "/" + "".join(f"\\{letter}" if letter in "\\*?[!# " else letter for letter in path.name)
    written = ignore.read_text(encoding="utf-8") if ignore.exists() else ""
    if line not in written.splitlines():
        start = "" if not written or written.endswith("\n") else "\n"
        with ignore.open("a", encoding="utf-8") as file:
            file.write(f"{start}{line}\n")
