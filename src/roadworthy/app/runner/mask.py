"""Secrets taken out of what a job prints, wherever the pieces of it are cut."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_SHORTEST = 4  # characters: less would mask the rest of the log as well
MASK = "***"


class Masked:
    """Hands text on with every secret in it replaced; the end of a piece waits while a secret may begin there."""

    def __init__(self, say: Callable[[str], None], secrets: Iterable[str]) -> None:
        lines = (line.strip() for secret in secrets for line in (secret, *secret.splitlines()))
        self._secrets = sorted({line for line in lines if len(line) >= _SHORTEST}, key=len, reverse=True)
        self._say = say
        self._held = ""

    def say(self, text: str) -> None:
        """Take a piece of text."""
        whole = self._held + text
        for secret in self._secrets:
            whole = whole.replace(secret, MASK)
        keep = max((_begun(whole, secret) for secret in self._secrets), default=0)
        self._held = whole[len(whole) - keep :]
        if len(whole) > keep:
            self._say(whole[: len(whole) - keep])

    def end(self) -> None:
        """Hand on what is held."""
        held, self._held = self._held, ""
        if held:
            self._say(held)


def _begun(text: str, secret: str) -> int:
    """Return how many characters at the end of *text* may be the beginning of *secret*."""
    most = min(len(secret) - 1, len(text))
    return next((size for size in range(most, 0, -1) if text.endswith(secret[:size])), 0)
