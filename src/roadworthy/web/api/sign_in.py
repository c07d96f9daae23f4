"""A token for a name and a password: what `roadworthy login` asks for."""

from __future__ import annotations

from typing import Annotated, Literal

from fastapi import APIRouter, Request
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.server.witness import token_made
from roadworthy.platform.identity.actor import Scope
from roadworthy.platform.identity.permission import Permission
from roadworthy.platform.identity.tokens import LONGEST_DAYS, Wanted
from roadworthy.web import signing
from roadworthy.web.route import Guarded, Platform, needs

router = APIRouter(route_class=Guarded, tags=["identity"])


class SignIn(BaseModel):
    """Who signs in, and what the token is to be for."""

    model_config = ConfigDict(extra="forbid")
    name: str
    password: Annotated[str, Field(repr=False)]
    label: Annotated[str, Field(min_length=1, max_length=100)] = "roadworthy login"
    scopes: list[Literal["read", "write", "admin"]] = ["read", "write"]
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 90


class SignedIn(BaseModel):
    """The token, which is shown this once."""

    account: str
    id: str
    token: str
    expires_at: int


@router.post("/api/sign-in")
@needs(Permission.ANYONE, asks_who=False, body=1 << 14)
def sign_in(wanted: SignIn, request: Request, platform: Platform) -> SignedIn:
    """Return a token of the account whose name and password are sent."""
    name = signing.check(request, platform, wanted.name, wanted.password)
    scopes = frozenset(Scope(scope) for scope in wanted.scopes)
    made, secret = platform.identity.tokens.create(name, Wanted(wanted.label, scopes, wanted.days))
    platform.state(token_made(made))
    return SignedIn(account=name, id=made.id, token=secret.reveal(), expires_at=made.expires_at)
