"""Logging in to a platform: its key is looked at first, then the token is shown, and what is good is kept."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from http import HTTPStatus
from typing import TYPE_CHECKING

from roadworthy.app.remote import credentials, trusted
from roadworthy.app.remote.credentials import Credential
from roadworthy.app.remote.platform import platform_of, refuse_in_the_clear
from roadworthy.errors import NotAllowed, NotFound, UsageError

if TYPE_CHECKING:
    from roadworthy.app.remote.platform import Platform

_TOKEN = re.compile(r"[A-Za-z0-9._~+/=-]{1,500}")
_REFUSED = {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}


@dataclass(frozen=True, slots=True)
class Login:
    """That the user is *account* at *url*, whose key is *key*; *is_new*: it was seen for the first time."""

    url: str
    account: str
    key: str
    is_new: bool


def login(url: str, token: str) -> Login:
    """Keep *token* for the platform at *url*, when it is good there. Logging in again replaces it.

    Raises:
        UsageError: It is no token, or no address, or the token would be sent in the clear.
        NotAllowed: The platform does not accept the token, or has another key than before.
        NotFound: What answers there is no platform.
        Unreachable: Nothing answers.
        StorageError: The configuration cannot be written.
    """
    platform = place(url)
    if not _TOKEN.fullmatch(token):
        raise UsageError(
            "That is no token.", remedy="Make one on the page of your account, and copy all of it: `rwt_…`."
        )
    key = trusted.examine(platform, _ask(platform, "/api/key", ""))
    account = _account(platform, _ask(platform, "/api/me", token))
    is_new = trusted.remember(platform, key)
    credentials.save(platform, Credential(account, token))
    return Login(platform.url, account, key.id, is_new)


def logout(url: str) -> bool:
    """Forget the token for the platform at *url*; return whether there was one. Its key stays known.

    Raises:
        UsageError: It is no address.
    """
    return credentials.forget(platform_of(url))


def place(url: str) -> Platform:
    """Return the platform at *url*, to which a token may be sent. Raises UsageError."""
    platform = platform_of(url)
    refuse_in_the_clear(platform)
    return platform


def _ask(platform: Platform, path: str, token: str) -> str:
    from roadworthy.adapters.object_store.http.line import Line, Patience, Request

    answer = Line(platform.url, token, Patience(attempts=3)).ask(Request("GET", path))
    data = answer.read()
    if token and answer.status in _REFUSED:
        raise NotAllowed(
            f"{platform.url} does not accept this token.",
            remedy="It may have expired or been revoked: make another on the page of your account.",
        )
    if answer.status != HTTPStatus.OK:
        raise _no_platform(platform)
    return data.decode(errors="replace")


def _account(platform: Platform, text: str) -> str:
    try:
        account = json.loads(text)["account"]
    except (ValueError, TypeError, KeyError, RecursionError):
        account = None
    if not isinstance(account, str) or not account or not account.isprintable():
        raise _no_platform(platform)
    return account


def _no_platform(platform: Platform) -> NotFound:
    return NotFound(
        f"What answers at {platform.url} is no Roadworthy platform.",
        remedy="Check the address, and open it in a browser.",
    )
