"""Who the user is on which platform: tokens in a file that nobody else may read."""

from __future__ import annotations

import json
import os
import stat
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from roadworthy.app.remote import configuration
from roadworthy.app.remote.platform import refuse_in_the_clear
from roadworthy.errors import NotAllowed, UsageError
from roadworthy.ledger.objects.write import write_bytes

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.app.remote.platform import Platform

TOKEN = "ROADWORTHY_TOKEN"  # noqa: S105 - the name of a variable
_NAME = "credentials.json"


@dataclass(frozen=True, slots=True)
class Credential:
    """What is shown to a platform, and whose it is."""

    account: str
    token: str = field(repr=False)


def find(platform: Platform) -> Credential | None:
    """Return what is kept for *platform*: for that scheme, host and port, and for nothing like it.

    Raises:
        NotAllowed: Others may read the file.
        UsageError: The file holds something else.
    """
    return _read(_path()).get(platform.url)


def token_for(platform: Platform, named: str | None = None) -> str | None:
    """Return the token to show to *platform*; None without one. Every client takes it from here.

    That of the environment comes before the one that is *named*, as in a remote's address, and that before the one
    that is kept.

    Raises:
        NotAllowed: Others may read the file of tokens.
        UsageError: The token would be sent in the clear; or the file holds something else.
    """
    found = os.environ.get(TOKEN) or named
    if not found:
        kept = find(platform)
        found = None if kept is None else kept.token
    if found:
        refuse_in_the_clear(platform)
    return found


def save(platform: Platform, credential: Credential) -> None:
    """Keep *credential* for *platform*, in the place of the one before. Raises as `find` does, and StorageError."""
    with configuration.changing():
        _write({**_read(_path()), platform.url: credential})


def forget(platform: Platform) -> bool:
    """Keep nothing for *platform*; return whether anything was kept. Raises as `save` does."""
    if platform.url not in _read(_path()):
        return False
    with configuration.changing():
        kept = dict(_read(_path()))
        found = kept.pop(platform.url, None)
        _write(kept)
    return found is not None


def _path() -> Path:
    return configuration.folder() / _NAME


def _read(path: Path) -> Mapping[str, Credential]:
    try:
        with path.open("rb") as file:
            mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
            data = file.read()
    except FileNotFoundError:
        return {}
    except OSError as fault:
        raise UsageError(f"{path} cannot be read: {fault.strerror}.", remedy="See who owns it.") from fault
    if mode & 0o077:
        raise NotAllowed(
            f"{path} can be read by others (mode {mode:o}): your tokens may be known to them.",
            remedy=f"Run `chmod 600 {path}`, and make new tokens if others use this machine.",
        )
    try:
        kept = json.loads(data)
        return {str(url): Credential(str(one["account"]), str(one["token"])) for url, one in kept.items()}
    except (ValueError, TypeError, KeyError, AttributeError) as fault:
        raise UsageError(
            f"{path} is damaged.", remedy="Remove it, and log in again: `roadworthy login URL`."
        ) from fault


def _write(kept: Mapping[str, Credential]) -> None:
    document = {url: {"account": one.account, "token": one.token} for url, one in sorted(kept.items())}
    data = json.dumps(document, indent=2).encode() + b"\n"
    write_bytes(_path(), data, aside=configuration.folder(), mode=0o600)
