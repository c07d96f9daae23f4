"""The audit: who did what, and whether the chain of it is whole."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter
from pydantic import BaseModel, Field

from roadworthy.app.server import view
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, needs

router = APIRouter(route_class=Guarded, tags=["audit"])
Before = Annotated[int, Field(ge=1, le=2**53)] | None


class EntryOut(BaseModel):
    """One thing that somebody did."""

    seq: int
    project: str | None
    at: str
    actor: str
    action: str
    target: str
    detail: dict[str, Any]
    record: str


class VerifiedOut(BaseModel):
    """How many entries are whole and in their order, and what is not."""

    entries: int
    faults: list[str]


@router.get("/api/audit")
@needs(Permission.ADMIN)
def listed(platform: Platform, before: Before = None) -> list[EntryOut]:
    """List the entries of all projects, the newest first, 100 at a time."""
    return [EntryOut(**one) for one in view.audit(platform.at_work, None, before)]


@router.get("/api/projects/{project}/audit")
@needs(Permission.MAINTAIN)
def of_project(project: str, platform: Platform, before: Before = None) -> list[EntryOut]:
    """List the entries of a project, the newest first, 100 at a time."""
    return [EntryOut(**one) for one in view.audit(platform.at_work, project, before)]


@router.get("/api/audit/verified")
@needs(Permission.ADMIN)
def verified(platform: Platform) -> VerifiedOut:
    """Read every entry, its signature and its place in the chain."""
    found = platform.at_work.audit.verify()
    return VerifiedOut(entries=found.entries, faults=list(found.faults))
