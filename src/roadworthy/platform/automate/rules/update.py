"""A ref that is not where it was, and what the rules need to know about it."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class OpenChange:
    """A change that is open from the branch."""

    number: int
    target: str


@dataclass(frozen=True, slots=True)
class Update:
    """Where a ref was and where it is.

    Attributes:
        ref: Its whole name, such as `refs/heads/develop`.
        before: The object it named; None when it is new.
        after: The object it names; None when it was deleted.
        change: The change that is open from this branch.
        merged: The number of the change whose merge *after* is.
        ahead: How many commits the main branch has that the develop branch lacks; None when there is no such branch.
    """

    ref: str
    before: str | None
    after: str | None
    change: OpenChange | None = None
    merged: int | None = None
    ahead: int | None = 0
