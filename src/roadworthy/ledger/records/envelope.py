"""A record as bytes: an in-toto Statement in a DSSE envelope.

Source:
    in-toto Attestation Framework, Statement v1; DSSE: Dead Simple Signing Envelope v1.0.2.
"""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, get_args

from roadworthy.errors import IntegrityError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.records.record import Authority, Record

if TYPE_CHECKING:
    from collections.abc import Mapping

PAYLOAD_TYPE = "application/vnd.in-toto+json"
_STATEMENT = "https://in-toto.io/Statement/v1"
_EXACT, _LONGEST = 2**53, 20
_KIND, _VERSION = "urn:roadworthy:", ":v1alpha1"


@dataclass(frozen=True, slots=True)
class Envelope:
    """A signed payload, taken apart and not yet believed."""

    payload: bytes
    key_id: str
    signature: bytes

    @property
    def signed(self) -> bytes:
        """The bytes that the signature is over."""
        return pre_authentication_encoding(self.payload)


def pre_authentication_encoding(payload: bytes) -> bytes:
    """Return the bytes that are signed for *payload*."""
    kind = PAYLOAD_TYPE.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def statement(record: Record) -> Mapping[str, object]:
    """Return the in-toto Statement of *record*, as JSON values."""
    return {
        "_type": _STATEMENT,
        "subject": [
            {"name": name, "digest": {"blake3": address.digest}} for name, address in sorted(record.subject.items())
        ],
        "predicateType": f"{_KIND}{record.kind}{_VERSION}",
        "predicate": {
            "actor": record.actor,
            "at": record.at,
            "authority": record.authority,
            "body": record.body,
        },
    }


def wrap(envelope: Envelope) -> Mapping[str, object]:
    """Return the DSSE envelope as JSON values."""
    return {
        "payload": base64.b64encode(envelope.payload).decode(),
        "payloadType": PAYLOAD_TYPE,
        "signatures": [{"keyid": envelope.key_id, "sig": base64.b64encode(envelope.signature).decode()}],
    }


def unwrap(data: bytes, name: str) -> Envelope:
    """Take the bytes of an envelope apart.

    Raises:
        IntegrityError: They are not a DSSE envelope with one signature.
    """
    try:
        content = json.loads(data)
        _expect(content["payloadType"] == PAYLOAD_TYPE)
        (signature,) = content["signatures"]
        return Envelope(
            payload=base64.b64decode(content["payload"], validate=True),
            key_id=str(signature["keyid"]),
            signature=base64.b64decode(signature["sig"], validate=True),
        )
    except (ValueError, TypeError, KeyError, binascii.Error, RecursionError) as fault:
        raise _unreadable(name, "a signed envelope") from fault


def parse(payload: bytes, name: str) -> Record:
    """Return the record that the payload of a believed envelope states.

    Raises:
        IntegrityError: It is not a Statement of ours.
    """
    try:
        content = json.loads(payload, parse_int=_number)
        kind, predicate = content["predicateType"], content["predicate"]
        _expect(content["_type"] == _STATEMENT and kind.startswith(_KIND) and kind.endswith(_VERSION))
        _expect(predicate["authority"] in get_args(Authority) and isinstance(predicate["body"], dict))
        return Record(
            kind=kind[len(_KIND) : -len(_VERSION)],
            body=predicate["body"],
            actor=str(predicate["actor"]),
            at=str(predicate["at"]),
            subject={one["name"]: Address(f"blake3:{one['digest']['blake3']}") for one in content["subject"]},
            authority=predicate["authority"],
        )
    except (ValueError, TypeError, KeyError, AttributeError, RecursionError) as fault:
        raise _unreadable(name, "a record of Roadworthy's") from fault


def _number(digits: str) -> int | float:
    # Canonical JSON writes a large double without its point: those digits name the double, not an integer.
    number = int(digits) if len(digits) < _LONGEST else float(digits)
    return number if abs(number) < _EXACT else float(digits)


def _expect(holds: bool) -> None:  # noqa: FBT001 - read as a sentence
    if not holds:
        raise ValueError


def _unreadable(name: str, what: str) -> IntegrityError:
    return IntegrityError(
        f"{name} is not {what}.", remedy="Restore it from a copy, or do again what it is the record of."
    )
