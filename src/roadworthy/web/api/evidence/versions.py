"""Versions of the model, where they come from, and the environments that they are in."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path

from roadworthy.app.server.view import places
from roadworthy.app.server.view.evidence import predictions
from roadworthy.app.server.view.evidence import versions as view
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, needs

router = APIRouter(route_class=Guarded, tags=["versions"])
Place = Annotated[str, Path(max_length=100)]
Number = Annotated[str, Path(max_length=100)]


@router.get("/api/projects/{project}/versions")
@needs(Permission.READ, rows="")
def listed(project: str, platform: Platform) -> list[dict[str, Any]]:
    """List the versions of a project's model, the newest first."""
    return view.versions(platform.at_work, project)


@router.get("/api/projects/{project}/versions/{version}")
@needs(Permission.READ)
def show(project: str, version: Number, platform: Platform) -> dict[str, Any]:
    """Show a version: its record, its card, where it is, and the line from its data and commit to its predictions."""
    return view.version(platform.at_work, project, version)


@router.get("/api/projects/{project}/environments")
@needs(Permission.READ, rows="")
def environments(project: str, platform: Platform) -> list[dict[str, Any]]:
    """List the environments of a project, with what is in each."""
    at = platform.at_work
    return places.environments(at, at.known(project), places.seen(at, project))


@router.get("/api/projects/{project}/environments/{environment}")
@needs(Permission.READ, rows="predictions")
def environment(project: str, environment: Place, platform: Platform) -> dict[str, Any]:
    """Show an environment: what is there, what was, and what was answered lately, without a value of any row."""
    return predictions.answered(platform.at_work, project, environment)
