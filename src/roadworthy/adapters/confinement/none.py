"""No confinement: for a laptop, where one's own commands run as oneself."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path


class NoConfinement:
    """Runs a command as it is. A Confinement."""

    @property
    def trusts(self) -> str | None:
        """Everybody whose code is run."""
        return "all contributors: their code runs with the rights of whoever runs it"

    def wrap(self, command: Sequence[str], folder: Path) -> list[str]:  # noqa: ARG002 - the protocol's signature
        """Return *command*."""
        return list(command)
