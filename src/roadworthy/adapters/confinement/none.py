"""No confinement: one's own commands run as oneself, where nothing better is there or wanted."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.build.workplace.confinement import Reach


class NoConfinement:
    """Runs a command as it is. A Confinement."""

    @property
    def name(self) -> str:
        """That there is none."""
        return "none"

    @property
    def trusts(self) -> str | None:
        """Everybody whose code is run, with everything."""
        return "all contributors"

    @property
    def follows(self) -> bool:
        """Nobody is followed."""
        return False

    @property
    def isolates(self) -> bool:
        """Everything is reached."""
        return False

    def enter(self, reach: Reach) -> None:
        """Do nothing."""

    def wrap(self, command: Sequence[str], reach: Reach, folder: str) -> list[str]:  # noqa: ARG002 - the protocol's signature
        """Return *command*."""
        return list(command)
