"""The graph of stages as a drawing: each in the column after the last that it waits for, with lines between them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from roadworthy.prove.review.text import visible

_WIDE, _HIGH = 172, 38  # of a box
_ACROSS, _DOWN = 46, 14  # between boxes
_LETTERS = 16  # of a name that a box shows
_MOST = 40  # stages that are drawn


@dataclass(frozen=True, slots=True)
class Box:
    """A stage, with its place."""

    name: str
    shown: str
    state: str
    x: int
    y: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """Boxes, the paths of lines between them, and how large it is; of what a box shows, the letters are as wide."""

    boxes: tuple[Box, ...]
    lines: tuple[str, ...]
    width: int
    height: int
    box: tuple[int, int] = (_WIDE, _HIGH)


def drawn(stages: Sequence[Mapping[str, Any]]) -> Drawing | None:
    """Return the drawing of *stages*, each with `name`, `state` and `needs`; None when it would show nothing."""
    if not 1 < len(stages) <= _MOST or not any(stage["needs"] for stage in stages):
        return None
    columns: dict[str, int] = {}
    for stage in stages:  # in running order, so what one waits for has its column
        columns[stage["name"]] = 1 + max((columns.get(need, -1) for need in stage["needs"]), default=-1)
    filled: dict[int, int] = {}
    boxes = {stage["name"]: _box(stage, columns[stage["name"]], filled) for stage in stages}
    lines = [_line(boxes[need], boxes[stage["name"]]) for stage in stages for need in stage["needs"]]
    width = max(box.x for box in boxes.values()) + _WIDE + 2
    height = max(box.y for box in boxes.values()) + _HIGH + 2
    return Drawing(tuple(boxes.values()), tuple(lines), width, height)


def _box(stage: Mapping[str, Any], column: int, filled: dict[int, int]) -> Box:
    row = filled.get(column, 0)
    filled[column] = row + 1
    shown = visible(stage["name"], _LETTERS)
    x, y = 1 + column * (_WIDE + _ACROSS), 1 + row * (_HIGH + _DOWN)
    return Box(stage["name"], shown, stage["state"], x, y)


def _line(one: Box, other: Box) -> str:
    x, y, to_x, to_y = one.x + _WIDE, one.y + _HIGH // 2, other.x, other.y + _HIGH // 2
    half = (to_x - x) // 2
    return f"M{x} {y}C{x + half} {y} {to_x - half} {to_y} {to_x} {to_y}"
