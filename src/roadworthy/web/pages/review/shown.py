"""The page of a change, as every form of it answers."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from roadworthy.app.server.review import feedback, show
from roadworthy.app.server.view import changes as view
from roadworthy.errors import NotFound, RoadworthyError
from roadworthy.platform.change.merge import Wish
from roadworthy.prove.review.feedback.terminal import shares
from roadworthy.web.faults import status_of
from roadworthy.web.pages.frame import frame
from roadworthy.web.render import page

if TYPE_CHECKING:
    from fastapi import Request
    from fastapi.responses import Response

    from roadworthy.app.server.platform import Platform
    from roadworthy.web.api.review.discussion import NewComment
    from roadworthy.web.services import Services
    from roadworthy.web.visit import Visit


@dataclass(frozen=True, slots=True)
class Answer:
    """How a page of a change answers.

    Attributes:
        template: Which page.
        fault: Why something was not done.
        wrote: The comment that was not taken.
    """

    template: str = "change.html"
    fault: RoadworthyError | None = None
    wrote: NewComment | None = None


def shown(
    request: Request, of: tuple[str, int], visit: Visit, platform: Services, answer: Answer | None = None
) -> Response:
    """Return the page of a change; with why something was not done, and what was written.

    Raises:
        NotFound: There is no such change.
    """
    (project, number), at, answer = of, platform.at_work, answer or Answer()
    fault = answer.fault
    found = view.standing(at, project, number, Wish(visit.person.name, is_maintainer=visit.maintains))
    change = found["change"]
    is_theirs = visit.maintains or change["author"] == visit.person.name
    is_whole = answer.template == "change.html"
    try:
        suggested = show.suggestions(at, project, number) if is_whole else []
    except NotFound:
        suggested = []  # the target is gone
    return page(
        request, answer.template, status=200 if fault is None else status_of(fault), found=found, change=change,
        is_theirs=is_theirs, fault=fault, wrote=answer.wrote, suggested=suggested, key=secrets.token_hex(16),
        review=show.review(at, project, number, visit.person) if is_whole else None,
        talk=show.discussion(at, project, number) if is_whole else None,
        feedback=_feedback(at, project, number) if is_whole else None, **frame(visit, project),
    )  # fmt: skip


def _feedback(platform: Platform, project: str, number: int) -> dict[str, Any] | None:
    """Return the feedback with its numbers as they are shown; or why it cannot be, which keeps nothing else back."""
    try:
        told = feedback.shown(platform, project, number)
    except RoadworthyError as fault:
        return {"fault": fault}
    if told is None:
        return None
    flips = [{**one, "shares": shares(one)} for one in told["review"]["flips"]]
    return {**told, "fault": None, "review": {**told["review"], "flips": flips}}
