"""Following a platform: its key and the records of a project, brought into a clone, where they are then believed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.app.remote import trusted
from roadworthy.app.remote.platform import platform_of, refuse_in_the_clear
from roadworthy.errors import IntegrityError, NotAllowed, Unreachable
from roadworthy.ledger import ledger
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.ledger.records.keep import public_line, read_public

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.app.remote.client import Remote
    from roadworthy.app.remote.platform import Platform
    from roadworthy.ledger.records.signer import TrustedKey

AT_ONCE = 200  # records that are asked for in one request


@dataclass(frozen=True, slots=True)
class Followed:
    """What was brought: the key by which it is believed, how many records are here, and how many of them are new."""

    key: str
    records: int
    new: int


def follow(local: Local, remote: Remote, project: str) -> Followed:
    """Bring the platform's key, and those of the project's records that are not here yet. May be repeated.

    The key is looked at first, and without a token. A record is believed when it is read and its signature is right,
    not because it was brought.

    Raises:
        NotAllowed: The platform has another key than before, or the token does not reach so far.
        UsageError: The token would be sent in the clear.
        Unreachable: It does not answer, or not as a platform does.
        IntegrityError: What it sends is not what it says.
        StorageError: The disk is full.
    """
    platform = platform_of(remote.url)
    refuse_in_the_clear(platform)
    key = trusted.examine(platform, str(type(remote)(remote.url).get("key")))
    _trust(local.ledger.state, platform, key)
    trusted.remember(platform, key)
    there = _addresses(remote.get("projects", project, "records"))
    lacking = [one for one in there if not local.ledger.records.path(one).exists()]
    for start in range(0, len(lacking), AT_ONCE):
        some = lacking[start : start + AT_ONCE]
        sent = remote.post("projects", project, "records", body={"addresses": some})
        for address in some:
            _keep(local, address, str(sent.get(address, "")).encode())
    return Followed(key.id, len(there), len(lacking))


def _trust(state: Path, platform: Platform, key: TrustedKey) -> None:
    place = state / ledger.TRUSTED / trusted.path(platform).name
    try:
        before = read_public(place, "platform")
    except FileNotFoundError:
        place.parent.mkdir(parents=True, exist_ok=True)
        write_bytes(place, public_line(key).encode(), aside=state)
        return
    if before != key:
        raise NotAllowed(
            f"THE KEY OF {platform.url} HAS CHANGED since this clone followed it: it was {before.id}, and is {key.id}.",
            remedy=f"Ask its administrator, in person. If it was replaced, remove {place}, and follow it again; what "
            "was stated with the key before is then not believed here any more.",
        )


def _addresses(said: object) -> list[Address]:
    try:
        return [Address(one) for one in said] if isinstance(said, list) else []
    except (ValueError, TypeError) as fault:
        raise Unreachable("What answers is no list of records.", remedy="See that it is a platform.") from fault


def _keep(local: Local, address: Address, data: bytes) -> None:
    if Address.of(data) != address:
        raise IntegrityError(
            f"The platform sent other bytes than those of the record {address}.",
            remedy="Try again; and tell its administrator: a record may be damaged, see `roadworthy rebuild --plan`.",
        )
    records = local.ledger.records
    write_bytes(records.path(address), data, aside=records.folder / "aside", mode=0o444)
