"""What a request names: who makes it, which project and object it is about, and how much of it."""

from __future__ import annotations

import base64
import binascii
import re
from http import HTTPStatus
from typing import TYPE_CHECKING, Final, Literal

from roadworthy.adapters.object_store.serve.refusal import Refused, lacking
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from starlette.requests import Request

Service = Literal["read", "write"]
_LONGEST: Final = 100
_PROJECT = re.compile(r"[A-Za-z0-9](?:(?!\.\.|\.git$|\.lock$)[A-Za-z0-9._-])*(?<![.-])")
_START = re.compile(r"bytes=([0-9]{1,15})-")
_LENGTH = re.compile(r"[0-9]{1,15}")


def credentials_of(request: Request) -> tuple[str, str] | None:
    """Return user and token, a bearer's (whose user is not said) or the password that git sends; or None."""
    kind, _, value = request.headers.get("authorization", "").partition(" ")
    if kind.lower() == "bearer":
        return ("", value.strip()) if value.strip() else None
    if kind.lower() != "basic":
        return None
    try:
        user, found, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (binascii.Error, ValueError):
        return None
    return (user, password) if found else None


def project_of(request: Request) -> str:
    """Return the project; what can be none is not found. Raises Refused."""
    name = str(request.path_params["project"])
    if len(name) > _LONGEST or not _PROJECT.fullmatch(name):
        raise Refused(HTTPStatus.NOT_FOUND)
    return name


def address_of(request: Request, project: str) -> Address:
    """Return the address; what can be none is not kept. Raises Refused."""
    text = str(request.path_params["address"])
    try:
        return Address(text)
    except ValueError as fault:
        raise lacking(project, repr(text[:80])) from fault


def length_of(request: Request) -> int:
    """Return how long the body will be, which must be said. Raises Refused."""
    text = request.headers.get("content-length", "")
    if not _LENGTH.fullmatch(text):
        raise Refused(HTTPStatus.LENGTH_REQUIRED)
    return int(text)


def start_of(request: Request, size: int) -> int:
    """Return where to begin an object of *size* bytes; any range but `bytes=N-` is left out, as HTTP allows.

    Raises:
        Refused: The object ends before.
    """
    found = _START.fullmatch(request.headers.get("range", ""))
    if found is None or int(found[1]) == 0:
        return 0
    if int(found[1]) >= size:
        raise Refused(
            HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE, f"The object has {size} bytes.", "Ask for some of them."
        )
    return int(found[1])
