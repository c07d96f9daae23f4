"""The design system, on one page: every component in every state."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from roadworthy.platform.identity.permission import Permission
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, needs

router = APIRouter(route_class=Guarded, include_in_schema=False)


@router.get("/design")
@needs(Permission.ANYONE)
def design(request: Request) -> Response:
    """Show the tokens and the components."""
    return page(request, "design.html")
