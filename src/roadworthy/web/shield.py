"""What stands around every answer: the headers that tell a browser what it may do, and the last handler of faults."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING

from starlette.datastructures import MutableHeaders

from roadworthy.platform.identity.secret import identifier

if TYPE_CHECKING:
    from collections.abc import Callable

    from starlette.responses import Response
    from starlette.types import ASGIApp, Message, Receive, Scope, Send

_LOG = logging.getLogger("roadworthy.web")
POLICY = (
    "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'"
)
FRAMING = f"{POLICY}; frame-src 'self'"  # of the one page that shows a report
# What a project's own code may have written is shown as a document of no origin: it reaches nothing of anybody's.
FOREIGN = (
    "sandbox allow-scripts; default-src 'none'; script-src 'unsafe-inline'; style-src 'unsafe-inline'; "
    "img-src data:; font-src data:; form-action 'none'; base-uri 'none'; frame-ancestors 'self'"
)
REPORT = {"Content-Security-Policy": FOREIGN, "X-Frame-Options": "SAMEORIGIN"}
HEADERS = {
    "Content-Security-Policy": POLICY,
    "X-Content-Type-Options": "nosniff",
    "X-Frame-Options": "DENY",
    "Referrer-Policy": "same-origin",  # with `no-referrer`, a browser would not say where a form comes from
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
    "Cache-Control": "no-store",
}
_ONLY_HTTPS = {"Strict-Transport-Security": "max-age=31536000"}


class Shield:
    """Puts the headers on every answer, and answers when a handler has a fault of ours."""

    def __init__(self, app: ASGIApp, *, is_secure: bool, tell: Callable[[Scope, str], Response]) -> None:
        self._app = app
        self._headers = {**HEADERS, **(_ONLY_HTTPS if is_secure else {})}
        self._tell = tell

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        begun = False

        async def dressed(message: Message) -> None:
            nonlocal begun
            if message["type"] == "http.response.start":
                begun = True
                headers = MutableHeaders(scope=message)
                for name, value in self._headers.items():
                    headers.setdefault(name, value)
            await send(message)

        try:
            await self._app(scope, receive, dressed)
        except Exception:  # the outermost handler: a request that fails ends no server
            fault = identifier()
            # Not the path: it may hold the secret of an invitation.
            path = getattr(scope.get("route"), "path", "a path of no route")
            _LOG.exception("Fault %s while answering %s %s", fault, scope["method"], path)
            if begun:
                raise
            await self._tell(scope, fault)(scope, receive, dressed)
