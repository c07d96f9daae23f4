"""How a project stands: where its model is known to fail, how ready it is, its people, and what its profile says."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Path, Query

from roadworthy.app.server.view.evidence import declared, failure_modes, people, readiness
from roadworthy.app.server.view.projects import health_of
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, needs

router = APIRouter(route_class=Guarded, tags=["standing"])
Mode = Annotated[str, Path(max_length=100)]
Days = Annotated[int, Query(ge=1, le=3650)]


@router.get("/api/projects/{project}/health")
@needs(Permission.READ, rows="reasons")
def health(project: str, platform: Platform) -> dict[str, Any]:
    """Say in a word how healthy a project is, with the reasons."""
    return health_of(platform.at_work, project)


@router.get("/api/projects/{project}/failure-modes")
@needs(Permission.READ, rows="")
def modes(project: str, platform: Platform) -> list[dict[str, Any]]:
    """List the failure modes that main declares, the gravest first, each with its last test."""
    return failure_modes.failure_modes(platform.at_work, project)


@router.get("/api/projects/{project}/failure-modes/{mode}")
@needs(Permission.READ)
def mode(project: str, mode: Mode, platform: Platform) -> dict[str, Any]:
    """Show a failure mode."""
    return failure_modes.failure_mode(platform.at_work, project, mode)


@router.get("/api/projects/{project}/readiness")
@needs(Permission.READ, rows="tests")
def ready(project: str, platform: Platform, days: Days = readiness.LIMIT) -> dict[str, Any]:
    """Score what was executed in the last days against the 28 tests of the ML Test Score."""
    return readiness.readiness(platform.at_work, project, days)


@router.get("/api/projects/{project}/people")
@needs(Permission.READ, rows="")
def members(project: str, platform: Platform) -> list[dict[str, Any]]:
    """List the members of a project, with their roles, and where approvals may come from."""
    return people.people(platform.at_work, project)


@router.get("/api/projects/{project}/settings")
@needs(Permission.READ)
def settings(project: str, platform: Platform) -> dict[str, Any]:
    """Give what profile.yaml on main says, whole."""
    return declared.settings(platform.at_work, project)
