"""Events: what was pushed, what was done about it or why nothing was, and looking again."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from roadworthy.app.server.view import events as view
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.jobs import Before, Number
from roadworthy.web.pages.frame import frame
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs

router = APIRouter(route_class=Guarded, include_in_schema=False)
_PAGE = 50


@router.get("/projects/{project}/events")
@needs(Permission.READ)
def listed(request: Request, project: str, visit: Visitor, platform: Platform, before: Before = None) -> Response:
    """Show the events of a project."""
    found = view.events(platform.at_work, project, before)
    older = found[-1]["event"] if len(found) == _PAGE else None
    return page(request, "events.html", events=found, before=before, older=older, **frame(visit, project))


@router.get("/projects/{project}/events/{event}")
@needs(Permission.READ)
def show(request: Request, project: str, event: Number, visit: Visitor, platform: Platform) -> Response:
    """Explain an event."""
    return page(request, "event.html", event=view.event(platform.at_work, project, event), **frame(visit, project))


@router.get("/projects/{project}/deliveries/{delivery}")
@needs(Permission.READ)
def delivered(request: Request, project: str, delivery: Number, visit: Visitor, platform: Platform) -> Response:
    """Explain a delivery."""
    found = view.delivery(platform.at_work, project, delivery)
    return page(request, "delivery.html", delivery=found, **frame(visit, project))


@router.post("/projects/{project}/deliveries/{delivery}/replay")
@needs(Permission.CONTRIBUTE, body=1 << 14)
def replay(project: str, delivery: Number, visit: Visitor, platform: Platform) -> Response:
    """Look again at what a delivery told of, and go to what came of it."""
    again = view.replay(platform.at_work, project, delivery, visit.person.name)
    return RedirectResponse(f"/projects/{project}/deliveries/{again['delivery']}", 303)
