"""One's tokens. Those who make or end them have signed in; a token that was stolen cannot make another."""

from __future__ import annotations

from typing import Annotated, Literal, Self

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.server.witness import token_made
from roadworthy.platform.identity.actor import Scope
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.identity.permission import Permission
from roadworthy.platform.identity.tokens import LONGEST_DAYS, Token, Wanted
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.services import Services
from roadworthy.web.visit import Visit

router = APIRouter(route_class=Guarded, tags=["identity"])


class NewToken(BaseModel):
    """What a token is to be for."""

    model_config = ConfigDict(extra="forbid")
    label: Annotated[str, Field(min_length=1, max_length=100)]
    scopes: Annotated[list[Literal["read", "write", "admin"]], Field(min_length=1)]
    days: Annotated[int, Field(ge=1, le=LONGEST_DAYS)] = 90
    project: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9._-]{0,99}$")] | None = None


class TokenOut(BaseModel):
    """A token, without its secret."""

    id: str
    label: str
    scopes: list[str]
    project: str | None
    created_at: int
    expires_at: int
    last_used_at: int | None

    @classmethod
    def of(cls, token: Token) -> Self:
        """Return what is shown of *token*."""
        return cls(
            id=token.id, label=token.label, scopes=sorted(token.scopes), project=token.project,
            created_at=token.created_at, expires_at=token.expires_at, last_used_at=token.last_used_at,
        )  # fmt: skip


class Made(BaseModel):
    """A new token, with its secret, which is shown this once."""

    token: str
    about: TokenOut


@router.get("/api/tokens")
@needs(Permission.SIGNED_IN, rows="")
def of(visit: Visitor, platform: Platform) -> list[TokenOut]:
    """List one's tokens that can be used."""
    return [TokenOut.of(token) for token in platform.identity.tokens.of(visit.person.name)]


@router.post("/api/tokens", status_code=201)
@needs(Permission.IN_PERSON)
def create(wanted: NewToken, visit: Visitor, platform: Platform) -> Made:
    """Make a token."""
    scopes = frozenset(Scope(scope) for scope in wanted.scopes)
    made, secret = platform.identity.tokens.create(
        visit.person.name, Wanted(wanted.label, scopes, wanted.days, wanted.project)
    )
    platform.state(token_made(made))
    return Made(token=secret.reveal(), about=TokenOut.of(made))


@router.delete("/api/tokens/{token}", status_code=204)
@needs(Permission.IN_PERSON)
def revoke(token: str, visit: Visitor, platform: Platform) -> None:
    """End a token."""
    end(platform, visit, token)


def end(platform: Services, visit: Visit, token: str) -> None:
    """End a token of the visitor's, and state it.

    Raises:
        NotFound: They have no such token.
    """
    name = visit.person.name
    platform.identity.tokens.revoke(name, token)
    platform.state(Entry(name, "token.revoke", token))
