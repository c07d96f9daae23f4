"""What the forms of a change's page do beside merging and closing it: approve, hold, ask, comment, resolve."""

from __future__ import annotations

from collections.abc import Callable
from typing import Annotated

from fastapi import APIRouter, Form, Request
from fastapi.responses import RedirectResponse, Response
from pydantic import ConfigDict

from roadworthy.app.server.review import discuss, opinion
from roadworthy.errors import NotFound, RoadworthyError
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.changes import Number
from roadworthy.web.api.review.discussion import NewComment, remark_of, speaker
from roadworthy.web.api.review.opinions import NewHold, NewOpinion, NewRequest, Record
from roadworthy.web.pages.review.shown import Answer, shown
from roadworthy.web.route import Guarded, Platform, Visitor, needs

router = APIRouter(route_class=Guarded, include_in_schema=False)
_FORM = 1 << 17  # bytes: a comment may be long
_CHANGE = "/projects/{project}/changes/{number}"
_EXTRA = ConfigDict(extra="ignore")  # the proof that a page of the session sends it


class Opinion(NewOpinion):
    """The form of an approval."""

    model_config = _EXTRA


class Hold(NewHold):
    """The form of a hold."""

    model_config = _EXTRA


class Asking(NewRequest):
    """The form of a request."""

    model_config = _EXTRA


class Comment(NewComment):
    """The form of a comment."""

    model_config = _EXTRA


@router.post(f"{_CHANGE}/approvals")
@needs(Permission.CONTRIBUTE, body=_FORM)
def opine(
    request: Request, project: str, number: Number, visit: Visitor, platform: Platform,
    wanted: Annotated[Opinion, Form()],
) -> Response:  # fmt: skip
    """Approve a commit from a perspective, refuse it, or withdraw what one said."""
    given = opinion.Wanted(wanted.perspective, wanted.head, wanted.says, wanted.note, wanted.key)
    return _done(
        request, (project, number), visit, platform,
        lambda: opinion.opine(platform.at_work, project, number, given, visit.person),
    )  # fmt: skip


@router.post(f"{_CHANGE}/hold")
@needs(Permission.CONTRIBUTE, body=_FORM)
def hold(
    request: Request, project: str, number: Number, visit: Visitor, platform: Platform, wanted: Annotated[Hold, Form()]
) -> Response:
    """Keep a change from being merged for now."""
    of = (visit.person, wanted.key)
    return _done(
        request, (project, number), visit, platform,
        lambda: opinion.keep(platform.at_work, project, number, wanted.reason, of),
    )  # fmt: skip


@router.post(f"{_CHANGE}/unhold")
@needs(Permission.CONTRIBUTE, body=_FORM)
def unhold(request: Request, project: str, number: Number, visit: Visitor, platform: Platform) -> Response:
    """Let go what one holds; a maintainer lets go what anybody does."""
    of = (visit.person, "")
    return _done(
        request, (project, number), visit, platform,
        lambda: opinion.let_go(platform.at_work, project, number, is_maintainer=visit.maintains, of=of),
    )  # fmt: skip


@router.post(f"{_CHANGE}/requests")
@needs(Permission.CONTRIBUTE, body=_FORM)
def ask(
    request: Request, project: str, number: Number, visit: Visitor, platform: Platform,
    wanted: Annotated[Asking, Form()],
) -> Response:  # fmt: skip
    """Ask somebody to review a change."""
    of = (wanted.who, wanted.perspective)
    return _done(
        request, (project, number), visit, platform,
        lambda: opinion.ask(platform.at_work, project, number, of, visit.person),
    )  # fmt: skip


@router.post(f"{_CHANGE}/comments")
@needs(Permission.CONTRIBUTE, body=_FORM)
def comment(
    request: Request, project: str, number: Number, visit: Visitor, platform: Platform,
    wanted: Annotated[Comment, Form()],
) -> Response:  # fmt: skip
    """Comment on a change, and carry out the commands in it."""
    return _done(
        request, (project, number), visit, platform,
        lambda: discuss.comment(platform.at_work, project, number, remark_of(wanted), speaker(visit)),
        wrote=wanted,
    )  # fmt: skip


@router.post(f"{_CHANGE}/comments/{{record}}/resolution")
@needs(Permission.CONTRIBUTE, body=_FORM)
def resolve(
    project: str, number: Number, record: Record, visit: Visitor, platform: Platform,
    resolved: Annotated[bool, Form()] = False,  # noqa: FBT002 - a field of a form
) -> Response:  # fmt: skip
    """Say that a comment is resolved, or open again."""
    discuss.resolve(platform.at_work, project, number, (record, resolved), visit.person.name)
    return RedirectResponse(f"/projects/{project}/changes/{number}#discussion", 303)


def _done(
    request: Request, of: tuple[str, int], visit: Visitor, platform: Platform, do: Callable[[], object], *,
    wrote: Comment | None = None,
) -> Response:  # fmt: skip
    """Do it, and go back to the change; or show the change with why it was not done, and what was written."""
    try:
        do()
    except NotFound as fault:
        if wrote is None:
            raise
        return shown(request, of, visit, platform, Answer(fault=fault, wrote=wrote))
    except RoadworthyError as fault:
        return shown(request, of, visit, platform, Answer(fault=fault, wrote=wrote))
    return RedirectResponse(f"/projects/{of[0]}/changes/{of[1]}{'#discussion' if wrote else ''}", 303)
