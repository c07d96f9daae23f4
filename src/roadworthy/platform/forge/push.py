"""A push, before it is let in: who wants which refs to name what."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Self

from roadworthy.platform.forge.names import shown

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

HEADS, TAGS = "refs/heads/", "refs/tags/"


@dataclass(frozen=True, slots=True)
class RefUpdate:
    """A ref that is to name *after*, None for nothing; it is said to name *before*."""

    ref: str
    before: str | None
    after: str | None

    @classmethod
    def parse(cls, line: str) -> Self:
        """Return what a line of git's `pre-receive` says: `BEFORE AFTER REF`.

        Raises:
            ValueError: It is no such line.
        """
        before, after, ref = line.split(" ", 2)
        return cls(ref, _object(before), _object(after))

    @property
    def branch(self) -> str | None:
        """The branch, without `refs/heads/`; None for another ref."""
        return self.ref.removeprefix(HEADS) if self.ref.startswith(HEADS) else None

    @property
    def tag(self) -> str | None:
        """The tag, without `refs/tags/`; None for another ref."""
        return self.ref.removeprefix(TAGS) if self.ref.startswith(TAGS) else None


@dataclass(frozen=True, slots=True)
class Push:
    """What *actor* sends to *project*: its objects lie aside until it is let in.

    Attributes:
        repository: The bare repository on this machine.
        quarantine: The environment in which git sees the objects that were sent; empty once they are kept.
    """

    project: str
    actor: str
    repository: Path
    updates: tuple[RefUpdate, ...]
    quarantine: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a ref is not let in, and what to do about it."""

    ref: str
    problem: str
    fix: str

    def lines(self) -> tuple[str, ...]:
        """Return what the pusher is shown."""
        return f"  {shown(self.ref.removeprefix(HEADS))}: {self.problem}", f"    {self.fix}"


def _object(name: str) -> str | None:
    if not name or set(name) - set("0123456789abcdef"):
        raise ValueError(name)
    return name if name.strip("0") else None
