"""Notebooks as cells: what people wrote in them and what was printed, and nothing that a browser would run."""

from __future__ import annotations

import json
from dataclasses import dataclass
from difflib import SequenceMatcher
from typing import TYPE_CHECKING, Any, Literal

from roadworthy.prove.review.sources.lines import hunks

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.prove.review.sources.lines import Hunk

_OUTPUT = 2000  # characters of an output that are shown
_CELLS = 2000
_TEXTS = ("text/plain", "text/markdown")


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell that came, went or changed.

    Attributes:
        number: Its place in the notebook, from 1: in the newer one, unless it went.
        kind: `code`, `markdown` or `raw`.
        state: What became of it.
        hunks: The lines of its source that differ.
        outputs: What it printed, as text; of pictures and markup, that they are there.
    """

    number: int
    kind: str
    state: Literal["added", "removed", "changed"]
    hunks: tuple[Hunk, ...]
    outputs: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class _Read:
    kind: str
    source: str
    outputs: tuple[str, ...]


def cells(before: str | None, after: str | None, *, rows_shown: bool) -> tuple[Cell, ...] | None:
    """Return the cells in which two notebooks differ; None where one of them is no notebook.

    Args:
        before: The older one; None where it is not there.
        after: The newer one.
        rows_shown: Whether outputs may be shown: they may hold rows.
    """
    old, new = (() if text is None else _read(text, rows_shown=rows_shown) for text in (before, after))
    return None if old is None or new is None else tuple(_changed(old, new))


def _changed(old: Sequence[_Read], new: Sequence[_Read]) -> Iterator[Cell]:
    matcher = SequenceMatcher(None, [(one.kind, one.source) for one in old], [(one.kind, one.source) for one in new],
                              autojunk=False)  # fmt: skip
    for kind, low, high, start, end in matcher.get_opcodes():
        if kind == "equal":
            continue
        both = min(high - low, end - start)
        for at in range(both):
            was, now = old[low + at], new[start + at]
            yield Cell(start + at + 1, now.kind, "changed", hunks(was.source, now.source), now.outputs)
        for at in range(low + both, high):
            yield Cell(at + 1, old[at].kind, "removed", hunks(old[at].source, ""))
        for at in range(start + both, end):
            yield Cell(at + 1, new[at].kind, "added", hunks("", new[at].source), new[at].outputs)


def _read(text: str, *, rows_shown: bool) -> tuple[_Read, ...] | None:
    try:
        document = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found = document.get("cells") if isinstance(document, dict) else None
    if not isinstance(found, list) or len(found) > _CELLS:
        return None
    return tuple(_cell(one, rows_shown=rows_shown) for one in found if isinstance(one, dict))


def _cell(one: dict[str, Any], *, rows_shown: bool) -> _Read:
    outputs = one.get("outputs")
    listed = outputs if isinstance(outputs, list) else []
    shown = [_output(each) for each in listed if isinstance(each, dict)]
    if shown and not rows_shown:
        shown = ["Its output is not shown: it may hold rows."]
    return _Read(str(one.get("cell_type", "")), _text(one.get("source")), tuple(filter(None, shown)))


def _output(one: dict[str, Any]) -> str:
    match one.get("output_type"):
        case "stream":
            return _text(one.get("text"))[:_OUTPUT]
        case "error":
            return f"{one.get('ename', 'Error')}: {one.get('evalue', '')}"[:_OUTPUT]
    data = one.get("data")
    if not isinstance(data, dict):
        return ""
    found = next((_text(data[kind]) for kind in _TEXTS if kind in data), "")
    others = [str(kind) for kind in data if kind not in _TEXTS]
    hidden = f"[{', '.join(others)[:100]}: not shown]" if others else ""
    return "\n".join(filter(None, (found[:_OUTPUT], hidden)))


def _text(value: object) -> str:
    if isinstance(value, list):
        return "".join(part for part in value if isinstance(part, str))
    return value if isinstance(value, str) else ""
