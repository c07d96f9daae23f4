"""The keys of platforms: believed as they were when they were first seen, and never silently replaced."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.app.remote import configuration
from roadworthy.errors import NotAllowed, Unreachable
from roadworthy.ledger.objects.write import write_bytes
from roadworthy.ledger.records.keep import parse_public, public_line, read_public

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.remote.platform import Platform
    from roadworthy.ledger.records.signer import TrustedKey


def path(platform: Platform) -> Path:
    """Return where the key of *platform* is kept, or would be."""
    host = platform.host.replace(":", "-")
    return configuration.folder() / "platforms" / f"{host}_{platform.port}.pub"


def known(platform: Platform) -> TrustedKey | None:
    """Return the key of *platform* as it was first seen; None when it was not.

    Raises:
        IntegrityError: The file holds something else.
    """
    try:
        return read_public(path(platform), "platform")
    except FileNotFoundError:
        return None


def examine(platform: Platform, line: str) -> TrustedKey:
    """Return the key that *platform* says it has, if nothing speaks against it.

    Raises:
        Unreachable: It is no key.
        NotAllowed: Another was seen before: nothing of this platform's is to be believed until somebody looks.
        IntegrityError: The file of the one seen before is damaged.
    """
    from roadworthy.ledger.records.ed25519 import key_id

    try:
        key = parse_public(line, "platform")
    except ValueError:
        key = None
    if key is None or key.id != key_id(key.public):
        raise Unreachable(
            f"{platform.url} shows no key of a platform.", remedy="See that it is the address of a Roadworthy platform."
        )
    before = known(platform)
    if before is not None and before != key:
        raise NotAllowed(
            f"THE KEY OF {platform.url} HAS CHANGED. It was {before.id}, and is {key.id} now. Somebody may stand "
            "between you and the platform, or speak in its place. Your token was not sent.",
            remedy="Ask its administrator, in person, what its key is. If it was replaced, remove "
            f"{path(platform)} and log in again.",
        )
    return key


def remember(platform: Platform, key: TrustedKey) -> bool:
    """Believe *key* from now on; return whether it was new. Raises StorageError."""
    place = path(platform)
    with configuration.changing():
        if place.exists():
            return False
        place.parent.mkdir(exist_ok=True)
        write_bytes(place, public_line(key).encode(), aside=place.parent)
    return True
