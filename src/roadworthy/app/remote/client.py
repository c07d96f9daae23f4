"""Asking a platform: JSON over HTTP, with a token, each fault told as an error of ours."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import quote, urlsplit

from roadworthy.errors import Conflict, NotAllowed, NotFound, RoadworthyError, TestsFailed, Unreachable, UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

_SECONDS = 60.0
_OK = 400
_KINDS: Mapping[int, type[RoadworthyError]] = {
    400: UsageError,
    401: NotAllowed,
    403: NotAllowed,
    404: NotFound,
    409: Conflict,
    422: TestsFailed,
    429: Unreachable,
    503: Unreachable,
}


@dataclass(frozen=True, slots=True)
class Remote:
    """A platform, asked in the name of whoever's token it is."""

    url: str
    token: str | None = field(default=None, repr=False)

    def get(self, *path: object, **query: object) -> Any:
        """Return the JSON (or the text) at *path*.

        Raises:
            Unreachable: It does not answer.
            RoadworthyError: It refuses; of the kind that its status tells.
        """
        asked = "&".join(f"{name}={quote(str(value), safe='')}" for name, value in query.items() if value is not None)
        return self._ask("GET", _path(path) + (f"?{asked}" if asked else ""), None)

    def post(self, *path: object, body: Mapping[str, object] | None = None) -> Any:
        """Send *body* to *path*, and return the JSON of the answer; raises as `get` does."""
        return self._ask("POST", _path(path), json.dumps(body or {}).encode())

    def _ask(self, method: str, path: str, data: bytes | None) -> Any:
        place = urlsplit(self.url)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.netloc, timeout=_SECONDS)
        headers = {"Accept": "application/json", "Content-Type": "application/json"}
        if self.token:
            headers["Authorization"] = f"Bearer {self.token}"
        try:
            connection.request(method, place.path + path, data, headers)
            answer = connection.getresponse()
            text = answer.read()
        except (OSError, http.client.HTTPException, ValueError) as fault:
            raise Unreachable(
                f"{self.url} does not answer: {fault}.",
                remedy="See that it runs, and that this is its address.",
            ) from fault
        finally:
            connection.close()
        is_json = answer.headers.get_content_type() == "application/json"
        if answer.status >= _OK:
            raise _refused(answer.status, json.loads(text) if is_json else None, self.url)
        return json.loads(text) if is_json else text.decode("utf-8", "replace")


def _path(parts: tuple[object, ...]) -> str:
    return "/api/" + "/".join(quote(str(part), safe="") for part in parts)


def _refused(status: int, said: Any, url: str) -> RoadworthyError:
    kind = _KINDS.get(status, RoadworthyError)
    told = said if isinstance(said, dict) else {}
    problem = str(told.get("problem") or f"{url} answered with status {status}.")
    remedy = str(told.get("remedy") or "See the platform's log.")
    if status == 401:  # noqa: PLR2004 - nobody is signed in
        remedy = f"Sign in: `roadworthy login {url}`."
    return kind(problem, remedy=remedy)
