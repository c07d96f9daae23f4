"""The tree of a YAML text, every part with its place."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.declare.fault import Place

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Scalar = str | int | float | bool | None
Path = tuple[str | int, ...]  # keys and indices, from the root


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
            case Map(), str() if step in _entries(node, step):
                entry = _entries(node, step)[step]
                place, node = entry.at, entry.value
            case Seq(), int() if step < len(node.items):
                node = node.items[step]
                place = node.at
            case Leaf() | Map(), 0:  # a single value stands for a list of it
                place = node.at
            case _:
                break
    return place


def _entries(node: Map, step: str) -> Mapping[str, Entry]:
    """Return where to look for *step*: what DVC's `foreach` does may stand under its `do`."""
    body = node.entries["do"].value if step not in node.entries and "do" in node.entries else None
    return body.entries if isinstance(body, Map) else node.entries


def node_of(node: Node, *path: str | int) -> Node | None:
    """Return the part at *path*; a single value stands for a list of it. None when it is not there."""
    for step in path:
        match node, step:
            case Map(), str() if step in _entries(node, step):
                node = _entries(node, step)[step].value
            case Seq(), int() if step < len(node.items):
                node = node.items[step]
            case Leaf() | Map(), 0:
                continue
            case _:
                return None
    return node


def find(node: Node, word: str, line: Callable[[int], str]) -> Place | None:
    """Return where *word* stands in *node*: as a key or a value, or else within a value; *line* gives the text.

    No word stands nowhere.
    """
    if not word:
        return None
    held: Place | None = None
    waiting: list[Node] = [node]
    while waiting:
        one = waiting.pop(0)
        match one:
            case Leaf() if word in one.text:
                start = line(one.at.line).find(word, one.at.column - 1)
                place = one.at if start < 0 else Place(one.at.line, start + 1)
                if one.text == word:
                    return place
                held = held or place
            case Seq():
                waiting += one.items
            case Map() if word in one.entries:
                return one.entries[word].at
            case Map():
                waiting += [entry.value for entry in one.entries.values()]
    return held


class Holes:
    """The paths in a declaration of what could not be read."""

    def __init__(self, paths: Iterable[Path] = ()) -> None:
        self._paths = frozenset(paths)
        self._above = frozenset(path[:length] for path in self._paths for length in range(len(path)))

    def __contains__(self, path: Path) -> bool:
        return path in self._paths

    def touch(self, path: Path) -> bool:
        """Whether what stands at *path*, or what it is a part of, or a part of it, could not be read."""
        return path in self._above or any(path[:length] in self._paths for length in range(len(path) + 1))
