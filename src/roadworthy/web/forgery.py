"""Requests that another site makes in the name of whoever is signed in here, refused.

Twice: by where the browser says that the request comes from, and by what only a page of the session can hold.
"""

from __future__ import annotations

import hmac
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from roadworthy.errors import NotAllowed

if TYPE_CHECKING:
    from fastapi import Request

    from roadworthy.web.services import Services
    from roadworthy.web.visit import Visit

SAFE = frozenset({"GET", "HEAD", "OPTIONS"})
FIELD, HEADER = "csrf", "x-csrf-token"
_FORMS = ("application/x-www-form-urlencoded", "multipart/form-data")


async def refuse_forged(request: Request, visit: Visit, services: Services) -> None:
    """Refuse what changes something and was not asked for by a page of ours.

    A token needs no such proof: no browser sends one by itself.

    Raises:
        NotAllowed: The request comes from another site, or does not hold its session's proof.
    """
    if request.method in SAFE or visit.is_by_token:
        return
    if not _is_ours(request, services):
        raise NotAllowed("This request comes from another site.", remedy="Do it on a page of this platform.")
    if visit.session is None:
        return
    given = request.headers.get(HEADER) or await _field(request)
    if not hmac.compare_digest(given.encode("utf-8", "replace"), (visit.session.csrf or "").encode()):
        raise NotAllowed("This page is of another session.", remedy="Load it again, and repeat what you did.")


def _is_ours(request: Request, services: Services) -> bool:
    site, origin = request.headers.get("sec-fetch-site"), request.headers.get("origin")
    if site is not None and site not in {"same-origin", "none"}:
        return False
    if origin is None:
        return True  # not a browser, or one that said so above
    return origin == services.url or urlsplit(origin).netloc == request.headers.get("host")


async def _field(request: Request) -> str:
    if not request.headers.get("content-type", "").startswith(_FORMS):
        return ""
    found = (await request.form()).get(FIELD)
    return found if isinstance(found, str) else ""
