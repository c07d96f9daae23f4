"""Tell what does not agree at its place in the file that says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadworthy.declare.fault import Faults, Place, quoted
from roadworthy.declare.read.node import Path, find, node_of, place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from roadworthy.declare.fault import Fault
    from roadworthy.declare.read.file import Document

__all__ = ["Path", "Report"]


class Report:
    """Gathers what does not agree in one document; a path leads to its key, as in `("models", "delay", "path")`.

    Nothing is told of what could not be read, nor of what it is a part of: its own fault is told already.
    """

    def __init__(self, document: Document[Any]) -> None:
        self._faults = Faults(document.file, document.text)
        self._tree = document.tree
        self.lacks = document.lacks

    def at(self, path: Path, problem: str, fix: str) -> None:
        """Tell a problem at *path*."""
        if not self.lacks(*path):
            self._faults.add(self._place(path), problem, fix)

    def at_word(self, path: Path, word: str, problem: str, fix: str) -> None:
        """Tell a problem at *word*, a key or a text at or below *path* that is it or holds it, or else at *path*."""
        node = None if self._tree is None else node_of(self._tree, *path)
        place = None if node is None else find(node, word, self._faults.line)
        if not self.lacks(*path):
            self._faults.add(place or self._place(path), problem, fix)

    def at_text(self, path: Path, text: str, start: int, problem: str, fix: str) -> None:
        """Tell a problem at the character *start* of *text*, the value at *path*; or at *path*, when it is not so."""
        node = None if self._tree is None else node_of(self._tree, *path)
        place = self._place(path)
        if node is not None:
            column = self._faults.line(node.at.line).find(text, node.at.column - 1)
            place = node.at if column < 0 else Place(node.at.line, column + start + 1)
        if not self.lacks(*path):
            self._faults.add(place, problem, fix)

    def unless_known(self, path: Path, word: str, known: Iterable[str] | None, what: str, fix: str = "") -> None:
        """Tell that *word* is none of the *known*, with the one that was probably meant, or else those and *fix*.

        Nothing is told when it is not *known* (None) what there is.
        """
        place = self._place(path)
        if known is None or place is None or self.lacks(*path):
            return
        names = set(known)
        if word not in names:
            self._faults.unknown(place, f"{quoted(word)} is not {what}.", word, names, fix)

    def unless_ordered(self, path: Path, low: object, high: object) -> None:
        """Tell that a lower bound lies above the upper one."""
        if isinstance(low, int | float) and isinstance(high, int | float) and low > high:
            problem = f"The lower bound {low:g} lies above the upper bound {high:g}."
            self.at(path, problem, "Exchange them, or mend one.")

    def twice(self, path: Path, words: Sequence[str], what: str) -> None:
        """Tell each of *words*, an element of the list at *path*, that stands a second time."""
        seen: set[str] = set()
        for number, word in enumerate(words):
            if word in seen:
                self.at((*path, number), f"{quoted(word)} stands twice among the {what}.", "Keep one of the two.")
            seen.add(word)

    def all(self) -> tuple[Fault, ...]:
        """Return everything that was told."""
        return self._faults.all()

    def _place(self, path: Path) -> Place | None:
        return place_of(self._tree, *path) if self._tree is not None else None
