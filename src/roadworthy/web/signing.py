"""Signing in: how often one may try, and the cookie that is given."""

from __future__ import annotations

from typing import TYPE_CHECKING

from starlette.exceptions import HTTPException

from roadworthy.app.server import witness
from roadworthy.errors import NotAllowed
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.identity.sessions import DAYS
from roadworthy.web.visit import address_of, cookie_name, wait

if TYPE_CHECKING:
    from starlette.requests import Request
    from starlette.responses import Response

    from roadworthy.web.services import Services


def check(request: Request, services: Services, name: str, password: str) -> str:
    """Return the name of the account whose password it is.

    Raises:
        HTTPException: 429, when there were too many tries.
        NotAllowed: The name or the password is wrong.
        Unreachable: The directory does not answer.
    """
    name, address = name.strip().lower(), address_of(request)
    pair = f"{name} from {address}"
    try:
        for limit, key in ((services.limits.crowd, f"from {address}"), (services.limits.crowd, f"at {name}")):
            wait(limit.take(key))
        wait(services.limits.tries.take(pair))
        found = services.identity.sign_in(name, password)
    except (NotAllowed, HTTPException):
        if services.platform is not None:
            witness.not_signed_in(services.platform, name, address)
        raise
    services.limits.tries.forgive(pair)
    services.state(Entry(found, "sign_in.accept", found, None, {"from": address}))
    return found


def begin(request: Request, services: Services, name: str, answer: Response) -> None:
    """Begin a session of the account *name*, and give its cookie with *answer*."""
    secret = services.identity.sessions.begin(name, request.headers.get("user-agent", ""))
    answer.set_cookie(
        cookie_name(services), secret.reveal(), max_age=DAYS * 24 * 3600, path="/", secure=services.is_secure,
        httponly=True, samesite="lax",
    )  # fmt: skip


def end(services: Services, answer: Response) -> None:
    """Take the cookie away with *answer*."""
    answer.delete_cookie(cookie_name(services), path="/", secure=services.is_secure, httponly=True, samesite="lax")


def own_place(path: str) -> str:
    """Return *path* when it is a place on this platform, or its first page: whoever signs in is sent nowhere else."""
    is_plain = path.isascii() and path.isprintable() and "\\" not in path
    return path if is_plain and path.startswith("/") and not path.startswith("//") else "/"
