"""Changes: those of a project, and one of them with its verdict, its gates, its report and what can be done."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, Literal

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ConfigDict

from roadworthy.app.server import changes
from roadworthy.app.server.platform import Platform as AtWork
from roadworthy.app.server.view import branches
from roadworthy.app.server.view import changes as view
from roadworthy.errors import NotFound, RoadworthyError
from roadworthy.platform.change.merge import Wish
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.changes import Merging, NewChange, Number, shut
from roadworthy.web.faults import status_of
from roadworthy.web.pages.frame import frame
from roadworthy.web.pages.review.shown import Answer, shown
from roadworthy.web.render import page
from roadworthy.web.route import Guarded, Platform, Visitor, needs
from roadworthy.web.services import Services
from roadworthy.web.shield import FRAMING, REPORT
from roadworthy.web.visit import Visit

router = APIRouter(route_class=Guarded, include_in_schema=False)
State = Literal["open", "merged", "closed"]
_FORM = 1 << 14  # bytes


@dataclass(frozen=True, slots=True)
class Asked:
    """What the page of all changes is asked to show.

    Attributes:
        state: Of the changes.
        wanted: A change that somebody tried to open.
        fault: Why it was not.
    """

    state: State = "open"
    wanted: changes.Wanted | None = None
    fault: RoadworthyError | None = None


class Wanted(NewChange):
    """The form, which also carries the proof that a page of the session sends it."""

    model_config = ConfigDict(extra="ignore")


class Merge(Merging):
    """The form that merges."""

    model_config = ConfigDict(extra="ignore")


@router.get("/projects/{project}/changes")
@needs(Permission.READ)
def listed(request: Request, project: str, visit: Visitor, platform: Platform, state: State = "open") -> Response:
    """Show the changes that are open, or merged, or closed; and the form for another."""
    return _listed(request, project, visit, platform, Asked(state))


@router.post("/projects/{project}/changes")
@needs(Permission.CONTRIBUTE, body=_FORM)
def propose(
    request: Request, project: str, visit: Visitor, platform: Platform, wanted: Annotated[Wanted, Form()]
) -> Response:
    """Open a change, and go there."""
    asked = changes.Wanted(wanted.branch, wanted.target, wanted.title)
    try:
        made = changes.open_change(platform.at_work, project, asked, visit.person.name)
    except RoadworthyError as fault:
        return _listed(request, project, visit, platform, Asked("open", asked, fault))
    return RedirectResponse(f"/projects/{project}/changes/{made.number}", 303)


@router.get("/projects/{project}/changes/{number}")
@needs(Permission.READ)
def show(request: Request, project: str, number: Number, visit: Visitor, platform: Platform) -> Response:
    """Show how a change stands, and what can be done."""
    return shown(request, (project, number), visit, platform)


@router.get("/projects/{project}/changes/{number}/review")
@needs(Permission.READ)
def review(request: Request, project: str, number: Number, visit: Visitor, platform: Platform) -> Response:
    """Show the report on a change, in a frame of an origin of its own: on this page alone a frame is allowed."""
    answer = shown(request, (project, number), visit, platform, Answer("change_review.html"))
    answer.headers["Content-Security-Policy"] = FRAMING
    return answer


@router.get("/projects/{project}/changes/{number}/report")
@needs(Permission.READ)
def report(project: str, number: Number, platform: Platform) -> Response:
    """Answer with the report on a change, as a document of no origin."""
    found = view.report(platform.at_work, project, number)
    return Response(found, media_type="text/html; charset=utf-8", headers=REPORT)


@router.get("/projects/{project}/changes/{number}/rows")
@needs(Permission.READ)
def rows(project: str, number: Number, platform: Platform) -> Response:
    """Answer with the rows that a change flips, which its report is given where it is shown."""
    found = view.rows(platform.at_work, project, number)
    return Response(found, media_type="application/json", headers={"Content-Encoding": "gzip"})


@router.post("/projects/{project}/changes/{number}/merge")
@needs(Permission.CONTRIBUTE, body=_FORM)
def merge(
    request: Request, project: str, number: Number, visit: Visitor, platform: Platform,
    wanted: Annotated[Merge, Form()],
) -> Response:  # fmt: skip
    """Merge a change that nothing keeps from it, at the commit that was seen."""
    wish = Wish(visit.person.name, visit.maintains, wanted.reason.strip(), wanted.head)
    try:
        changes.merge(platform.at_work, project, number, wish)
    except NotFound:
        raise
    except RoadworthyError as fault:
        return shown(request, (project, number), visit, platform, Answer(fault=fault))
    return RedirectResponse(f"/projects/{project}/changes/{number}", 303)


@router.post("/projects/{project}/changes/{number}/close")
@needs(Permission.CONTRIBUTE, body=_FORM)
def close(project: str, number: Number, visit: Visitor, platform: Platform) -> Response:
    """Close a change without merging it."""
    shut(platform.at_work, project, number, visit)
    return RedirectResponse(f"/projects/{project}/changes/{number}", 303)


def _listed(request: Request, project: str, visit: Visit, platform: Services, asked: Asked) -> Response:
    at = platform.at_work
    checks = {one["name"]: one["check"] for one in branches.branches(at, project)}
    newest = next((one for one in checks if one not in {"main", "develop"}), None)
    return page(
        request, "changes.html", status=200 if asked.fault is None else status_of(asked.fault), state=asked.state,
        changes=view.changes(at, project, asked.state), checks=checks if asked.state == "open" else None,
        branches=[(one, one) for one in checks],
        newest=newest, target=None if newest is None else _target(at, project, newest),
        asked=asked.wanted, fault=asked.fault, **frame(visit, project),
    )  # fmt: skip


def _target(at: AtWork, project: str, branch: str) -> str | None:
    try:
        return changes.target_by_rules(at, project, branch)
    except RoadworthyError:
        return None  # whoever opens the change chooses
