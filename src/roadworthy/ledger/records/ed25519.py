"""Signing and verifying with Ed25519: imported only when a record is written, or first read."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING

from blake3 import blake3
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)

from roadworthy.errors import IntegrityError
from roadworthy.ledger.objects.write import write_once
from roadworthy.ledger.records.signer import TrustedKey

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.ledger.records.record import Authority


class FileSigner:
    """Signs with the key in a file that only its owner can read; made on first use. Satisfies `Signer`."""

    def __init__(self, path: Path, authority: Authority, *, aside: Path) -> None:
        if not path.exists():
            new = Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
            write_once(path, new, aside=aside, mode=0o600)
        self._private = _load(path)
        public = self._private.public_key().public_bytes(Encoding.Raw, PublicFormat.Raw)
        self.key = TrustedKey(key_id(public), public, authority)

    def __repr__(self) -> str:
        return f"FileSigner({self.key.id}, {self.key.authority})"

    def sign(self, data: bytes) -> bytes:
        """Return the signature of *data*."""
        return self._private.sign(data)


def key_id(public: bytes) -> str:
    """Return the name of a public key, as it stands in envelopes."""
    return f"ed25519:{blake3(public).hexdigest()[:32]}"


def is_signed(data: bytes, signature: bytes, public: bytes) -> bool:
    """Whether *signature* over *data* was made with the private half of *public*."""
    try:
        Ed25519PublicKey.from_public_bytes(public).verify(signature, data)
    except (InvalidSignature, ValueError):
        return False
    return True


def _load(path: Path) -> Ed25519PrivateKey:
    handle = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_CLOEXEC)
    with os.fdopen(handle, "rb") as file:
        data = file.read()
    try:
        private = load_pem_private_key(data, password=None)
    except ValueError as fault:
        raise _no_key(path) from fault
    if not isinstance(private, Ed25519PrivateKey):
        raise _no_key(path)
    return private


def _no_key(path: Path) -> IntegrityError:
    return IntegrityError(
        f"{path} is not an Ed25519 private key.",
        remedy="Restore it from a copy; or remove it to begin with a new key, and run and release again.",
    )
