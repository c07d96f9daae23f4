"""The audit: who did what, on the platform or in a project, and whether the chain of it is whole."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import Response

from roadworthy.app.server.view import audit as view
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.audit import Asked
from roadworthy.web.pages.frame import frame
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.services import Services

router = APIRouter(route_class=Guarded, include_in_schema=False)


@router.get("/audit")
@needs(Permission.ADMIN)
def everywhere(request: Request, platform: Platform, asked: Asked) -> Response:
    """Show what was done in all projects, and on the platform itself."""
    wanted = view.Filter(None, asked.actor.strip(), asked.action.strip(), asked.before)
    return page(request, "audit.html", **_list(platform, wanted))


@router.get("/audit/verified")
@needs(Permission.ADMIN)
def verified(request: Request, platform: Platform) -> Response:
    """Read every entry, and show whether the chain is whole."""
    return page(request, "audit_verified.html", verified=platform.at_work.audit.verify())


@router.get("/projects/{project}/audit")
@needs(Permission.MAINTAIN)
def of_project(request: Request, project: str, visit: Visitor, platform: Platform, asked: Asked) -> Response:
    """Show what was done in a project."""
    wanted = view.Filter(project, asked.actor.strip(), asked.action.strip(), asked.before)
    return page(request, "project_audit.html", **_list(platform, wanted), **frame(visit, project))


@router.get("/projects/{project}/audit/verified")
@needs(Permission.MAINTAIN)
def verified_of_project(request: Request, project: str, visit: Visitor, platform: Platform) -> Response:
    """Read every entry of the platform, and show whether the chain is whole: that of a project is a part of it."""
    found = platform.at_work.audit.verify()
    return page(request, "project_audit_verified.html", verified=found, **frame(visit, project))


def _list(platform: Services, wanted: view.Filter) -> dict[str, Any]:
    found = view.audit(platform.at_work, wanted)
    older = found[-1]["seq"] if len(found) == view.PAGE else None
    return {"entries": found, "wanted": wanted, "older": older}
