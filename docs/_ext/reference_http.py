"""The table of the platform's HTTP API, from its routes: what each does, and what it asks for."""

from __future__ import annotations

import inspect
from typing import TYPE_CHECKING

from roadworthy.platform.identity.permission import Permission
from roadworthy.web.app import ROUTERS
from roadworthy.web.route import Guarded

if TYPE_CHECKING:
    from collections.abc import Iterator

WORDS = {
    Permission.ANYONE: "nothing",
    Permission.SIGNED_IN: "signing in, or a token",
    Permission.IN_PERSON: "signing in, never a token",
    Permission.CREATE: "signing in, or a token that may write, for all projects",
    Permission.READ: "any role in the project",
    Permission.CONTRIBUTE: "contributor",
    Permission.MAINTAIN: "maintainer",
    Permission.ADMIN: "administrator",
    Permission.RUNNER: "the platform's own runners",
}


def routes() -> Iterator[tuple[str, Guarded]]:
    """Yield every request that the API answers, as `METHOD PATH`, with its route; sorted by path."""
    found = [
        (route.path, method, route)
        for router in ROUTERS
        for route in router.routes
        if isinstance(route, Guarded) and (route.path.startswith("/api/") or route.path == "/health")
        for method in sorted(route.methods or ())
    ]
    for path, method, route in sorted(found, key=lambda one: one[:2]):
        yield f"{method} {path}", route


def http_page() -> str:
    """Return the table: a row for each request, with what it does and what it asks for."""
    rows = [f"| `{asked}` | {_does(route)} | {WORDS[route.need.permission]} |" for asked, route in routes()]
    return "\n".join(["| request | does | asks for |", "|---|---|---|", *rows, ""])


def _does(route: Guarded) -> str:
    said = (inspect.getdoc(route.endpoint) or "").split("\n\n")[0].replace("\n", " ")
    return said.replace("|", r"\|")
