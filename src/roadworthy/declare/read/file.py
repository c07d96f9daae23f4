"""From the bytes of a declared file to its text, its tree and its dataclass."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Generic, TypeVar

from roadworthy.declare.fault import Fault, Faults, Place, quoted
from roadworthy.declare.read import dvc
from roadworthy.declare.read.check import build
from roadworthy.declare.read.compose import compose
from roadworthy.declare.read.node import Entry, Holes, Leaf, Map, Node, plain

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.declare.read.node import Path

API = "roadworthy/v1alpha1"
_API_KEY = "apiVersion"
Declaration = TypeVar("Declaration")


@dataclass(frozen=True, slots=True)
class Document(Generic[Declaration]):
    """A file that was read.

    Attributes:
        file: Its path in the project.
        text: What it holds.
        tree: The same with places; None when it is no YAML.
        value: Its declaration; None when it has faults.
        faults: Everything that is wrong with it by itself.
        not_read: Keys that stand in it and are knowingly not read.
        partial: As much of its declaration as could be read; None when nothing could.
        holes: The paths in `partial` of what could not be read, and what stands there means nothing.
    """

    file: str
    text: str
    tree: Node | None
    value: Declaration | None
    faults: tuple[Fault, ...]
    not_read: tuple[str, ...] = ()
    partial: Declaration | None = None
    holes: Holes = field(default_factory=Holes, compare=False)

    def lacks(self, *path: str | int) -> bool:
        """Whether what stands at *path*, or what it is a part of, or a part of it, could not be read."""
        return self.holes.touch(path)

    def names(self, group: str) -> frozenset[str] | None:
        """Return the names in a mapping at the top; None when it could not be read."""
        if self.partial is None or () in self.holes or (group,) in self.holes:
            return None
        named: Any = getattr(self.partial, group)
        return frozenset(named)


def text_of(data: bytes, faults: Faults) -> str | None:
    """Return the text of a declared file; None when it is not UTF-8, and *faults* then say where."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        before = data[: error.start].decode("utf-8-sig", "replace")
        line, column = before.count("\n") + 1, len(before) - (before.rfind("\n") + 1) + 1
        source = data.split(b"\n")[line - 1].decode("utf-8", "replace").rstrip("\r")
        problem = f"The byte 0x{data[error.start]:02x} stands here, which is not UTF-8."
        faults.add(Place(line, column), problem, "Save the file as UTF-8.", source)
        return None


def parse(
    owner: type[Declaration], data: bytes, file: str, examples: Mapping[Path, str] | None = None
) -> Document[Declaration]:
    """Return the document that *data* declares, with every fault in it; *examples* are of what its keys could say."""
    faults, text, tree = _tree(data, file)
    if tree is None:
        return Document(file, text, None, None, faults.all())
    is_dvc = file.endswith("dvc.yaml")
    not_read: tuple[str, ...] = ()
    if is_dvc:
        tree, not_read = dvc.whole(tree, faults)
    tree = _versioned(tree, faults, required=not is_dvc)
    built = build(owner, tree, faults, examples)
    found = faults.all()
    return Document(file, text, tree, None if found else built.value, found, not_read, built.value, built.holes)


def parse_values(data: bytes, file: str) -> Document[dict[str, object]]:
    """Return the document of a file of free keys, such as `params.yaml`; an empty one is an empty mapping."""
    if not data.strip():
        return Document(file, "", None, {}, (), partial={})
    faults, text, tree = _tree(data, file)
    if isinstance(tree, Leaf) and tree.value is None:
        return Document(file, text, tree, {}, faults.all(), partial={})
    if tree is not None and not isinstance(tree, Map):
        faults.add(tree.at, "The file must be a mapping of parameters.", "Write `name: value` lines.")
    found = faults.all()
    values = plain(tree) if isinstance(tree, Map) else None
    read = values if isinstance(values, dict) else None
    return Document(file, text, tree, None if found else read, found, partial=read)


def _tree(data: bytes, file: str) -> tuple[Faults, str, Node | None]:
    faults = Faults(file)
    text = text_of(data, faults)
    if text is None:
        return faults, "", None
    faults = Faults(file, text)
    return faults, text, compose(text, faults)


def _versioned(tree: Node, faults: Faults, *, required: bool) -> Node:
    """Return the tree with a right `apiVersion`, whose absence or misspelling is told in words of its own."""
    if not isinstance(tree, Map) or not required:
        return tree
    entry = tree.entries.get(_API_KEY)
    right = Leaf(Place(1, 1), API, API)
    if entry is None:
        faults.add(Place(1, 1), f"The file lacks {quoted(_API_KEY)}.", f"Begin it with `{_API_KEY}: {API}`.")
    elif not (isinstance(entry.value, Leaf) and entry.value.value == API):
        written = entry.value.text if isinstance(entry.value, Leaf) else "…"
        problem = f"{quoted(written)} is not a version of the format that this Roadworthy reads."
        faults.add(entry.value.at, problem, f"Write `{_API_KEY}: {API}`; a newer version needs a newer Roadworthy.")
    return Map(tree.at, {**tree.entries, _API_KEY: Entry(tree.at, right)})
