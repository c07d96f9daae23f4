"""The server as a runner sees it: jobs to claim, leases to keep, logs to fill, results to hand in."""

from __future__ import annotations

import http.client
import json
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from roadworthy.errors import Conflict, NotAllowed, RoadworthyError, Unreachable

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_SECONDS = 30.0
_CONFLICT, _FIRST_BAD, _DENIED = 409, 400, {401, 403}


@dataclass(frozen=True, slots=True)
class Work:
    """A job that was claimed.

    Attributes:
        id: The job's number.
        fence: Grows with each claim; only who holds the newest may write.
        lease: Seconds until another runner may claim it, unless it is kept up.
        project: Whose it is.
        payload: What is to be done: `commit`, `branch`, `target`, `domain`.
        repository: Where to fetch commits from.
        bucket: The folder of the project's bucket.
        key: The platform's public key, as a line.
        secrets: Values by name, for the stages that name them.
    """

    id: int
    fence: int
    lease: float
    project: str
    payload: Mapping[str, Any]
    repository: str
    bucket: str
    key: str
    secrets: Mapping[str, str] = field(default_factory=dict, repr=False)


@dataclass(frozen=True, slots=True)
class Server:
    """Speaks with one server; every call may be repeated."""

    url: str
    secret: str = field(repr=False)

    def claim(self, owner: str, kinds: Sequence[str]) -> Work | None:
        """Return the next job of one of the *kinds*, or None when there is none.

        Raises:
            Unreachable: The server does not answer.
            NotAllowed: It does not know the secret.
        """
        found = self._post("claim", {"owner": owner, "kinds": list(kinds)})
        return None if found is None else Work(**found)

    def beat(self, work: Work) -> bool:
        """Keep the lease of *work*, and return whether it is to be cancelled.

        Raises:
            Conflict: Another runner has it now.
            Unreachable: The server does not answer.
        """
        return bool((self._post(f"jobs/{work.id}/beat", {"fence": work.fence}) or {}).get("cancel"))

    def log(self, work: Work, offset: int, text: str) -> None:
        """Add *text* to the log of *work*, which is *offset* bytes long so far; raises as `beat` does."""
        self._post(f"jobs/{work.id}/log", {"fence": work.fence, "offset": offset, "text": text})

    def complete(self, work: Work, result: Mapping[str, object]) -> None:
        """Hand in what came of *work*; raises as `beat` does."""
        self._post(f"jobs/{work.id}/complete", {"fence": work.fence, **result})

    def _post(self, path: str, body: Mapping[str, object]) -> Any:
        status, data = self._ask(f"/api/runner/{path}", json.dumps(body).encode())
        if status < _FIRST_BAD:
            return json.loads(data) if data else None
        problem, remedy = _said(data, status)
        if status == _CONFLICT:
            raise Conflict(problem, remedy=remedy)
        if status in _DENIED:
            raise NotAllowed(problem, remedy=remedy)
        raise RoadworthyError(problem, remedy=remedy)

    def _ask(self, path: str, data: bytes) -> tuple[int, bytes]:
        place = urlsplit(self.url)
        kind = http.client.HTTPSConnection if place.scheme == "https" else http.client.HTTPConnection
        connection = kind(place.netloc, timeout=_SECONDS)
        headers = {"Authorization": f"Bearer {self.secret}", "Content-Type": "application/json"}
        try:
            connection.request("POST", path, data, headers)
            answer = connection.getresponse()
            return answer.status, answer.read()
        except (OSError, http.client.HTTPException) as fault:
            raise Unreachable(f"{self.url} does not answer: {fault}.", remedy="See that the server runs.") from fault
        finally:
            connection.close()


def _said(data: bytes, status: int) -> tuple[str, str]:
    try:
        found = json.loads(data)
        return str(found["problem"]), str(found["remedy"])
    except (ValueError, TypeError, KeyError):
        return f"The server answered with status {status}.", "See the server's log."
