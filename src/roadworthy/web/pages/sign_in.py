"""Signing in and out."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from starlette.exceptions import HTTPException

from roadworthy.errors import NotAllowed
from roadworthy.platform.identity.permission import Permission
from roadworthy.web import signing
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs

router = APIRouter(route_class=Guarded, include_in_schema=False)
_OFTEN = NotAllowed("There were too many tries.", remedy="Wait for a minute, and try again.")


@router.get("/sign-in")
@needs(Permission.ANYONE)
def form(request: Request, visit: Visitor, next: str = "/") -> Response:  # noqa: A002 - as it stands in the address
    """Show the form; who is signed in goes on."""
    if visit.actor is not None:
        return RedirectResponse(signing.own_place(next), 303)
    return page(request, "sign_in.html", next=signing.own_place(next), name="", fault=None)


@router.post("/sign-in")
@needs(Permission.ANYONE, body=1 << 14)
def sign_in(
    request: Request,
    platform: Platform,
    name: Annotated[str, Form()],
    password: Annotated[str, Form()],
    next: Annotated[str, Form()] = "/",  # noqa: A002
) -> Response:
    """Begin a session, and go on to where one wanted to."""
    place = signing.own_place(next)
    try:
        account = signing.check(request, platform, name, password)
    except NotAllowed as fault:
        return page(request, "sign_in.html", status=403, next=place, name=name, fault=fault)
    except HTTPException as fault:
        answer = page(request, "sign_in.html", status=fault.status_code, next=place, name=name, fault=_OFTEN)
        answer.headers.update(fault.headers or {})
        return answer
    onward = RedirectResponse(place, 303)
    signing.begin(request, platform, account, onward)
    return onward


@router.post("/sign-out")
@needs(Permission.IN_PERSON, body=1 << 14)
def sign_out(visit: Visitor, platform: Platform) -> Response:
    """End the session."""
    if visit.session is not None:
        platform.identity.sessions.end(visit.session.key)
    answer = RedirectResponse("/sign-in", 303)
    signing.end(platform, answer)
    return answer
