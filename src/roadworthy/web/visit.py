"""Who makes a request, found out before its handler runs."""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass
from typing import TYPE_CHECKING

from fastapi import HTTPException

from roadworthy.app.server import witness
from roadworthy.errors import NotAllowed
from roadworthy.platform.identity.actor import Actor
from roadworthy.platform.identity.limit import TooOften, let_in
from roadworthy.platform.identity.permission import Permission, allowed, role_of
from roadworthy.platform.identity.secret import Secret
from roadworthy.platform.identity.tokens import named

if TYPE_CHECKING:
    from fastapi import Request

    from roadworthy.platform.identity.permission import Role
    from roadworthy.platform.identity.sessions import Session
    from roadworthy.web.services import Services

_RUNNER = Actor("runner", is_runner=True)


@dataclass(frozen=True, slots=True)
class Visit:
    """Who asks, and how they showed it."""

    actor: Actor | None = None
    session: Session | None = None
    role: Role | None = None  # in the project that the route is about

    @property
    def person(self) -> Actor:
        """The actor, on a route that nobody reaches without being one."""
        if self.actor is None:
            raise TypeError("A route that lets in anyone asks who it is.")
        return self.actor

    @property
    def maintains(self) -> bool:
        """Whether they may do in the project what its maintainers do."""
        return self.role == "maintainer" or self.person.is_admin

    def may(self, permission: Permission, project: str | None = None) -> bool:
        """Return whether they may do in the project that the route is about, or at all, what asks for *permission*."""
        return allowed(self.actor, permission, self.role, project)

    @property
    def is_by_token(self) -> bool:
        """Whether a token was shown, which no browser sends by itself."""
        return self.actor is not None and self.session is None


def visit_of(request: Request, services: Services) -> Visit:
    """Return who asks, by the token or the cookie that is shown.

    Raises:
        HTTPException: 401, when the token that is shown is not good; 429, when too many were tried from that address.
    """
    text = _shown(request)
    if text is not None:
        return Visit(_by_token(text, request, services))
    cookie = request.cookies.get(cookie_name(services))
    found = services.identity.by_session(Secret(cookie)) if cookie else None
    return Visit() if found is None else Visit(*found)


def readable(visit: Visit, services: Services) -> dict[str, Role | None]:
    """Return the names of the projects that the visitor may read, each with their role in it."""
    roles = {name: role_of(visit.person, services.members.roles(name)) for name in services.at_work.projects()}
    return {name: role for name, role in roles.items() if allowed(visit.person, Permission.READ, role, name)}


def cookie_name(services: Services) -> str:
    """Return what the cookie is called: over https, such that no other host can have set it."""
    return "__Host-roadworthy" if services.is_secure else "roadworthy"


def address_of(request: Request) -> str:
    """Return the address that a request came from."""
    return request.client.host if request.client is not None else "unknown"


def wait(seconds: float) -> None:
    """Refuse when there are *seconds* to wait.

    Raises:
        HTTPException: 429.
    """
    if seconds > 0:
        raise HTTPException(429, headers={"Retry-After": str(int(seconds) + 1)})


def _by_token(text: str, request: Request, services: Services) -> Actor:
    if services.runner is not None and Secret(text).matches(services.runner.digest("rw-runner"), "rw-runner"):
        return _RUNNER
    try:
        return let_in(services.identity, services.limits, text, address_of(request))
    except TooOften as fault:
        _note(text, request, services)
        wait(fault.seconds)
        raise HTTPException(429) from fault
    except NotAllowed as fault:
        _note(text, request, services)
        raise HTTPException(401, detail=str(fault)) from fault


def _note(text: str, request: Request, services: Services) -> None:
    if services.platform is not None:
        witness.no_token(services.platform, named(text), address_of(request))


def _shown(request: Request) -> str | None:
    """Return the token of the request: a bearer's, or what stands as the password where git asks for one.

    A header that shows something else is a token that is not good: whoever sends one does not mean the cookie.
    """
    header = request.headers.get("authorization")
    if header is None:
        return None
    kind, _, rest = header.partition(" ")
    if kind.lower() != "basic":
        return rest.strip() if kind.lower() == "bearer" else ""
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[2]
    except (binascii.Error, UnicodeDecodeError):
        return ""
