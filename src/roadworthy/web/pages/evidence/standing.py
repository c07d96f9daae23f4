"""How a project stands: failure modes, readiness, people, settings."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from roadworthy.app.server.view.evidence import declared, failure_modes, people, readiness
from roadworthy.app.server.view.flat import flat
from roadworthy.platform.identity.permission import Permission
from roadworthy.prove.readiness.catalogue import SECTIONS
from roadworthy.web.api.evidence.standing import Days, Mode
from roadworthy.web.pages.frame import frame
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs

router = APIRouter(route_class=Guarded, include_in_schema=False)


@router.get("/projects/{project}/failure-modes")
@needs(Permission.READ)
def modes(request: Request, project: str, visit: Visitor, platform: Platform) -> Response:
    """Show where the model is known to fail."""
    found = failure_modes.failure_modes(platform.at_work, project)
    return page(request, "failure_modes.html", found=found, **frame(visit, project))


@router.get("/projects/{project}/failure-modes/{mode}")
@needs(Permission.READ)
def mode(request: Request, project: str, mode: Mode, visit: Visitor, platform: Platform) -> Response:
    """Show one failure mode, and what the last test of it said."""
    found = failure_modes.failure_mode(platform.at_work, project, mode)
    return page(request, "failure_mode.html", one=found, **frame(visit, project))


@router.get("/projects/{project}/readiness")
@needs(Permission.READ)
def ready(request: Request, project: str, visit: Visitor, platform: Platform, days: Days = readiness.LIMIT) -> Response:
    """Show which of the 28 tests of the ML Test Score were executed lately."""
    found = readiness.readiness(platform.at_work, project, days)
    next_ = next((one for one in found["tests"] if one["id"] == found["next"]), None)
    return page(request, "readiness.html", found=found, sections=SECTIONS, next=next_, **frame(visit, project))


@router.get("/projects/{project}/people")
@needs(Permission.READ)
def members(request: Request, project: str, visit: Visitor, platform: Platform) -> Response:
    """Show who may do what."""
    found = people.people(platform.at_work, project)
    return page(request, "people.html", found=found, may=people.MAY, **frame(visit, project))


@router.get("/projects/{project}/settings")
@needs(Permission.READ)
def settings(request: Request, project: str, visit: Visitor, platform: Platform) -> Response:
    """Show what profile.yaml on main says, and that committing is how it is changed."""
    found = declared.settings(platform.at_work, project)
    parts = {
        name: dict(flat({name: value})) for name, value in (found["profile"] or {}).items()
        if name != "apiVersion" and value not in (None, "", {}, [], ())
    }  # fmt: skip
    return page(request, "settings.html", found=found, parts=parts, **frame(visit, project))
