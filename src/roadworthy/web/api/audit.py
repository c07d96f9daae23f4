"""The audit: who did what, and whether the chain of it is whole."""

from __future__ import annotations

from typing import Annotated, Any

from fastapi import APIRouter, Query
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.server.view import audit as view
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, needs
from roadworthy.web.services import Services
from roadworthy.web.show.export import Form

router = APIRouter(route_class=Guarded, tags=["audit"])
Before = Annotated[int, Field(ge=1, le=2**53)] | None
Word = Annotated[str, Field(max_length=100, pattern=r"^[^\x00-\x1f]*$")]


class Filter(BaseModel):
    """Which entries are wanted.

    Attributes:
        actor: Whose; empty for everybody's.
        action: What was done, e.g. `change.merge`, or `change` for all that was done to changes; empty for anything.
        before: Only entries before this one.
        form: Of the answer of the API.
    """

    model_config = ConfigDict(extra="forbid")
    actor: Word = ""
    action: Word = ""
    before: Before = None
    form: Form = "json"


Asked = Annotated[Filter, Query()]


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
@needs(Permission.ADMIN, rows="")
def listed(platform: Platform, asked: Asked) -> list[EntryOut]:
    """List the entries of all projects, the newest first, 100 at a time."""
    return _entries(platform, None, asked)


@router.get("/api/projects/{project}/audit")
@needs(Permission.MAINTAIN, rows="")
def of_project(project: str, platform: Platform, asked: Asked) -> list[EntryOut]:
    """List the entries of a project, the newest first, 100 at a time."""
    return _entries(platform, project, asked)


@router.get("/api/audit/verified")
@needs(Permission.ADMIN)
def verified(platform: Platform) -> VerifiedOut:
    """Read every entry, its signature and its place in the chain."""
    found = platform.at_work.audit.verify()
    return VerifiedOut(entries=found.entries, faults=list(found.faults))


def _entries(platform: Services, project: str | None, asked: Filter) -> list[EntryOut]:
    wanted = view.Filter(project, asked.actor, asked.action, asked.before)
    return [EntryOut(**one) for one in view.audit(platform.at_work, wanted)]
