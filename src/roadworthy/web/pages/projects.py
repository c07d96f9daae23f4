"""The projects that one may see, and making another."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response

from roadworthy.app.server.projects import create as create_project
from roadworthy.app.server.tend import removal
from roadworthy.app.server.view import projects as view
from roadworthy.errors import Conflict, NotFound, RoadworthyError, UsageError
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.faults import status_of
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.services import Services
from roadworthy.web.visit import Visit, readable, restorable

router = APIRouter(route_class=Guarded, include_in_schema=False)


@router.get("/projects")
@needs(Permission.SIGNED_IN)
def projects(request: Request, visit: Visitor, platform: Platform) -> Response:
    """Show the projects that one may read."""
    return _listed(request, visit, platform)


@router.post("/projects")
@needs(Permission.CREATE, body=1 << 14)
def create(request: Request, visit: Visitor, platform: Platform, name: Annotated[str, Form()]) -> Response:
    """Make a project, whose first maintainer one is, and go there."""
    try:
        create_project(platform.at_work, name.strip(), visit.person.name)
    except (UsageError, Conflict) as fault:
        return _listed(request, visit, platform, wanted=name, fault=fault)
    return RedirectResponse(f"/projects/{name.strip()}", 303)


@router.post("/projects/{project}/restore")
@needs(Permission.MAINTAIN, body=1 << 14, removed=True)
def restore(request: Request, project: str, visit: Visitor, platform: Platform) -> Response:
    """Bring a removed project back, and go there."""
    try:
        removal.restore(platform.at_work, project, visit.person.name)
    except (NotFound, Conflict) as fault:
        return _listed(request, visit, platform, fault=fault)
    return RedirectResponse(f"/projects/{project}", 303)


def _listed(
    request: Request, visit: Visit, platform: Services, *, wanted: str = "", fault: RoadworthyError | None = None
) -> Response:
    roles = readable(visit, platform)
    return page(
        request, "projects.html", status=200 if fault is None else status_of(fault), roles=roles,
        projects=[view.line(platform.at_work, name) for name in roles], may_create=visit.may(Permission.CREATE),
        wanted=wanted, fault=fault, removed=restorable(visit, platform),
    )  # fmt: skip
