"""Versions of the model, the line that each comes from, and the environments."""

from __future__ import annotations

from fastapi import APIRouter, Request
from fastapi.responses import Response

from roadworthy.app.server.view import places
from roadworthy.app.server.view.evidence import predictions
from roadworthy.app.server.view.evidence import versions as view
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.evidence.versions import Number, Place
from roadworthy.web.pages.frame import frame
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.show.drawing import drawn

router = APIRouter(route_class=Guarded, include_in_schema=False)


@router.get("/projects/{project}/versions")
@needs(Permission.READ)
def listed(request: Request, project: str, visit: Visitor, platform: Platform) -> Response:
    """Show the versions of a project's model."""
    at = platform.at_work
    found = view.versions(at, project)
    metrics = list(dict.fromkeys(name for one in found for name in (*filter(None, [one["primary"]]), *one["metrics"])))
    ignored = places.history(at, project)["ignored"]
    return page(request, "versions.html", found=found, metrics=metrics[:3], ignored=ignored, **frame(visit, project))


@router.get("/projects/{project}/versions/{version}")
@needs(Permission.READ)
def show(request: Request, project: str, version: Number, visit: Visitor, platform: Platform) -> Response:
    """Show a version: what it is for, where it comes from and went, its card."""
    found = view.version(platform.at_work, project, version)
    return page(
        request, "version.html", found=found, one=found["version"], record=found["record"],
        drawing=drawn(found["lineage"]), label="Where it comes from and went", **frame(visit, project),
    )  # fmt: skip


@router.get("/projects/{project}/environments")
@needs(Permission.READ)
def environments(request: Request, project: str, visit: Visitor, platform: Platform) -> Response:
    """Show what is where, and everything that was."""
    at = platform.at_work
    seen = places.seen(at, project)
    found = {
        "environments": places.environments(at, project, seen),
        "versions": [one.name for one in reversed(seen.versions)],
    }
    deployments = places.history(at, project)["deployments"]
    return page(
        request, "environments.html", found=found, deployments=sorted(deployments, key=lambda one: one["at"])[::-1],
        **frame(visit, project),
    )  # fmt: skip


@router.get("/projects/{project}/environments/{environment}")
@needs(Permission.READ)
def environment(request: Request, project: str, environment: Place, visit: Visitor, platform: Platform) -> Response:
    """Show an environment: what is there, what was, and what was answered lately."""
    found = predictions.answered(platform.at_work, project, environment)
    return page(request, "environment.html", found=found, one=found["environment"], **frame(visit, project))
