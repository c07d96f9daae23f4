"""Following an invitation: choosing a name and a password, once."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from roadworthy.errors import Conflict, UsageError
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.identity.invitations import Guest
from roadworthy.platform.identity.permission import Permission
from roadworthy.platform.identity.secret import Secret
from roadworthy.web import signing
from roadworthy.web.faults import status_of
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, needs
from roadworthy.web.visit import address_of, wait

router = APIRouter(route_class=Guarded, include_in_schema=False)


@router.get("/join/{secret}")
@needs(Permission.ANYONE)
def form(request: Request, secret: str, platform: Platform) -> Response:
    """Show the form, when the link is good. Looking does not use it."""
    wait(platform.limits.crowd.take(f"link from {address_of(request)}"))
    invitation = platform.identity.invitations.find(Secret(secret))
    return page(request, "join.html", invitation=invitation, guest=Guest("", ""), fault=None)


@router.post("/join/{secret}")
@needs(Permission.ANYONE, body=1 << 14)
def join(
    request: Request,
    secret: str,
    platform: Platform,
    password: Annotated[str, Form()],
    name: Annotated[str, Form()] = "",
    display: Annotated[str, Form()] = "",
) -> Response:
    """Make the account, or set its password, and sign in."""
    wait(platform.limits.crowd.take(f"link from {address_of(request)}"))
    guest, key = Guest(name.strip(), password, display), Secret(secret)
    try:
        made = platform.identity.invitations.accept(key, guest)
    except (Conflict, UsageError) as fault:
        invitation = platform.identity.invitations.find(key)
        status = status_of(fault)
        return page(request, "join.html", status=status, invitation=invitation, guest=guest, fault=fault)
    platform.state(Entry(made.name, "account.join", made.name, None, {"from": address_of(request)}))
    answer = RedirectResponse("/", 303)
    signing.begin(request, platform, made.name, answer)
    return answer
