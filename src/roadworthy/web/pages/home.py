"""The first page: the first list that the visitor may see."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse

from roadworthy.platform.identity.permission import Permission
from roadworthy.web.navigation import entries
from roadworthy.web.route import Guarded, needs

router = APIRouter(route_class=Guarded, include_in_schema=False)


@router.get("/")
@needs(Permission.SIGNED_IN)
def home(request: Request) -> RedirectResponse:
    """Go on to the projects, or to one's account while there are none."""
    found = [entry.path for entry in entries(request) if entry.path == "/projects"]
    return RedirectResponse(found[0] if found else "/account", 303)
