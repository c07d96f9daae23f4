"""One project: its branches, where its versions are, its changes, jobs, members, plan and rules."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ConfigDict

from roadworthy.app.release import Into
from roadworthy.app.server import operate
from roadworthy.app.server.platform import Platform as AtWork
from roadworthy.app.server.tend import removal
from roadworthy.app.server.view import asked, projects
from roadworthy.errors import RoadworthyError, UsageError
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.deployments import NewDeployment
from roadworthy.web.faults import status_of
from roadworthy.web.pages.frame import frame
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.services import Services
from roadworthy.web.visit import Visit

router = APIRouter(route_class=Guarded, include_in_schema=False)
Name = Annotated[str, Form(min_length=1, max_length=100)]
_FORM = 1 << 14  # bytes


class Wanted(NewDeployment):
    """The form, which also carries the proof that a page of the session sends it."""

    model_config = ConfigDict(extra="ignore")


@router.get("/projects/{project}")
@needs(Permission.READ)
def show(request: Request, project: str, visit: Visitor, platform: Platform) -> Response:
    """Show a project as it stands."""
    return _shown(request, project, visit, platform)


@router.post("/projects/{project}/deployments")
@needs(Permission.MAINTAIN, body=_FORM)
def deploy(
    request: Request, project: str, visit: Visitor, platform: Platform, wanted: Annotated[Wanted, Form()]
) -> Response:
    """Put a version into an environment, when what was seen there still is."""
    into = Into(wanted.version, wanted.environment, wanted.expect)
    try:
        operate.deploy(platform.at_work, project, into, visit.person.name)
    except RoadworthyError as fault:
        return _shown(request, project, visit, platform, fault=fault)
    return RedirectResponse(f"/projects/{project}", 303)


@router.post("/projects/{project}/rollbacks")
@needs(Permission.MAINTAIN, body=_FORM)
def roll_back(
    request: Request,
    project: str,
    visit: Visitor,
    platform: Platform,
    environment: Name,
    expect: Annotated[str, Form(max_length=100)] = "",
) -> Response:
    """Put the version before the current one back, when what was seen there still is."""
    try:
        operate.roll_back(platform.at_work, project, environment, expect or None, visit.person.name)
    except RoadworthyError as fault:
        return _shown(request, project, visit, platform, fault=fault)
    return RedirectResponse(f"/projects/{project}", 303)


@router.post("/projects/{project}/remove")
@needs(Permission.MAINTAIN, body=_FORM)
def remove(request: Request, project: str, visit: Visitor, platform: Platform, name: Name) -> Response:
    """Remove the project, when its name was typed once more, and go to the others."""
    if name.strip() != project:
        fault = UsageError(f"{name!r} is not the name of this project.", remedy=f"Type {project}.")
        return _shown(request, project, visit, platform, fault=fault)
    removal.remove(platform.at_work, project, visit.person.name)
    return RedirectResponse("/projects", 303)


def _shown(
    request: Request, project: str, visit: Visit, platform: Services, *, fault: RoadworthyError | None = None
) -> Response:
    at = platform.at_work
    found = projects.overview(at, project)
    moving = any(one["state"] in {"queued", "running"} for one in found["jobs"])
    return page(
        request, "project.html", status=200 if fault is None else status_of(fault), found=found, fault=fault,
        plan=_tried(at, project, "plan"), rules=_tried(at, project, "rules"), moving=moving,
        removal=removal.plan_removal(at, project) if visit.may(Permission.MAINTAIN, project) else (),
        repository=f"{platform.url}/git/{project}.git", **frame(visit, project),
    )  # fmt: skip


def _tried(at: AtWork, project: str, what: str) -> dict[str, Any]:
    """Return the plan of main, or the rules; or the fault that keeps them from being told."""
    try:
        found = asked.plan(at, project, "main")[1] if what == "plan" else asked.rules(at, project)
    except RoadworthyError as fault:
        return {"rows": None, "fault": fault}
    return {"rows": found, "fault": None}
