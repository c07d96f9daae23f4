"""The lines in which two texts differ, with those around them."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_AROUND = 3


@dataclass(frozen=True, slots=True)
class Line:
    """A line that came, went or stayed, with its number on each side, from 1; None where it is not there."""

    sign: Literal["+", "-", " "]
    before: int | None
    after: int | None
    text: str


Hunk = tuple[Line, ...]


def hunks(before: str, after: str, *, around: int = _AROUND) -> tuple[Hunk, ...]:
    """Return the places in which two texts differ, each with *around* lines before and after it."""
    old, new = before.splitlines(), after.splitlines()
    groups = SequenceMatcher(None, old, new, autojunk=False).get_grouped_opcodes(around)
    return tuple(tuple(_lines(group, old, new)) for group in groups)


def _lines(group: Sequence[tuple[str, int, int, int, int]], old: Sequence[str], new: Sequence[str]) -> Iterator[Line]:
    for kind, low, high, start, end in group:
        if kind == "equal":
            yield from (Line(" ", low + at + 1, start + at + 1, old[low + at]) for at in range(high - low))
            continue
        yield from (Line("-", at + 1, None, old[at]) for at in range(low, high))
        yield from (Line("+", None, at + 1, new[at]) for at in range(start, end))
