"""What is left out of a comment that would be too long, in a fixed order: what a reviewer can do without goes first."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Sequence

MOST: Final = 60_000  # characters: forges refuse comments of more than about 65,000
# Left out from the first to the last, and no further than is needed. What is not here is never left out: its size is
# bounded where it is written. docs/reference/feedback.md says the same.
LADDER: Final = (
    "the drawing of the pipeline",
    "the stages",
    "the examples of fixed rows",
    "the columns of datasets",
    "what checks printed",
    "the complexity",
    "the pinned data",
    "the parameters",
    "the requirements",
    "the examples of broken rows",
    "the slices",
    "the tests",
    "the changed predictions",
    "the metrics",
)


@dataclass(frozen=True, slots=True)
class Part:
    """A piece of a comment: its name on the ladder, or empty when it is never left out."""

    text: str
    name: str = ""


def fit(parts: Sequence[Part], most: int = MOST) -> tuple[str, tuple[str, ...]]:
    """Return the text of *parts*, of at most *most* characters where it can be, and the names of what was left out."""
    size = sum(len(part.text) for part in parts)
    left: list[str] = []
    for name in LADDER:
        if size <= most:
            break
        gone = sum(len(part.text) for part in parts if part.name == name)
        if gone:
            left.append(name)
            size -= gone
    return "".join(part.text for part in parts if part.name not in left), tuple(left)
