"""What is needed of who signs records, and of the keys that are believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from roadworthy.ledger.records.record import Authority


class Signer(Protocol):
    """Signs with one key."""

    @property
    def key(self) -> TrustedKey:
        """The public half: its id stands in what was signed."""

    def sign(self, data: bytes) -> bytes:
        """Return the signature of *data*: the same for the same data, always."""


@dataclass(frozen=True, slots=True)
class TrustedKey:
    """A public key that is believed, and the authority with which it may speak."""

    id: str
    public: bytes
    authority: Authority
