"""What a server that refuses means to the one who asked: an error of ours, with what to do about it."""

from __future__ import annotations

import json
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from roadworthy.errors import IntegrityError, NotAllowed, NotFound, RoadworthyError, StorageError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping

_KINDS: Final[Mapping[int, type[RoadworthyError]]] = {
    HTTPStatus.UNAUTHORIZED: NotAllowed,
    HTTPStatus.FORBIDDEN: NotAllowed,
    HTTPStatus.NOT_FOUND: NotFound,
    HTTPStatus.GONE: IntegrityError,
    HTTPStatus.UNPROCESSABLE_ENTITY: IntegrityError,
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: StorageError,
    HTTPStatus.INSUFFICIENT_STORAGE: StorageError,
}
_SHOWN: Final = 400


def refused(status: int, data: bytes, url: str) -> RoadworthyError:
    """Return the error that the answer *status* of *url* means; *data* is what the server said."""
    kind = _KINDS.get(status, Unreachable)
    problem, remedy = _said(data)
    if not problem:
        problem = f"{url} answers with status {status}."
    elif kind is NotAllowed:
        problem = f"{url} refuses. {problem}"
    return kind(problem, remedy=remedy or _REMEDIES.get(status, "See that it is the address of a Roadworthy platform."))


_REMEDIES: Final[Mapping[int, str]] = {
    HTTPStatus.UNAUTHORIZED: "Log in with a token of yours: `roadworthy login URL`.",
    HTTPStatus.FORBIDDEN: "Ask a maintainer of the project, or use a token that reaches so far.",
    HTTPStatus.NOT_FOUND: "Check the address: URL/buckets/PROJECT.",
    HTTPStatus.INSUFFICIENT_STORAGE: "Ask the platform's administrator to make room.",
}


def _said(data: bytes) -> tuple[str, str]:
    try:
        found = json.loads(data)
        return _line(found["problem"]), _line(found["remedy"])
    except (ValueError, TypeError, KeyError, RecursionError):
        return "", ""


def _line(text: object) -> str:
    """Return what a server wrote as one line that can be shown on a terminal."""
    return "".join(letter if letter.isprintable() else " " for letter in str(text))[:_SHOWN]
