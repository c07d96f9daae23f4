"""One's account: its password, tokens and sessions."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from roadworthy.app.server.witness import token_made
from roadworthy.errors import NotAllowed, RoadworthyError, UsageError
from roadworthy.platform.identity.actor import Scope
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.identity.permission import Permission
from roadworthy.platform.identity.tokens import Wanted
from roadworthy.web import signing
from roadworthy.web.api.tokens import end as end_token
from roadworthy.web.faults import status_of
from roadworthy.web.render import is_partial, page
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.services import Services
from roadworthy.web.visit import Visit

router = APIRouter(route_class=Guarded, include_in_schema=False)
_FORM = 1 << 14  # bytes
_WRONG = NotAllowed("The password that you have now is another.", remedy="Write the one you signed in with.")


@router.get("/account")
@needs(Permission.IN_PERSON)
def account(request: Request, visit: Visitor, platform: Platform) -> Response:
    """Show who one is, and the form for another password."""
    return _account(request, visit, platform)


@router.post("/account/password")
@needs(Permission.IN_PERSON, body=_FORM)
def change_password(
    request: Request,
    visit: Visitor,
    platform: Platform,
    current: Annotated[str, Form()],
    new: Annotated[str, Form()],
) -> Response:
    """Set another password, end all sessions, and begin one here."""
    name = visit.person.name
    try:
        signing.check(request, platform, name, current)
        platform.identity.accounts.change_password(name, new)
        platform.state(Entry(name, "account.password", name))
    except NotAllowed:
        return _account(request, visit, platform, status=403, fault=_WRONG)
    except UsageError as fault:
        return _account(request, visit, platform, status=status_of(fault), fault=fault)
    answer = RedirectResponse("/account/sessions", 303)
    signing.begin(request, platform, name, answer)
    return answer


@router.get("/account/tokens")
@needs(Permission.IN_PERSON)
def tokens(request: Request, visit: Visitor, platform: Platform) -> Response:
    """Show one's tokens, and the form for another."""
    return _tokens(request, visit, platform)


@router.post("/account/tokens")
@needs(Permission.IN_PERSON, body=_FORM)
def create_token(
    request: Request,
    visit: Visitor,
    platform: Platform,
    label: Annotated[str, Form()],
    scope: Annotated[Scope, Form()] = Scope.READ,
    days: Annotated[int, Form()] = 90,
) -> Response:
    """Make a token, and show it this once."""
    try:
        made, secret = platform.identity.tokens.create(visit.person.name, Wanted(label, frozenset({scope}), days))
    except UsageError as fault:
        return _tokens(request, visit, platform, status=status_of(fault), fault=fault)
    platform.state(token_made(made))
    return _tokens(request, visit, platform, status=201, made=made, text=secret.reveal())


@router.post("/account/tokens/{token}/revoke")
@needs(Permission.IN_PERSON, body=_FORM)
def revoke_token(request: Request, token: str, visit: Visitor, platform: Platform) -> Response:
    """End a token."""
    end_token(platform, visit, token)
    if is_partial(request):
        return page(request, "account_token_list.html", tokens=platform.identity.tokens.of(visit.person.name))
    return RedirectResponse("/account/tokens", 303)


@router.get("/account/sessions")
@needs(Permission.IN_PERSON)
def sessions(request: Request, visit: Visitor, platform: Platform) -> Response:
    """Show where one is signed in."""
    found = platform.identity.sessions.of(visit.person.name)
    return page(request, "account_sessions.html", sessions=found)


@router.post("/account/sessions/end-others")
@needs(Permission.IN_PERSON, body=_FORM)
def end_other_sessions(visit: Visitor, platform: Platform) -> Response:
    """Sign out everywhere but here."""
    platform.identity.sessions.end_others(visit.person.name, keep=visit.session.key if visit.session else None)
    return RedirectResponse("/account/sessions", 303)


def _account(
    request: Request, visit: Visit, platform: Services, *, status: int = 200, fault: RoadworthyError | None = None
) -> Response:
    found = platform.identity.accounts.find(visit.person.name)
    return page(request, "account.html", status=status, account=found, fault=fault)


def _tokens(request: Request, visit: Visit, platform: Services, *, status: int = 200, **shown: object) -> Response:
    found = platform.identity.tokens.of(visit.person.name)
    values = {"fault": None, "made": None, "text": None, **shown}
    return page(request, "account_tokens.html", status=status, tokens=found, **values)
