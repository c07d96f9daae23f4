"""One approval, a year later: what exactly was approved, rendered from records."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from roadworthy.app.server.review import show
from roadworthy.app.server.view import changes as view
from roadworthy.platform.change.merge import Wish
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.changes import Number
from roadworthy.web.api.review.opinions import Record
from roadworthy.web.pages.frame import frame
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.shield import FOREIGN

router = APIRouter(route_class=Guarded, include_in_schema=False)
_APPROVAL = "/projects/{project}/changes/{number}/approvals/{record}"
_REPORT = {"Content-Security-Policy": FOREIGN, "X-Frame-Options": "SAMEORIGIN"}


@router.get(_APPROVAL)
@needs(Permission.READ)
def approval(
    request: Request, project: str, number: Number, record: Record, visit: Visitor, platform: Platform
) -> Response:
    """Show what exactly somebody approved, and what has changed since."""
    at = platform.at_work
    said = show.approval(at, project, number, record)
    found = view.standing(at, project, number, Wish(visit.person.name))
    return page(
        request, "change_approval.html", said=said, found=found, change=found["change"], **frame(visit, project)
    )


@router.get(f"{_APPROVAL}/report")
@needs(Permission.READ)
def report(project: str, number: Number, record: Record, platform: Platform) -> Response:
    """Answer with the report that they had before them, as a document of no origin."""
    data = show.report(platform.at_work, project, number, record)
    return Response(data, media_type="text/html; charset=utf-8", headers=_REPORT)
