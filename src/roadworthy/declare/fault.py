"""A fault in a declared file: where it is, what is wrong, and how to mend it."""

from __future__ import annotations

import difflib
import re
import unicodedata
from dataclasses import dataclass
from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterable

_BREAK = re.compile("\r\n|[\n\r\x85\u2028\u2029]")  # what YAML ends a line with
_WIDTH = 100  # characters of a source line that are shown around the caret
_SHOWN = 100  # faults of one file


class Place(NamedTuple):
    """Where something stands in a file; both count from 1."""

    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Fault:
    """One fault; `source` is the line as written, empty when the file as a whole is meant (line 0)."""

    file: str
    line: int
    column: int
    problem: str
    fix: str
    source: str = ""

    def render(self) -> str:
        """Return the fault for a person: its place, the line with a caret, and the fix."""
        where = f"{self.file}:{self.line}:{self.column}" if self.line else self.file
        return "\n".join([f"{where}: {self.problem}", *self._excerpt(), f"  fix: {self.fix}"])

    def _excerpt(self) -> list[str]:
        if not self.source.strip():
            return []
        start = max(0, self.column - 1 - _WIDTH // 2)
        shown = "".join(map(_printable, self.source[start : start + _WIDTH]))
        before = "".join(map(_printable, self.source[start : self.column - 1]))
        label = f"{self.line:>5}"
        return [f"{label} | {shown}", f"{' ' * len(label)} | {' ' * sum(map(_columns, before))}^"]


def _printable(character: str) -> str:
    # A declared file may come from a stranger: nothing of it may steer the terminal.
    if character == "\t":
        return "→"
    return character if character.isprintable() else "·"


def _columns(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def quoted(text: str) -> str:
    """Return *text* as it is shown in a message: short, on one line, and harmless to a terminal."""
    short = text if len(text) <= 60 else f"{text[:57]}…"  # noqa: PLR2004 - what fits on a line
    return f"`{''.join(map(_printable, short))}`"


def did_you_mean(word: str, known: Iterable[str]) -> str | None:
    """Return the known word that *word* most likely is a misspelling of, or None."""
    candidates = list(known)
    folded = {candidate.casefold().replace("-", "_"): candidate for candidate in candidates}
    plain = word[:100].casefold().replace("-", "_")
    close = difflib.get_close_matches(plain, folded, n=1, cutoff=0.6)
    return folded[close[0]] if close else None


class Faults:
    """Gathers the faults of one file: the first hundred in full, the rest counted."""

    def __init__(self, file: str, text: str = "") -> None:
        self.file = file
        self._text = text
        self._lines: list[str] | None = None
        self._found: list[Fault] = []
        self._more = 0

    def add(self, place: Place | None, problem: str, fix: str, source: str | None = None) -> None:
        """Note a fault at a place, or in the file as a whole; *source* is its line, when the text cannot tell it."""
        if self.full:
            self._more += 1
            return
        line, column = place or (0, 0)
        self._found.append(Fault(self.file, line, column, problem, fix, self.line(line) if source is None else source))

    def unknown(self, place: Place, problem: str, word: str, known: Iterable[str], fix: str = "") -> None:
        """Note a word that is none of the known ones, with the one that was probably meant, or else those and *fix*."""
        if self.full:
            self._more += 1
            return
        names = sorted(known)
        near = did_you_mean(word, names)
        self.add(place, problem, f"Did you mean {quoted(near)}?" if near else _one_of(names, fix))

    @property
    def full(self) -> bool:
        """Whether further faults are only counted."""
        return len(self._found) >= _SHOWN

    def all(self) -> tuple[Fault, ...]:
        """Return the faults in the order of their places."""
        found = tuple(sorted(self._found, key=lambda fault: (fault.line, fault.column)))
        if not self._more:
            return found
        return (*found, Fault(self.file, 0, 0, f"There are {self._more} more faults.", "Mend the ones above first."))

    def line(self, number: int) -> str:
        """Return a line of the file, counted from 1; empty when it has none of that number."""
        if self._lines is None:
            self._lines = _BREAK.split(self._text)
        return self._lines[number - 1] if 0 < number <= len(self._lines) else ""


def _one_of(names: list[str], otherwise: str) -> str:
    if not names:
        return otherwise or "Remove it."
    use = f"Use one of: {', '.join(quoted(name) for name in names[:20])}{', …' if len(names) > 20 else ''}"  # noqa: PLR2004 - what is still read
    return f"{use}; or {otherwise[0].lower()}{otherwise[1:]}" if otherwise else f"{use}."
