"""git's question for a name and a password, answered with a token.

Source:
    git-credential(1), "Input/Output format".
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.app.remote import credentials
from roadworthy.app.remote.platform import platform_of, refuse_in_the_clear
from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from roadworthy.app.remote.platform import Platform


def read(lines: Iterable[str]) -> Mapping[str, str]:
    """Return what git says, up to an empty line; of a key that is said twice, what is said last."""
    told: dict[str, str] = {}
    for line in lines:
        if not line.strip("\n"):
            break
        key, _, value = line.rstrip("\n").partition("=")
        told[key] = value
    return told


def answer(asked: Mapping[str, str]) -> Mapping[str, str]:
    """Return `username` and `password` for what git *asked*; nothing when it asks for another's, or nothing is kept.

    Raises:
        UsageError: The token would be sent in the clear, or the file of tokens is damaged.
        NotAllowed: Others may read the file of tokens.
    """
    platform = platform_asked(asked)
    credential = None if platform is None else credentials.find(platform)
    if platform is None or credential is None or asked.get("username", credential.account) != credential.account:
        return {}
    refuse_in_the_clear(platform)
    return {"username": credential.account, "password": credential.token}


def platform_asked(asked: Mapping[str, str]) -> Platform | None:
    """Return the platform that git speaks with, or None when it is none."""
    try:
        return platform_of(f"{asked.get('protocol', '')}://{asked.get('host', '')}")
    except UsageError:
        return None


def setting(url: str) -> str:
    """Return the command that makes git ask us, for the platform at *url* alone."""
    return f"git config --global credential.{url}.helper '!roadworthy credential'"
