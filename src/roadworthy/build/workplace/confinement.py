"""What is needed of something that keeps a project's processes from seeing more than their project."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class Confinement(Protocol):
    """Wraps a command so that it sees only its own project."""

    @property
    def trusts(self) -> str | None:
        """Who has to be trusted with everything, in words for the user; None when nobody has to be."""

    def wrap(self, command: Sequence[str], folder: Path) -> list[str]:
        """Return the command that runs *command* confined to *folder*. May be repeated."""
