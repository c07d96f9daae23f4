"""Which files of one tree differ from another's: each folder is read once, however often the tree names it.

A tree of git's names its folders by content, so that a few hundred bytes can name more files than there are atoms. What
is listed here is counted as it would be unfolded, without unfolding it.
"""

from __future__ import annotations

import os
from collections import defaultdict
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from roadworthy.errors import UsageError
from roadworthy.ledger.repo.commit import Entry

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    Read = Callable[[Sequence[str]], Mapping[str, bytes]]

_DEEPEST: Final = 64
_FOLDER: Final = "40000"


@dataclass(frozen=True, slots=True)
class _Pair:
    """A folder, what stands in its place in the other tree, and whether it lies in a folder that is set apart."""

    tip: str
    base: str | None
    apart: bool = False


@dataclass(slots=True)
class Walk:
    """A walk over the folders that differ.

    Attributes:
        read: Gives the bytes of trees by their object names.
        most: How many files may differ.
        is_apart: Whether a folder with this name is set apart, with all that is in it.
    """

    read: Read
    most: int
    is_apart: Callable[[str], bool]
    _known: dict[str, Mapping[str, Entry]] = field(default_factory=dict)
    _below: defaultdict[_Pair, list[_Pair]] = field(default_factory=lambda: defaultdict(list))
    _files: defaultdict[_Pair, int] = field(default_factory=lambda: defaultdict(int))

    def changed(self, tip: str, base: str | None) -> Mapping[str, Entry]:
        """Return the files of the tree *tip* that are not so in *base*, by a path that leads to them.

        A folder that stands at several paths is listed once; once more where it is set apart.

        Raises:
            UsageError: More than `most` files differ, or folders lie too deep in each other.
        """
        root = _Pair(tip, base)
        found: dict[str, Entry] = {}
        level = {root: ""}
        for _ in range(_DEEPEST):
            level = self._down(level, found)
            if len(found) + len(self._below) > self.most:
                raise self._too_many()
            if not level:
                break
        else:
            raise UsageError(
                f"its folders lie more than {_DEEPEST} deep in each other.", remedy="Flatten them, and push again."
            )
        if self._count(root, {}) > self.most:
            raise self._too_many()
        return found

    def _down(self, level: Mapping[_Pair, str], found: dict[str, Entry]) -> dict[_Pair, str]:
        named = {name for pair in level for name in (pair.tip, pair.base) if name is not None}
        for name, data in self.read(sorted(named - set(self._known))).items():
            self._known[name] = dict(entries(data))
        below: dict[_Pair, str] = {}
        for pair, path in level.items():
            theirs = {} if pair.base is None else self._known[pair.base]
            for name, entry in self._known[pair.tip].items():
                if theirs.get(name) == entry:
                    continue
                if entry.mode != _FOLDER:
                    self._files[pair] += 1
                    found[path + name] = entry
                    continue
                other = theirs.get(name)
                base = other.object if other is not None and other.mode == _FOLDER else None
                inside = _Pair(entry.object, base, pair.apart or self.is_apart(name))
                if inside not in self._below:
                    below.setdefault(inside, f"{path}{name}/")
                self._below[pair].append(inside)
            self._below.setdefault(pair, [])
        return below

    def _count(self, pair: _Pair, counted: dict[_Pair, int]) -> int:
        if pair not in counted:
            counted[pair] = self._files[pair] + sum(self._count(one, counted) for one in self._below[pair])
        return counted[pair]

    def _too_many(self) -> UsageError:
        return UsageError(
            f"more than {self.most} files differ from what is there.",
            remedy="Keep data out of git: `roadworthy data add` pins a folder as one file.",
        )


def entries(data: bytes) -> Iterator[tuple[str, Entry]]:
    """Yield name and entry of what the bytes of a tree name."""
    at, width = 0, 20
    while at < len(data):
        space, end = data.index(b" ", at), data.index(b"\0", at)
        name = data[end + 1 : end + 1 + width].hex()
        yield os.fsdecode(data[space + 1 : end]), Entry(data[at:space].decode("ascii"), name)
        at = end + 1 + width
