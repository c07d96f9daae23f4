"""What a project's code printed, as its author needs it: of a traceback, their own lines and where it was raised."""

from __future__ import annotations

import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

_OWN = 6  # frames of the project's own files that are told of one traceback, the innermost ones
_FRAME = re.compile(r'(?P<margin>[\s|]*)File "(?P<path>[^"]+)", line \d+')
_MARGIN = re.compile(r"[\s|]*")
_REPEATED = "[Previous line repeated"
_INSTALLED = re.compile(r"(^|[/\\])(\.roadworthy|site-packages|dist-packages)[/\\]")
_KIT = f"{os.sep}roadworthy_kit{os.sep}"
_GAP = "…"


@dataclass(frozen=True, slots=True)
class _Part:
    """Some lines: a frame of a traceback, or one line of anything else, whose `path` is empty."""

    lines: tuple[str, ...]
    path: str = ""
    is_own: bool = False


def tail(text: str, project: Path, most: int) -> list[str]:
    """Return the last lines of *text*, with the frames of files in *project* and the last one of every traceback.

    A library's frames between the two tell an author nothing, and push their own line out of sight. Where what follows
    is longer than *most* lines, the innermost own frame and what was raised are told all the same.
    """
    parts = _condensed(list(_parts(text.splitlines(), project)))
    kept = _needed(parts)
    lines = [(line, number in kept) for number, part in enumerate(parts) for line in part.lines]
    start = max(0, len(lines) - most)
    above = [line for line, is_kept in lines[:start] if is_kept]
    return [*above, *([_GAP] if above else []), *(line for line, _ in lines[start:])]


def _parts(lines: Sequence[str], project: Path) -> Iterator[_Part]:
    roots = {f"{str(folder).rstrip(os.sep)}{os.sep}" for folder in (project.absolute(), project.resolve())}
    number = 0
    while number < len(lines):
        frame = _FRAME.match(lines[number])
        end = number + 1
        while frame and end < len(lines) and _belongs(lines[end], len(frame["margin"])):
            end += 1
        path = frame["path"] if frame else ""
        yield _Part(tuple(lines[number:end]), path, _is_own(path, roots))
        number = end


def _belongs(line: str, margin: int) -> bool:
    """Return whether *line* is a part of the frame that stands before it."""
    found = _MARGIN.match(line)
    own = len(found[0]) if found else 0
    return not _FRAME.match(line) and (own > margin or (own == margin and line[own:].startswith(_REPEATED)))


def _is_own(path: str, roots: set[str]) -> bool:
    inside = next((path.removeprefix(root) for root in roots if path.startswith(root)), None)
    return inside is not None and not _INSTALLED.search(inside) and _KIT not in path


def _condensed(parts: list[_Part]) -> list[_Part]:
    """Return the parts without a library's frames, where any frame is the project's, and without the kit's."""
    drops = any(part.is_own for part in parts)
    told: list[_Part] = []
    for number, part in enumerate(parts):
        ends = number + 1 == len(parts) or not parts[number + 1].path
        if _KIT in part.path or (drops and part.path and not part.is_own and not ends):
            continue
        told.append(part)
        if ends and part.path:
            told = _innermost(told)
    return told


def _innermost(parts: list[_Part]) -> list[_Part]:
    """Return the parts with but the last own frames of the traceback that ends them."""
    start = len(parts)
    while start and parts[start - 1].path:
        start -= 1
    return [*parts[:start], *parts[start:][-_OWN - 1 :]]


def _needed(parts: Sequence[_Part]) -> set[int]:
    """Return where the innermost own frame stands, and the line that says what was raised in the end."""
    own = [number for number, part in enumerate(parts) if part.is_own]
    raised = [number for number in range(1, len(parts)) if parts[number - 1].path and not parts[number].path]
    return {*own[-1:], *raised[-1:]} if own else set()
