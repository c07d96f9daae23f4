"""Signing a record, and believing one: what `keep` loads only when it must."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import IntegrityError, NotAllowed
from roadworthy.ledger.records.canonical import canonical
from roadworthy.ledger.records.ed25519 import FileSigner, is_signed
from roadworthy.ledger.records.envelope import Envelope, pre_authentication_encoding, statement, wrap

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.ledger.records.record import Authority, Record
    from roadworthy.ledger.records.signer import Signer, TrustedKey


def signer(path: Path, authority: Authority, aside: Path) -> Signer:
    """Return who signs with the key at *path*, made when it is not there, and may speak with *authority*."""
    return FileSigner(path, authority, aside=aside)


def seal(record: Record, by: Signer) -> bytes:
    """Return the signed envelope of *record*: the same bytes for the same record and key.

    Raises:
        NotAllowed: The signer may not speak with the record's authority.
        ValueError: The body is not JSON.
    """
    if record.authority != by.key.authority:
        raise NotAllowed(
            f"A {by.key.authority} key cannot state a record with the authority of a {record.authority}.",
            remedy="Do this on the platform, or state it as a local record.",
        )
    payload = canonical(statement(record))
    signature = by.sign(pre_authentication_encoding(payload))
    return canonical(wrap(Envelope(payload, by.key.id, signature)))


def believe(envelope: Envelope, key: TrustedKey, name: str) -> None:
    """Check the signature of *envelope*.

    Raises:
        IntegrityError: It was not made with *key*.
    """
    if not is_signed(envelope.signed, envelope.signature, key.public):
        raise IntegrityError(
            f"{name} is not signed by the key that it names ({key.id}).",
            remedy="Do not use it: it was changed or forged. Do again what it claims to be the record of.",
        )
