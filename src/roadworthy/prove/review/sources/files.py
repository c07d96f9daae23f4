"""The files of a change, each with what differs in it, as much as there is room for."""

from __future__ import annotations

from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import TYPE_CHECKING

from roadworthy.prove.review.sources.lines import hunks
from roadworthy.prove.review.sources.notebook import cells

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from roadworthy.prove.review.sources.lines import Hunk
    from roadworthy.prove.review.sources.notebook import Cell

LARGEST = 300_000  # bytes of a file that is looked into
_LONGEST = 5000  # lines of one
_ROOM = 200_000  # characters of all differing lines together
_PER_LINE = 60  # that a line costs besides its characters
_ROWS = {".csv", ".tsv", ".jsonl", ".ndjson", ".parquet", ".arrow", ".feather", ".xlsx"}


@dataclass(frozen=True, slots=True)
class Contents:
    """A file that differs, with its bytes on each side: None where it is not there, or was not read."""

    path: str
    added: int | None
    removed: int | None
    before: bytes | None
    after: bytes | None
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class FileDiff:
    """A file, what differs in its lines or, of a notebook, in its cells; or why that is not shown."""

    path: str
    added: int | None
    removed: int | None
    hunks: tuple[Hunk, ...] = ()
    cells: tuple[Cell, ...] = ()
    why_not: str = ""


def differing(contents: Iterable[Contents], *, rows_shown: bool) -> tuple[FileDiff, ...]:
    """Return what differs in each file; of what is beyond the room there is, that it is not shown."""
    found, room = [], _ROOM
    for one in contents:
        diff = _diff(one, rows_shown=rows_shown)
        room -= (cost := _cost(diff))
        if room < 0:
            diff, room = FileDiff(one.path, one.added, one.removed, why_not="the page has no more room"), room + cost
        found.append(diff)
    return tuple(found)


def _diff(one: Contents, *, rows_shown: bool) -> FileDiff:
    plain = FileDiff(one.path, one.added, one.removed, why_not=one.why_not)
    if one.why_not:
        return plain
    ending = PurePosixPath(one.path).suffix.lower()
    if ending in _ROWS and not rows_shown:
        return replace(plain, why_not="it may hold rows, and profile.yaml says `review: {rows: never}`")
    texts = [_text(side) for side in (one.before, one.after)]
    if any(text is None for text, side in zip(texts, (one.before, one.after), strict=True) if side is not None):
        return replace(plain, why_not="it is no text")
    if ending == ".ipynb" and (found := cells(*texts, rows_shown=rows_shown)) is not None:
        return replace(plain, cells=found, why_not="" if found else "no cell differs in what was written")
    before, after = (text or "" for text in texts)
    if max(before.count("\n"), after.count("\n")) > _LONGEST:
        return replace(plain, why_not=f"it has more than {_LONGEST:,} lines")
    return replace(plain, hunks=hunks(before, after))


def _text(side: bytes | None) -> str | None:
    if side is None or b"\0" in side:
        return None
    try:
        return side.decode("utf-8")
    except UnicodeDecodeError:
        return None


def _cost(diff: FileDiff) -> int:
    each = (*diff.hunks, *(hunk for cell in diff.cells for hunk in cell.hunks))
    printed = sum(len(text) for cell in diff.cells for text in cell.outputs)
    return printed + sum(_of_line(line.text) for hunk in each for line in hunk)


def _of_line(text: str) -> int:
    return min(len(text.encode()), 500) + _PER_LINE


def ordered(paths: Sequence[str], kinds: Sequence[str]) -> list[int]:
    """Return the places of *paths* in the order of a review: code first, then tests, notebooks, and the rest."""
    order = ("code", "tests", "notebooks", "declarations", "documentation", "other files")
    return sorted(range(len(paths)), key=lambda at: (order.index(kinds[at]), paths[at]))
