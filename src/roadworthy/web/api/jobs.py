"""Jobs and events: what is being done and why, or why nothing is."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from fastapi.responses import PlainTextResponse
from pydantic import BaseModel, Field

from roadworthy.app.server.view import events as event_view
from roadworthy.app.server.view import jobs as view
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.visit import readable

router = APIRouter(route_class=Guarded, tags=["jobs"])
Number = Annotated[int, Field(ge=1, le=2**53)]
Before = Annotated[int, Field(ge=1, le=2**53)] | None
Offset = Annotated[int, Field(ge=0, le=2**53)]
JobState = Literal["queued", "running", "done", "failed", "cancelled"]


class JobOut(BaseModel):
    """A job."""

    id: int
    project: str
    kind: str
    state: JobState
    passed: bool
    payload: dict[str, Any]
    cause: int | None
    attempts: int
    owner: str | None
    result: dict[str, Any] | None
    reason: str | None
    created_at: int
    finished_at: int | None


@router.get("/api/jobs")
@needs(Permission.SIGNED_IN, rows="")
def everywhere(
    visit: Visitor, platform: Platform, before: Before = None, state: JobState | None = None
) -> list[JobOut]:
    """List the jobs of all projects that one may read, the newest first, 50 at a time."""
    wanted = view.Filter(() if state is None else (state,), before)
    return [JobOut(**one) for one in view.across(platform.at_work, tuple(readable(visit, platform)), wanted)]


@router.get("/api/projects/{project}/jobs")
@needs(Permission.READ, rows="")
def listed(project: str, platform: Platform, before: Before = None, state: JobState | None = None) -> list[JobOut]:
    """List a project's jobs, the newest first, 50 at a time."""
    wanted = view.Filter(() if state is None else (state,), before)
    return [JobOut(**one) for one in view.jobs(platform.at_work, project, wanted)]


@router.get("/api/projects/{project}/jobs/{job}")
@needs(Permission.READ)
def show(project: str, job: Number, platform: Platform) -> JobOut:
    """Show a job."""
    return JobOut(**view.job(platform.at_work, project, job))


@router.get("/api/projects/{project}/jobs/{job}/log", response_class=PlainTextResponse)
@needs(Permission.READ)
def log(project: str, job: Number, platform: Platform, offset: Offset = 0) -> PlainTextResponse:
    """Give what a job printed, from *offset* bytes on."""
    return PlainTextResponse(view.log(platform.at_work, project, job, offset))


@router.post("/api/projects/{project}/jobs/{job}/cancel")
@needs(Permission.CONTRIBUTE)
def cancel(project: str, job: Number, visit: Visitor, platform: Platform) -> JobOut:
    """Cancel a job that waits, or ask one that runs to stop."""
    return JobOut(**view.cancel(platform.at_work, project, job, visit.person.name))


@router.post("/api/projects/{project}/jobs/{job}/retry")
@needs(Permission.CONTRIBUTE)
def retry(project: str, job: Number, visit: Visitor, platform: Platform) -> JobOut:
    """Queue a job that failed, was cancelled or did not pass once more."""
    return JobOut(**view.retry(platform.at_work, project, job, visit.person.name))


@router.get("/api/projects/{project}/events")
@needs(Permission.READ, rows="")
def events(project: str, platform: Platform, before: Before = None) -> list[dict[str, Any]]:
    """List a project's events, each with what was done or why nothing was, the newest first, 50 at a time."""
    return event_view.events(platform.at_work, project, before)


@router.get("/api/projects/{project}/events/{event}")
@needs(Permission.READ)
def event(project: str, event: Number, platform: Platform) -> dict[str, Any]:
    """Explain an event."""
    return event_view.event(platform.at_work, project, event)


@router.get("/api/projects/{project}/deliveries")
@needs(Permission.READ, rows="")
def deliveries(project: str, platform: Platform, before: Before = None) -> list[dict[str, Any]]:
    """List what a project was told, each with what came of it or why nothing did, the newest first, 50 at a time."""
    return event_view.deliveries(platform.at_work, project, before)


@router.get("/api/projects/{project}/deliveries/{delivery}")
@needs(Permission.READ)
def delivery(project: str, delivery: Number, platform: Platform) -> dict[str, Any]:
    """Explain a delivery."""
    return event_view.delivery(platform.at_work, project, delivery)


@router.post("/api/projects/{project}/deliveries/{delivery}/replay")
@needs(Permission.CONTRIBUTE)
def replay(project: str, delivery: Number, visit: Visitor, platform: Platform) -> dict[str, Any]:
    """Look again at what a delivery told of; what has been done stays so."""
    return event_view.replay(platform.at_work, project, delivery, visit.person.name)
