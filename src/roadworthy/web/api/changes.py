"""Changes: proposed, looked at, merged by the platform alone."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.server import changes
from roadworthy.app.server.platform import Platform as AtWork
from roadworthy.app.server.view import changes as view
from roadworthy.platform.change.change import Change
from roadworthy.platform.change.merge import Wish, refuse_others
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.visit import Visit

router = APIRouter(route_class=Guarded, tags=["changes"])
Number = Annotated[int, Field(ge=1, le=2**31 - 1)]
_NAME = Annotated[str, Field(min_length=1, max_length=250)]


class NewChange(BaseModel):
    """A change that is proposed; without a target it goes where the rules of the branches say."""

    model_config = ConfigDict(extra="forbid")
    branch: _NAME
    target: _NAME | None = None
    title: Annotated[str, Field(min_length=1, max_length=250)]


class ChangeOut(BaseModel):
    """A change."""

    project: str
    number: int
    branch: str
    target: str
    title: str
    author: str
    state: Literal["open", "merged", "closed"]
    head: str
    opened_at: int
    closed_at: int | None
    merge_commit: str | None
    unreviewed: bool
    record: str


class Stands(BaseModel):
    """A change, what its check said, and everything that keeps it from being merged."""

    change: ChangeOut
    tip: str | None
    verdict: Literal["passed", "failed", "running", "not_run"]
    why: str
    obstacles: list[str]
    loosened: list[str]
    plan: list[str]
    gates: list[dict[str, Any]]
    holds: list[str]
    job: int | None


class Merging(BaseModel):
    """Why it is to be merged without the approvals that the project asks for, if so; and the commit that was seen."""

    model_config = ConfigDict(extra="forbid")
    reason: Annotated[str, Field(max_length=1000)] = ""
    head: Annotated[str, Field(pattern=r"^[0-9a-f]{40}$", min_length=40, max_length=40)] | None = None


@router.get("/api/projects/{project}/changes")
@needs(Permission.READ, rows="")
def listed(
    project: str, platform: Platform, state: Literal["open", "merged", "closed"] | None = None
) -> list[ChangeOut]:
    """List changes, the newest first."""
    return [ChangeOut(**one) for one in view.changes(platform.at_work, project, state)]


@router.post("/api/projects/{project}/changes", status_code=201)
@needs(Permission.CONTRIBUTE)
def propose(project: str, wanted: NewChange, visit: Visitor, platform: Platform) -> ChangeOut:
    """Open a change, or return the one that is open from the same branch to the same target."""
    asked = changes.Wanted(wanted.branch, wanted.target, wanted.title)
    return ChangeOut(**changes.open_change(platform.at_work, project, asked, visit.person.name).as_json())


@router.get("/api/projects/{project}/changes/{number}")
@needs(Permission.READ)
def show(project: str, number: Number, visit: Visitor, platform: Platform) -> Stands:
    """Show how a change stands."""
    wish = Wish(visit.person.name, is_maintainer=visit.maintains)
    return Stands(**view.standing(platform.at_work, project, number, wish))


@router.post("/api/projects/{project}/changes/{number}/merge")
@needs(Permission.CONTRIBUTE)
def merge(project: str, number: Number, merging: Merging, visit: Visitor, platform: Platform) -> ChangeOut:
    """Merge a change that nothing keeps from it."""
    reason = merging.reason.strip()
    wish = Wish(visit.person.name, is_maintainer=visit.maintains, reason=reason, head=merging.head)
    return ChangeOut(**changes.merge(platform.at_work, project, number, wish).as_json())


@router.post("/api/projects/{project}/changes/{number}/close")
@needs(Permission.CONTRIBUTE)
def close(project: str, number: Number, visit: Visitor, platform: Platform) -> ChangeOut:
    """Close a change without merging it."""
    return ChangeOut(**shut(platform.at_work, project, number, visit).as_json())


def shut(at: AtWork, project: str, number: int, visit: Visit) -> Change:
    """Close a change for its author, or for a maintainer.

    Raises:
        NotAllowed: The visitor is neither.
        NotFound: There is none of that number.
        Conflict: It was merged.
    """
    found = changes.standing(at, project, number).change
    refuse_others(found, visit.person.name, is_maintainer=visit.maintains)
    return changes.close(at, project, number, visit.person.name)
