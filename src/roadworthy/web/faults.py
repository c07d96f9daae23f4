"""What a request is told when it fails: what is wrong and what to do, as JSON, a page, or a line for git."""

from __future__ import annotations

import contextlib
from typing import TYPE_CHECKING, NamedTuple
from urllib.parse import quote

from fastapi.exceptions import RequestValidationError
from fastapi.responses import JSONResponse, PlainTextResponse, RedirectResponse
from starlette.exceptions import HTTPException
from starlette.requests import Request

from roadworthy import errors
from roadworthy.web.problem import Problem
from roadworthy.web.render import page
from roadworthy.web.visit import visit_of

if TYPE_CHECKING:
    from collections.abc import Mapping

    from fastapi import FastAPI
    from starlette.responses import Response
    from starlette.types import Scope

_OURS = 500
_DATA = ("/api/", "/internal/", "/health")
_GIT = "/git/"
# The first that an error is an instance of; an action that failed for another reason of the user's is 422.
_STATUS: Mapping[type[errors.RoadworthyError], int] = {
    errors.InvalidDeclaration: 422,
    errors.UsageError: 400,
    errors.NotAllowed: 403,
    errors.NotFound: 404,
    errors.Conflict: 409,
    errors.Unreachable: 503,
    errors.StorageError: 503,
    errors.IntegrityError: 503,
    errors.RoadworthyError: 422,
}
_WORDS = {
    401: ("Nobody is signed in.", "Sign in, or show a token: `Authorization: Bearer rwt_…`."),
    404: ("There is nothing here.", "See whether the address is written rightly."),
    405: ("This address does not take that method.", "See `/api/openapi.json`."),
    413: ("The request is too large.", "Send less at once."),
    429: ("That was too often.", "Wait, for as many seconds as the header Retry-After says, and try again."),
}
_FULL = (
    "The platform's disk is full, or cannot be written.",
    "Ask its administrator to make room, and do it again: what was finished is kept.",
)
_UNREAD = ("The request cannot be read.", "See `/api/openapi.json`.")


class Told(NamedTuple):
    """A failure, in words."""

    status: int
    problem: str
    remedy: str


def install(app: FastAPI) -> None:
    """Let *app* tell every failure in these ways."""
    app.add_exception_handler(errors.RoadworthyError, _refused)
    app.add_exception_handler(HTTPException, _http)
    app.add_exception_handler(RequestValidationError, _unread)


def status_of(error: errors.RoadworthyError) -> int:
    """Return the HTTP status that an error of ours is told with."""
    return next(status for kind, status in _STATUS.items() if isinstance(error, kind))


def ours(scope: Scope, fault: str) -> Response:
    """Return what is told when the fault is ours: its number in the log, and nothing of its cause."""
    told = Told(_OURS, f"Roadworthy has a fault: {fault}.", f"Tell an administrator: the log says more under {fault}.")
    return _answer(Request(scope), told)


def _refused(request: Request, error: Exception) -> Response:
    assert isinstance(error, errors.RoadworthyError)  # noqa: S101 - what it was registered for
    return _answer(request, _without_places(request, error))


def _without_places(request: Request, error: errors.RoadworthyError) -> Told:
    """Return what is told of *error*: where it happened on the server's disk is its log's, not the asker's."""
    said = (error.problem, error.remedy)
    platform = request.app.state.services.platform
    home = None if platform is None else str(platform.home.folder)
    if platform is None or home is None or not any(home in one for one in said):
        return Told(status_of(error), *said)
    platform.say(" ".join(said))
    hidden = _FULL if isinstance(error, errors.StorageError) else (one.replace(home, "HOME") for one in said)
    return Told(status_of(error), *hidden)


def _http(request: Request, error: Exception) -> Response:
    assert isinstance(error, HTTPException)  # noqa: S101
    _know(request)
    problem, remedy = _WORDS.get(error.status_code, _UNREAD)
    if error.status_code == 401 and error.detail:  # noqa: PLR2004 - not signed in
        problem = error.detail
        if not request.url.path.startswith((*_DATA, _GIT)) and request.method == "GET":
            return RedirectResponse(f"/sign-in?next={quote(_asked(request), safe='/')}", 303)
    return _answer(request, Told(error.status_code, problem, remedy), error.headers)


def _unread(request: Request, error: Exception) -> Response:
    assert isinstance(error, RequestValidationError)  # noqa: S101
    # Where and what, never the value: it may be a secret.
    faults = [f"{'.'.join(str(part) for part in one['loc'])}: {one['msg']}" for one in error.errors()[:20]]
    return _answer(request, Told(422, f"{_UNREAD[0]} {'; '.join(faults)}.", "Mend what is named, and send it again."))


def _know(request: Request) -> None:
    """Find out who asks for what no route answers, so that their page of the failure is as all others."""
    if not hasattr(request.state, "visit"):
        with contextlib.suppress(HTTPException):
            request.state.visit = visit_of(request, request.app.state.services)


def _asked(request: Request) -> str:
    query = request.url.query
    return request.url.path + (f"?{query}" if query else "")


def _answer(request: Request, told: Told, headers: Mapping[str, str] | None = None) -> Response:
    path = request.url.path
    headers = dict(headers or {})
    # A text may repeat half a character that was sent, which no answer can hold.
    told = Told(told.status, *(text.encode("utf-8", "backslashreplace").decode() for text in told[1:]))
    if told.status == 401:  # noqa: PLR2004
        headers["WWW-Authenticate"] = ("Basic" if path.startswith(_GIT) else "Bearer") + ' realm="roadworthy"'
    if path.startswith(_DATA):
        body = Problem(problem=told.problem, remedy=told.remedy).model_dump()
        return JSONResponse(body, told.status, headers)
    if path.startswith(_GIT):
        return PlainTextResponse(f"{told.problem} {told.remedy}\n", told.status, headers)
    answer = page(request, "error.html", status=told.status, told=told)
    answer.headers.update(headers)
    return answer
