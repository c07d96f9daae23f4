"""What a request is answered that does not get what it asks: a status, what is wrong, and what to do about it."""

from __future__ import annotations

import asyncio
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.responses import JSONResponse

if TYPE_CHECKING:
    from collections.abc import Mapping

    from starlette.requests import Request
    from starlette.responses import Response
    from starlette.types import Receive, Scope, Send

SAFE: Final = {"Cache-Control": "no-store", "X-Content-Type-Options": "nosniff"}
_DRAINED: Final = 64 << 10  # bytes of a body that is refused: more is not listened to, and the connection ends
_FAREWELL_S: Final = 0.5
_PUSH: Final = "Push it from where it is whole: `roadworthy data push`."
_TOLD: Final[Mapping[HTTPStatus, tuple[str, str]]] = {
    HTTPStatus.UNAUTHORIZED: (
        "The platform does not know who asks.",
        "Log in with a token of yours: `roadworthy login URL`.",
    ),
    HTTPStatus.FORBIDDEN: (
        "You may not do this with this bucket.",
        "Ask a maintainer of the project, or use a token that reaches so far.",
    ),
    HTTPStatus.NOT_FOUND: ("There is no such bucket here.", "Its address is URL/buckets/PROJECT."),
    HTTPStatus.METHOD_NOT_ALLOWED: (
        "That cannot be done with a bucket.",
        "Objects are asked for by HEAD and GET, and kept by PUT.",
    ),
    HTTPStatus.REQUEST_TIMEOUT: ("What was sent came too slowly.", "Send it again over a better line."),
    HTTPStatus.LENGTH_REQUIRED: ("It is not said how long the object is.", "Send a Content-Length."),
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: ("That is more than may be asked at once.", "Ask in several requests."),
    HTTPStatus.TOO_MANY_REQUESTS: ("You send and fetch too many objects at once.", "Wait for some to end."),
    HTTPStatus.INSUFFICIENT_STORAGE: (
        "The platform's disk is full, or cannot be written.",
        "Ask its administrator to make room, and push again: what was pushed is kept.",
    ),
    HTTPStatus.GONE: ("The object was damaged, and is kept no longer.", _PUSH),
    HTTPStatus.UNPROCESSABLE_ENTITY: ("What was sent is not what its address says.", _PUSH),
}


class Refused(Exception):
    """A request that does not get what it asks; never seen outside the application."""

    def __init__(
        self, status: HTTPStatus, problem: str = "", remedy: str = "", facts: Mapping[str, int] | None = None
    ) -> None:
        told = _TOLD.get(status, (f"This cannot be answered: {status.phrase}.", "Ask the platform's administrator."))
        super().__init__(problem or told[0])
        self.status = status
        self.body = {"problem": problem or told[0], "remedy": remedy or told[1], **(facts or {})}

    def answer(self, request: Request) -> Response:
        """Return the answer to *request*; of a long body that nobody wants, the rest is not listened to."""
        headers = dict(SAFE)
        if self.status is HTTPStatus.UNAUTHORIZED:
            headers["WWW-Authenticate"] = 'Bearer realm="Roadworthy"'
        if self.status is HTTPStatus.TOO_MANY_REQUESTS:
            headers["Retry-After"] = "2"
        if self.status is HTTPStatus.REQUEST_TIMEOUT or _is_long(request):
            return _Farewell(self.body, self.status, {**headers, "Connection": "close"})
        return JSONResponse(self.body, self.status, headers)


def _is_long(request: Request) -> bool:
    length = request.headers.get("content-length", "0")
    return not length.isdecimal() or int(length) > _DRAINED or "transfer-encoding" in request.headers


class _Farewell(JSONResponse):
    """An answer after which the server hangs up on a client that is still sending.

    A connection that is closed on unread bytes is reset, and what was said last may be lost with it: so it is said,
    left for a moment to arrive, and only then over. Meanwhile nothing more is read.
    """

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:  # noqa: ARG002 - what is sent is not wanted
        """Say it, and hang up."""
        await send({"type": "http.response.start", "status": self.status_code, "headers": self.raw_headers})
        await send({"type": "http.response.body", "body": self.body, "more_body": True})
        await asyncio.sleep(_FAREWELL_S)
        await send({"type": "http.response.body", "body": b"", "more_body": False})


def lacking(project: str, address: str) -> Refused:
    """Return what is answered when an object is not kept."""
    return Refused(HTTPStatus.NOT_FOUND, f"The bucket of {project} does not keep {address}.", _PUSH)


def full(project: str, used: int, allowed: int) -> Refused:
    """Return what is answered when an object does not fit into the project's quota."""
    return Refused(
        HTTPStatus.INSUFFICIENT_STORAGE,
        f"This does not fit into the quota of {project}: {used:,} of {allowed:,} bytes are used or on their way.",
        "Raise `storage: {quota: …}` in profile.yaml, or ask the platform's administrator to clear the bucket.",
        {"used": used, "allowed": allowed},
    )
