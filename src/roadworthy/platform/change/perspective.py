"""The two perspectives of a review: which a change needs, and who may speak from each."""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Literal, get_args

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Mapping, Sequence

Perspective = Literal["software", "analysis"]
PERSPECTIVES: tuple[Perspective, ...] = get_args(Perspective)


def asked_for(software: Sequence[str], analysis: Sequence[str]) -> tuple[Perspective, ...]:
    """Return the perspectives that a project asks for, from the reviewers that its profile names."""
    listed = {"software": software, "analysis": analysis}
    return tuple(name for name in PERSPECTIVES if listed[name])


def word_for(path: str, paths: Mapping[str, str]) -> str | None:
    """Return what `review: paths:` says of *path*: the word of the last pattern that matches; None when none does.

    `*` stands for anything, `/` too; so `docs/**` is all that lies in `docs`.
    """
    return next((word for pattern, word in reversed(list(paths.items())) if fnmatchcase(path, pattern)), None)


def needed(files: Collection[str], asked: Sequence[Perspective], paths: Mapping[str, str]) -> tuple[Perspective, ...]:
    """Return the perspectives that a change of *files* needs: those that the project asks for, or less by its paths.

    A change of no file, or of one that no pattern names, needs all of them.
    """
    words = {word_for(path, paths) for path in files} or {None}
    return tuple(name for name in asked if None in words or name in words)


def listing(entries: Iterable[str], name: str, groups: Collection[str]) -> str | None:
    """Return the entry of `reviewers` by which *name*, who is in *groups*, may speak; None when none lets them."""
    theirs = {name, f"user:{name}", *(f"group:{group}" for group in groups)}
    return next((entry for entry in entries if entry in theirs), None)
