"""Data: what is pinned, the versions of one, and what differs between two of them."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query, Request
from fastapi.responses import Response
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.server.view.evidence import data as view
from roadworthy.errors import NotFound
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.evidence.runs import Address
from roadworthy.web.pages.frame import frame
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs

router = APIRouter(route_class=Guarded, include_in_schema=False)


class Two(BaseModel):
    """Which data, and which two of its versions.

    Attributes:
        path: Where it is pinned.
        before: The address of the version that is held against.
        after: That of the other.
    """

    model_config = ConfigDict(extra="forbid")
    path: Annotated[str, Field(min_length=1, max_length=500)]
    before: Address | None = None
    after: Address | None = None


_Asked = Annotated[Two, Query()]


@router.get("/projects/{project}/data")
@needs(Permission.READ)
def listed(request: Request, project: str, visit: Visitor, platform: Platform) -> Response:
    """Show what is pinned on main, and what its tests said."""
    at = platform.at_work
    return page(
        request, "data.html", data=view.data(at, project), tests=view.tests(at, project), **frame(visit, project)
    )


@router.get("/projects/{project}/data/versions")
@needs(Permission.READ)
def versions(request: Request, project: str, visit: Visitor, platform: Platform, asked: _Asked) -> Response:
    """Show the versions of data, and what differs between two of them: the last two, where none is named."""
    at = platform.at_work
    found = view.versions(at, project, asked.path)
    there = list(dict.fromkeys(one["address"] for one in found if one["address"]))
    after = asked.after or (there[0] if there else None)
    before = asked.before or next((one for one in there if one != after), None)
    changed, fault = None, None
    try:
        changed = view.changed(at, project, asked.path, before, after) if before and after else None
    except NotFound as missing:
        fault = missing
    return page(
        request, "data_versions.html", at=asked.path, found=found, changed=changed, fault=fault, before=before,
        after=after, choices=_choices(found), **frame(visit, project),
    )  # fmt: skip


def _choices(found: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(one["address"], f"{one['commit'][:9]} {one['subject'][:60]}") for one in found if one["address"]]
