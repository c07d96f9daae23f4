"""The design system, on one page: every component in every state."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from roadworthy.platform.identity.permission import Permission
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, needs
from roadworthy.web.show.drawing import drawn

_LINE = (
    {"name": "commit 7c1f09a", "state": "commit", "needs": ()},
    {"name": "data/rows.csv", "state": "data", "needs": ()},
    {"name": "run", "state": "run", "needs": ("commit 7c1f09a", "data/rows.csv")},
    {"name": "delay v1.4.0", "state": "version", "needs": ("run",)},
    {"name": "in production", "state": "environment", "needs": ("delay v1.4.0",)},
)
router = APIRouter(route_class=Guarded, include_in_schema=False)


@router.get("/design")
@needs(Permission.ANYONE)
def design(request: Request) -> Response:
    """Show the tokens and the components."""
    return page(request, "design.html", drawing=drawn(_LINE), label="Example of a graph")
