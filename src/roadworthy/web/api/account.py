"""Who one is."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel

from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Visitor, needs

router = APIRouter(route_class=Guarded, tags=["identity"])


class Self(BaseModel):
    """Who asks, and what a token limits them to."""

    name: str
    is_admin: bool
    groups: list[str]
    scopes: list[str] | None
    project: str | None


class Me(BaseModel):
    """Whose token is shown."""

    account: str


@router.get("/api/me")
@needs(Permission.SIGNED_IN)
def me(visit: Visitor) -> Me:
    """Say whose token is shown: all that logging in asks."""
    return Me(account=visit.person.name)


@router.get("/api/account")
@needs(Permission.SIGNED_IN)
def account(visit: Visitor) -> Self:
    """Say who asks."""
    actor = visit.person
    scopes = None if actor.token_scopes is None else sorted(str(scope) for scope in actor.token_scopes)
    return Self(
        name=actor.name,
        is_admin=actor.is_admin,
        groups=sorted(actor.groups),
        scopes=scopes,
        project=actor.project_limit,
    )
