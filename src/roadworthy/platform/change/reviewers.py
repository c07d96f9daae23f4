"""Who might be asked for a review: who knows the files, and has time."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping

    from roadworthy.platform.change.perspective import Perspective
    from roadworthy.platform.change.said import Said

_SHOWN = 5
_LOAD = 2  # files that one open request weighs as much as


@dataclass(frozen=True, slots=True)
class Suggestion:
    """Somebody who might be asked.

    Attributes:
        who: Their name.
        perspective: From which they may speak.
        history: How many of the change's files stood in changes that they reviewed before.
        load: How many open changes wait for them.
        asked: Whether they were asked for this one.
    """

    who: str
    perspective: Perspective
    history: int
    load: int
    asked: bool


def suggest(
    may: Mapping[Perspective, Collection[str]],
    files: Collection[str],
    reviews: Iterable[Said],
    waiting: Iterable[str],
    asked: Collection[tuple[str, str]],
) -> tuple[Suggestion, ...]:
    """Return who might be asked from each perspective, the best first.

    Args:
        may: Who may speak from each perspective, without who made the change.
        files: What it changes.
        reviews: Every approval of the project.
        waiting: For each open request that was not answered yet, who was asked.
        asked: Who was asked for this change, and from which perspective.
    """
    known = Counter[str]()
    for name, theirs in _files_of(reviews).items():
        known[name] = len(theirs & set(files))
    load = Counter(waiting)
    found: list[Suggestion] = []
    for perspective, names in may.items():
        listed = [Suggestion(one, perspective, known[one], load[one], (one, perspective) in asked) for one in names]
        listed.sort(key=lambda one: (_LOAD * one.load - one.history, one.who))
        found += listed[:_SHOWN]
    return tuple(found)


def _files_of(reviews: Iterable[Said]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for one in reviews:
        found.setdefault(one.actor, set()).update(one.body["files"])
    return found
