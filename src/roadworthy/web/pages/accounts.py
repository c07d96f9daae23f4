"""All accounts, for administrators: who there is, and inviting more."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.accounts import link, switch
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs

router = APIRouter(route_class=Guarded, include_in_schema=False)


@router.get("/accounts")
@needs(Permission.ADMIN)
def accounts(request: Request, platform: Platform) -> Response:
    """Show all accounts."""
    return page(request, "accounts.html", accounts=platform.identity.accounts.all(), link=None, invited=None)


@router.post("/accounts/invite")
@needs(Permission.ADMIN)
def invite(
    request: Request,
    visit: Visitor,
    platform: Platform,
    account: Annotated[str, Form()] = "",
    is_admin: Annotated[bool, Form()] = False,  # noqa: FBT002 - a field of the form
) -> Response:
    """Make a link, and show it this once: for somebody new, or for a new password of an account."""
    made = link(platform, visit, account or None, is_admin=is_admin)
    found = platform.identity.accounts.all()
    return page(request, "accounts.html", status=201, accounts=found, link=made, invited=account or None)


@router.post("/accounts/{account}/disable")
@needs(Permission.ADMIN)
def disable(account: str, visit: Visitor, platform: Platform) -> Response:
    """Let an account do nothing from now on."""
    switch(platform, visit, account, disabled=True)
    return RedirectResponse("/accounts", 303)


@router.post("/accounts/{account}/enable")
@needs(Permission.ADMIN)
def enable(account: str, visit: Visitor, platform: Platform) -> Response:
    """Let an account sign in again."""
    switch(platform, visit, account, disabled=False)
    return RedirectResponse("/accounts", 303)
