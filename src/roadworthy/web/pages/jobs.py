"""Jobs: those of all projects that one may read, those of one, and one of them with what came of it."""

from __future__ import annotations

from typing import Any

from fastapi import APIRouter, Request
from fastapi.responses import RedirectResponse, Response

from roadworthy.app.server.view import jobs as view
from roadworthy.app.server.view import runs
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.jobs import Before, JobState, Number
from roadworthy.web.pages.frame import frame
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.shield import REPORT
from roadworthy.web.show.drawing import drawn
from roadworthy.web.show.printed import printed
from roadworthy.web.visit import readable

router = APIRouter(route_class=Guarded, include_in_schema=False)
_FORM = 1 << 14  # bytes
_TAIL = 400_000  # bytes of a log that a page shows


@router.get("/jobs")
@needs(Permission.SIGNED_IN)
def everywhere(
    request: Request, visit: Visitor, platform: Platform, before: Before = None, state: JobState | None = None
) -> Response:
    """Show the jobs of all projects that one may read."""
    wanted = view.Filter(() if state is None else (state,), before)
    found = view.across(platform.at_work, tuple(readable(visit, platform)), wanted)
    return page(request, "jobs.html", **_list(found, state, before))


@router.get("/projects/{project}/jobs")
@needs(Permission.READ)
def listed(
    request: Request, project: str, visit: Visitor, platform: Platform, before: Before = None,
    state: JobState | None = None,
) -> Response:  # fmt: skip
    """Show the jobs of a project."""
    found = view.jobs(platform.at_work, project, view.Filter(() if state is None else (state,), before))
    return page(request, "project_jobs.html", **_list(found, state, before), **frame(visit, project))


@router.get("/projects/{project}/jobs/{job}")
@needs(Permission.READ)
def show(request: Request, project: str, job: Number, visit: Visitor, platform: Platform) -> Response:
    """Show a job: where it stands, why it is there, what came of it, and what it prints."""
    at = platform.at_work
    found = view.found(at, project, job)
    result = found.result or {}
    run = runs.run(at, project, result)
    size = at.home.job_log(job).stat().st_size if at.home.job_log(job).is_file() else 0
    tail = printed(view.read_log(at, job, max(0, size - _TAIL)), max(0, size - _TAIL), ended=False)
    return page(
        request, "job.html", job=found, result=result, run=run, drawing=None if run is None else drawn(run["stages"]),
        proof=runs.proof(at, project, result), log=tail, moving=found.state in {"queued", "running"},
        may_retry=found.state in {"failed", "cancelled"} or (found.state == "done" and not found.passed),
        **frame(visit, project),
    )  # fmt: skip


@router.get("/projects/{project}/jobs/{job}/report")
@needs(Permission.READ)
def report(project: str, job: Number, platform: Platform) -> Response:
    """Answer with the report of a check, as a document of no origin."""
    return Response(runs.report(platform.at_work, project, job), media_type="text/html; charset=utf-8", headers=REPORT)


@router.post("/projects/{project}/jobs/{job}/cancel")
@needs(Permission.CONTRIBUTE, body=_FORM)
def cancel(project: str, job: Number, visit: Visitor, platform: Platform) -> Response:
    """Cancel a job that waits, or ask one that runs to stop."""
    view.cancel(platform.at_work, project, job, visit.person.name)
    return RedirectResponse(f"/projects/{project}/jobs/{job}", 303)


@router.post("/projects/{project}/jobs/{job}/retry")
@needs(Permission.CONTRIBUTE, body=_FORM)
def retry(project: str, job: Number, visit: Visitor, platform: Platform) -> Response:
    """Queue a job once more."""
    view.retry(platform.at_work, project, job, visit.person.name)
    return RedirectResponse(f"/projects/{project}/jobs/{job}", 303)


def _list(found: list[dict[str, Any]], state: JobState | None, before: int | None) -> dict[str, Any]:
    older = found[-1]["id"] if len(found) == view.PAGE else None
    moving = before is None and any(one["state"] in {"queued", "running"} for one in found)
    return {"jobs": found, "state": state, "before": before, "older": older, "moving": moving}
