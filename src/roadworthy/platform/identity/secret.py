"""A secret: shown once to whom it is for, and kept as a digest alone."""

from __future__ import annotations

import base64
import hashlib
import hmac
import secrets
from dataclasses import dataclass, field
from typing import Self

_BYTES = 32


@dataclass(frozen=True, slots=True, eq=False)
class Secret:
    """A text that nobody sees by accident: not in a repr, a log line or a traceback."""

    _text: str = field(repr=False)

    @classmethod
    def fresh(cls) -> Self:
        """Return 256 random bits, in 52 small letters and digits."""
        return cls(_letters(secrets.token_bytes(_BYTES)))

    def reveal(self) -> str:
        """Return the text, for the one answer in which it is shown."""
        return self._text

    def digest(self, purpose: str) -> str:
        """Return what is kept of it. A digest for one purpose says nothing for another.

        A random secret of 256 bits needs no slow hash; passwords do, and have one in `password`.
        """
        return hashlib.blake2b(_bytes(self._text), digest_size=_BYTES, person=purpose.encode()).hexdigest()

    def matches(self, digest: str, purpose: str) -> bool:
        """Whether *digest* is this secret's, in a time that does not tell how much of it agrees."""
        return hmac.compare_digest(self.digest(purpose), digest)

    def __str__(self) -> str:
        return "***"


def identifier() -> str:
    """Return a random name of 60 bits, which is not secret."""
    return _letters(secrets.token_bytes(8))[:12]


def _bytes(text: str) -> bytes:
    # What comes in a request may hold half a character: it is as wrong as any other text, and no fault of ours.
    return text.encode("utf-8", "surrogatepass")


def _letters(data: bytes) -> str:
    return base64.b32encode(data).decode("ascii").rstrip("=").lower()
