"""Tell what does not agree at its place in the file that says it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadworthy.declare.fault import Faults, quoted
from roadworthy.declare.read.node import place_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from roadworthy.declare.fault import Fault, Place
    from roadworthy.declare.read.file import Document

Path = tuple[str | int, ...]


class Report:
    """Gathers what does not agree in one document; a path leads to its key, as in `("models", "delay", "path")`."""

    def __init__(self, document: Document[Any]) -> None:
        self._faults = Faults(document.file, document.text)
        self._tree = document.tree

    def at(self, path: Path, problem: str, fix: str) -> None:
        """Tell a problem at *path*."""
        self._faults.add(self._place(path), problem, fix)

    def unless_known(self, path: Path, word: str, known: Iterable[str], what: str, fix: str = "") -> None:
        """Tell that *word* is none of the *known*, with the one that was probably meant, or else *fix*."""
        names = set(known)
        place = self._place(path)
        if word not in names and place is not None:
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
