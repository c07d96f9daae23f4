"""Data: what is pinned, its versions, what differs between two, and its tests."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query

from roadworthy.app.server.view.evidence import data as view
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.evidence.runs import Address
from roadworthy.web.route import Guarded, Platform, needs

router = APIRouter(route_class=Guarded, tags=["data"])
Place = Annotated[str, Query(min_length=1, max_length=500)]


@router.get("/api/projects/{project}/data")
@needs(Permission.READ, rows="")
def listed(project: str, platform: Platform) -> list[dict[str, Any]]:
    """List what is pinned on main."""
    return view.data(platform.at_work, project)


@router.get("/api/projects/{project}/data/versions")
@needs(Permission.READ, rows="")
def versions(project: str, platform: Platform, path: Place) -> list[dict[str, Any]]:
    """List the versions that the data at *path* had on main, the newest first."""
    return view.versions(platform.at_work, project, path)


@router.get("/api/projects/{project}/data/changed")
@needs(Permission.READ)
def changed(project: str, platform: Platform, path: Place, before: Address, after: Address) -> dict[str, Any]:
    """Give what differs between two versions of the data at *path*."""
    return view.changed(platform.at_work, project, path, before, after)


@router.get("/api/projects/{project}/data/tests")
@needs(Permission.READ, rows="checks")
def tests(project: str, platform: Platform) -> dict[str, Any]:
    """Give what the data tests of the newest tested run said."""
    return view.tests(platform.at_work, project)
