"""Whoever asks: an account in person, an account by one of its tokens, or a runner of the platform's own."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum


class Scope(StrEnum):
    """How much of what its account may do a token may do."""

    READ = "read"
    WRITE = "write"
    ADMIN = "admin"


@dataclass(frozen=True, slots=True)
class Actor:
    """Somebody who proved who they are. Nobody is None, not an actor."""

    name: str
    is_admin: bool = False
    groups: frozenset[str] = frozenset()  # of the directory's, without `group:`
    token_scopes: frozenset[Scope] | None = None  # None: in person
    project_limit: str | None = None  # the only project that the token is for
    is_runner: bool = False

    @property
    def is_in_person(self) -> bool:
        """Whether they signed in themselves, rather than by a token that may be in other hands."""
        return self.token_scopes is None and not self.is_runner
