"""Smart HTTP: the three requests of git's protocol, for whoever may make them."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass, field, replace
from http import HTTPStatus
from typing import TYPE_CHECKING, Final

from starlette.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse

from roadworthy.adapters.forge.embedded.backend import ClientGone, Exchange, NoAnswer, Patience
from roadworthy.adapters.forge.embedded.body import BadBody, Unpacker
from roadworthy.adapters.forge.embedded.listener import Grant
from roadworthy.adapters.forge.embedded.request import asked
from roadworthy.adapters.forge.embedded.slots import Busy, Slots
from roadworthy.adapters.forge.embedded.whole import note, settle_one
from roadworthy.errors import NotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from starlette.types import ASGIApp, Receive, Scope, Send

    from roadworthy.adapters.forge.embedded.forge import EmbeddedForge
    from roadworthy.adapters.forge.embedded.listener import Listener
    from roadworthy.adapters.forge.embedded.request import Asked, Service
    from roadworthy.platform.forge.push import Push

    # (project, service, user, password, address) -> the actor's name, or the status with which they are sent away.
    Authorise = Callable[[str, Service, str, str, str], str | HTTPStatus]

_LOG = logging.getLogger(__name__)
_SLACK: Final = 64 << 20  # bytes beyond the largest pack: git itself says best what is too large
_TOLD: Final[Mapping[HTTPStatus, str]] = {
    HTTPStatus.UNAUTHORIZED: "Sign in: your name, and a token of yours as the password.",
    HTTPStatus.FORBIDDEN: "You may not do this with this repository: ask a maintainer, or use another token.",
    HTTPStatus.NOT_FOUND: "There is nothing here: a repository is at /git/PROJECT.git.",
    HTTPStatus.TOO_MANY_REQUESTS: "Too many tokens were tried that are not good: wait a minute, and try again.",
    HTTPStatus.SERVICE_UNAVAILABLE: "Too many pushes and fetches go on: try again in a minute.",
    HTTPStatus.REQUEST_ENTITY_TOO_LARGE: "This is more than may be sent at once, or is not compressed as it says.",
    HTTPStatus.GATEWAY_TIMEOUT: "Nothing moved for too long: try again.",
    HTTPStatus.INTERNAL_SERVER_ERROR: "git gave no answer: the platform's log says why.",
}


@dataclass(frozen=True, slots=True)
class Limits:
    """What the server bears.

    Attributes:
        concurrent: Gits at once.
        each: Of one actor.
        queue: Seconds to wait for one of them.
        asked: Bytes of what a fetch may ask, unpacked.
        patience: How long an exchange may take.
    """

    concurrent: int = 16
    each: int = 8
    queue: float = 30.0
    asked: int = 32 << 20
    patience: Patience = field(default_factory=Patience)


def git_http(forge: EmbeddedForge, listener: Listener, authorise: Authorise, limits: Limits | None = None) -> ASGIApp:
    """Return the application that serves the repositories of *forge*, to be mounted at `/git`.

    Args:
        forge: Where they are.
        listener: Who answers the hooks; it must listen.
        authorise: Says who makes a request, or sends them away; called in a thread.
        limits: What the server bears.
    """
    return _GitHttp(forge, listener, authorise, limits or Limits())


class _GitHttp:
    def __init__(self, forge: EmbeddedForge, listener: Listener, authorise: Authorise, limits: Limits) -> None:
        self._forge, self._listener, self._authorise, self._limits = forge, listener, authorise, limits
        self._slots = Slots(limits.concurrent, limits.each, limits.queue)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        if scope["type"] != "http":
            return
        status = await self._answer(scope, receive, send)
        if status is not None:
            headers = {"cache-control": "no-store", "x-content-type-options": "nosniff"}
            if status == HTTPStatus.UNAUTHORIZED:
                headers["www-authenticate"] = 'Basic realm="Roadworthy", charset="UTF-8"'
            if status in {HTTPStatus.SERVICE_UNAVAILABLE, HTTPStatus.TOO_MANY_REQUESTS}:
                headers["retry-after"] = "60"
            text = _TOLD.get(status, status.phrase)
            await PlainTextResponse(f"{text}\n", status, headers)(scope, receive, send)

    async def _answer(self, scope: Scope, receive: Receive, send: Send) -> HTTPStatus | None:
        """Answer by git; or return the status with which the client is sent away."""
        wanted = asked(scope)
        if wanted is None:
            return HTTPStatus.NOT_FOUND
        credentials = wanted.credentials()
        if credentials is None:
            return HTTPStatus.UNAUTHORIZED
        host, _ = scope.get("client") or ("", 0)
        actor = await run_in_threadpool(self._authorise, wanted.project, wanted.service, *credentials, host)
        if isinstance(actor, HTTPStatus):
            return actor
        try:
            place = self._forge.path(wanted.project)
        except NotFound:
            return HTTPStatus.NOT_FOUND
        noted: list[Path] = []

        def let_in(push: Push) -> None:
            noted.extend(filter(None, [note(self._forge.git, push)]))

        grant = Grant(wanted.project, actor, place, let_in)
        reads, patience = wanted.service == "read", self._limits.patience
        most = self._limits.asked if reads else self._forge.git.largest + _SLACK
        body = Unpacker(packed=wanted.is_packed, most=most, pushes=not (reads or wanted.is_first))
        exchange = Exchange(receive, send, body, replace(patience, finish=0.0) if reads else patience)
        try:
            return await self._exchange(wanted, grant, exchange, scope)
        finally:
            for one in noted:
                await asyncio.shield(run_in_threadpool(settle_one, self._forge.git, place, one))

    async def _exchange(self, wanted: Asked, grant: Grant, exchange: Exchange, scope: Scope) -> HTTPStatus | None:
        status: HTTPStatus | None = None
        try:
            async with self._slots.take(grant.actor):
                with self._listener.admit(grant) as told:
                    environment = self._environment(wanted, grant, scope)
                    await exchange.run({**environment, **told}, self._forge.git.kept_open)
        except ClientGone:
            return None
        except Busy:
            status = HTTPStatus.SERVICE_UNAVAILABLE
        except TimeoutError:
            status = HTTPStatus.GATEWAY_TIMEOUT
        except BadBody:
            status = HTTPStatus.REQUEST_ENTITY_TOO_LARGE
        except NoAnswer:
            status = HTTPStatus.INTERNAL_SERVER_ERROR
        if status is not None:
            _LOG.warning("%s of %s by %s ended with %d.", wanted.command, grant.project, grant.actor, status)
        return None if exchange.began else status

    def _environment(self, wanted: Asked, grant: Grant, scope: Scope) -> dict[str, str]:
        host, _ = scope.get("client") or ("", 0)
        return {
            **self._forge.git.environment(),
            **wanted.variables(),
            "GIT_PROJECT_ROOT": str(self._forge.root),
            "GIT_HTTP_EXPORT_ALL": "1",
            "GIT_HTTP_MAX_REQUEST_BUFFER": str(self._limits.asked),
            "GATEWAY_INTERFACE": "CGI/1.1",
            "REMOTE_USER": grant.actor,
            "REMOTE_ADDR": host,
        }
