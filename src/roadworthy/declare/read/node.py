"""The tree of a YAML text, every part with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.declare.fault import Place

Scalar = str | int | float | bool | None


@dataclass(frozen=True, slots=True)
class Leaf:
    """A scalar: its value, and the text that it was written as."""

    at: Place
    value: Scalar
    text: str


@dataclass(frozen=True, slots=True)
class Seq:
    """A list."""

    at: Place
    items: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Entry:
    """A key's place, and what it stands for."""

    at: Place
    value: Node


@dataclass(frozen=True, slots=True)
class Map:
    """A mapping, in the order written."""

    at: Place
    entries: Mapping[str, Entry]


Node = Leaf | Seq | Map


def plain(node: Node) -> object:
    """Return what *node* holds, as JSON would: mappings, lists, text, numbers, true, false, null."""
    match node:
        case Leaf():
            return node.value
        case Seq():
            return [plain(item) for item in node.items]
        case Map():
            return {key: plain(entry.value) for key, entry in node.entries.items()}


def place_of(node: Node, *path: str | int) -> Place:
    """Return where the part at *path* stands: its key, or itself in a list; as near as can be when it is not there."""
    place = node.at
    for step in path:
        match node, step:
            case Map(), str() if step in node.entries:
                place, node = node.entries[step].at, node.entries[step].value
            case Seq(), int() if step < len(node.items):
                node = node.items[step]
                place = node.at
            case _:
                break
    return place
