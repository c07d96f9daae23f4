"""The accounts of the platform, for administrators."""

from __future__ import annotations

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict

from roadworthy.errors import Conflict, NotFound
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.services import Services
from roadworthy.web.visit import Visit

router = APIRouter(route_class=Guarded, tags=["identity"])


class AccountOut(BaseModel):
    """An account."""

    name: str
    display: str
    is_admin: bool
    is_disabled: bool
    created_at: int


class Invite(BaseModel):
    """Who is invited: somebody new, or an account, to set its password."""

    model_config = ConfigDict(extra="forbid")
    account: str | None = None
    is_admin: bool = False


class Invited(BaseModel):
    """The link, which works once, for a day."""

    link: str


@router.get("/api/accounts")
@needs(Permission.ADMIN, rows="")
def accounts(platform: Platform) -> list[AccountOut]:
    """List all accounts."""
    return [
        AccountOut(
            name=one.name, display=one.display, is_admin=one.is_admin, is_disabled=one.is_disabled,
            created_at=one.created_at,
        )
        for one in platform.identity.accounts.all()
    ]  # fmt: skip


@router.post("/api/accounts/{account}/disable", status_code=204)
@needs(Permission.ADMIN)
def disable(account: str, visit: Visitor, platform: Platform) -> None:
    """Let an account do nothing from now on."""
    switch(platform, visit, account, disabled=True)


@router.post("/api/accounts/{account}/enable", status_code=204)
@needs(Permission.ADMIN)
def enable(account: str, visit: Visitor, platform: Platform) -> None:
    """Let an account sign in again."""
    switch(platform, visit, account, disabled=False)


@router.post("/api/invitations", status_code=201)
@needs(Permission.ADMIN)
def invite(wanted: Invite, visit: Visitor, platform: Platform) -> Invited:
    """Make a link by which somebody gets an account, or a new password."""
    return Invited(link=link(platform, visit, wanted.account, is_admin=wanted.is_admin))


def switch(platform: Services, visit: Visit, account: str, *, disabled: bool) -> None:
    """Disable or enable an account other than one's own.

    Raises:
        Conflict: It is one's own.
        NotFound: There is no such account.
    """
    if account == visit.person.name:
        raise Conflict("Nobody disables their own account.", remedy="Ask another administrator.")
    platform.identity.accounts.disable(account, disabled=disabled)
    platform.state(Entry(visit.person.name, "account.disable" if disabled else "account.enable", account))


def link(platform: Services, visit: Visit, account: str | None, *, is_admin: bool) -> str:
    """Return a link for somebody new, or for a new password of an account.

    Raises:
        NotFound: There is no such account.
    """
    if account is not None and platform.identity.accounts.find(account) is None:
        raise NotFound(f"There is no account {account}.", remedy="Leave the account out to invite somebody new.")
    secret = platform.identity.invitations.create(account=account, is_admin=is_admin, by=visit.person.name)
    platform.state(Entry(visit.person.name, "account.invite", account or "somebody new", None, {"admin": is_admin}))
    return f"{platform.url}/join/{secret.reveal()}"
