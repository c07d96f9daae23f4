"""Approvals of changes, bound to what was seen; holds; and who is asked to look."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.server.review import opinion, show
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.changes import Number
from roadworthy.web.route import Guarded, Platform, Visitor, needs

router = APIRouter(route_class=Guarded, tags=["reviews"])
Record = Annotated[str, Field(pattern=r"^blake3:[0-9a-f]{64}$", min_length=71, max_length=71)]
Commit = Annotated[str, Field(pattern=r"^[0-9a-f]{40}$", min_length=40, max_length=40)]
Key = Annotated[str, Field(max_length=64, pattern=r"^[A-Za-z0-9_-]*$")]
Reason = Annotated[str, Field(max_length=1000, pattern=r"^[^\x00]*$")]
Perspective = Literal["software", "analysis"]
_CHANGE = "/api/projects/{project}/changes/{number}"


class NewOpinion(BaseModel):
    """What somebody says of a commit from a perspective; said once under a key, however often it is sent."""

    model_config = ConfigDict(extra="forbid")
    perspective: Perspective
    head: Commit
    says: Literal["yes", "no", "withdrawn"] = "yes"
    note: Reason = ""
    key: Key = ""


class NewHold(BaseModel):
    """Why a change is not to be merged for now."""

    model_config = ConfigDict(extra="forbid")
    reason: Reason = ""
    key: Key = ""


class NewRequest(BaseModel):
    """Who is to look at a change, from which perspective."""

    model_config = ConfigDict(extra="forbid")
    who: Annotated[str, Field(min_length=1, max_length=40)]
    perspective: Perspective


class OpinionOut(BaseModel):
    """What somebody says, whether it stands, and what has changed since they saw it."""

    record: str
    who: str
    perspective: Perspective
    says: Literal["yes", "no"]
    note: str
    at: int
    head: str
    stands: bool
    changed: list[str]
    files: list[str] | None
    counts: bool


class ReviewOut(BaseModel):
    """What a change asks for, and what it has."""

    head: str | None
    needed: list[Perspective]
    reviewers: dict[str, list[str]]
    authors: list[str]
    faults: list[str]
    opinions: list[OpinionOut]
    holds: list[dict[str, Any]]
    requests: list[dict[str, Any]]
    may: list[Perspective]


class ApprovalOut(BaseModel):
    """What exactly somebody approved: the addresses of what they saw, its checks, and what has changed since."""

    record: str
    who: str
    at: int
    perspective: Perspective
    says: Literal["yes", "no", "withdrawn"]
    by: str
    note: str
    head: str
    seen: dict[str, str | None]
    files: list[str]
    proof: str | None
    page: str | None
    checks: list[dict[str, str]]
    changed: list[str]
    patch: str | None


class SuggestionOut(BaseModel):
    """Somebody who might be asked: how many of the files they reviewed before, and how many changes wait for them."""

    who: str
    perspective: Perspective
    history: int
    load: int
    asked: bool


class Told(BaseModel):
    """The record of what was said."""

    record: str


@router.get(f"{_CHANGE}/review")
@needs(Permission.READ)
def review(project: str, number: Number, visit: Visitor, platform: Platform) -> ReviewOut:
    """Show which approvals a change asks for and has, who holds it, and who was asked."""
    return ReviewOut(**show.review(platform.at_work, project, number, visit.person))


@router.post(f"{_CHANGE}/approvals", status_code=201)
@needs(Permission.CONTRIBUTE)
def opine(project: str, number: Number, wanted: NewOpinion, visit: Visitor, platform: Platform) -> Told:
    """Approve a commit from a perspective, refuse it, or withdraw what one said."""
    given = opinion.Wanted(wanted.perspective, wanted.head, wanted.says, wanted.note, wanted.key)
    return Told(record=opinion.opine(platform.at_work, project, number, given, visit.person).record)


@router.get(f"{_CHANGE}/approvals/{{record}}")
@needs(Permission.READ)
def approval(project: str, number: Number, record: Record, platform: Platform) -> ApprovalOut:
    """Show what exactly somebody approved, and what has changed since."""
    return ApprovalOut(**show.approval(platform.at_work, project, number, record))


@router.post(f"{_CHANGE}/hold", status_code=201)
@needs(Permission.CONTRIBUTE)
def hold(project: str, number: Number, wanted: NewHold, visit: Visitor, platform: Platform) -> Told:
    """Keep a change from being merged for now."""
    done = opinion.keep(platform.at_work, project, number, wanted.reason, (visit.person, wanted.key))
    return Told(record=done.record)


@router.post(f"{_CHANGE}/unhold", status_code=201)
@needs(Permission.CONTRIBUTE)
def unhold(project: str, number: Number, visit: Visitor, platform: Platform) -> Told:
    """Let go what one holds; a maintainer lets go what anybody does."""
    of = (visit.person, "")
    return Told(record=opinion.let_go(platform.at_work, project, number, is_maintainer=visit.maintains, of=of).record)


@router.get(f"{_CHANGE}/reviewers")
@needs(Permission.READ)
def reviewers(project: str, number: Number, platform: Platform) -> list[SuggestionOut]:
    """List who might be asked to review a change: who knows its files, and has time, comes first."""
    return [SuggestionOut(**one) for one in show.suggestions(platform.at_work, project, number)]


@router.post(f"{_CHANGE}/requests", status_code=201)
@needs(Permission.CONTRIBUTE)
def ask(project: str, number: Number, wanted: NewRequest, visit: Visitor, platform: Platform) -> Told:
    """Ask somebody to review a change."""
    of = (wanted.who, wanted.perspective)
    return Told(record=opinion.ask(platform.at_work, project, number, of, visit.person).record)
