"""What a story is made of."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Type:
    """A command as a user types it; `status` is the exit status that the story expects."""

    line: str
    status: int = 0


@dataclass(frozen=True)
class Edit:
    """A change of one file: *old*, which stands there once, becomes *new*."""

    file: str
    old: str
    new: str


@dataclass(frozen=True)
class Serve:
    """A server started in the background, waited for until *ready* answers, and stopped when the story ends."""

    line: str
    ready: str


Action = Type | Edit | Serve


@dataclass(frozen=True)
class Step:
    """A part of the story: what happens and why, and what is typed for it."""

    title: str
    why: str
    actions: tuple[Action, ...]
