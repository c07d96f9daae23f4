"""The discussion of changes, and commands: in comments, or by themselves."""

from __future__ import annotations

from typing import Annotated, Any, Literal

from fastapi import APIRouter
from pydantic import BaseModel, ConfigDict, Field

from roadworthy.app.server.review import discuss, show
from roadworthy.app.server.review.obey import Order
from roadworthy.platform.change.discussion import LONGEST, Anchor
from roadworthy.platform.identity.permission import Permission
from roadworthy.web.api.changes import Number
from roadworthy.web.api.review.opinions import Commit, Key, Record, Told
from roadworthy.web.route import Guarded, Platform, Visitor, needs

router = APIRouter(route_class=Guarded, tags=["reviews"])
_CHANGE = "/api/projects/{project}/changes/{number}"
_TEXT = Annotated[str, Field(min_length=1, max_length=LONGEST, pattern=r"^[^\x00]*$")]


class NewComment(BaseModel):
    """A comment.

    Attributes:
        text: What it says; a line that begins with a slash is a command.
        about: What it is about: the change, a line, a plot, a slice or a row.
        name: Of a line its file; of a plot or slice its name; of a row its key.
        line: Of a line: its number.
        answers: The comment that it answers.
        head: The commit that was looked at; the branch's last when it is not said.
        key: What the sender calls it: under the same key it is said once, however often it is sent.
    """

    model_config = ConfigDict(extra="forbid")
    text: _TEXT
    about: Literal["change", "line", "plot", "slice", "row"] = "change"
    name: Annotated[str, Field(max_length=500)] = ""
    line: Annotated[int, Field(ge=0, le=2**31 - 1)] = 0
    answers: Record | None = None
    head: Commit | None = None
    key: Key = ""


class Resolution(BaseModel):
    """Whether a comment is resolved."""

    model_config = ConfigDict(extra="forbid")
    resolved: bool = True


class Typed(BaseModel):
    """Commands, a line each; about a change, or none; for a commit, or the last."""

    model_config = ConfigDict(extra="forbid")
    text: _TEXT
    change: Number | None = None
    head: Commit | None = None


class CommandOut(BaseModel):
    """A command, and what came of it."""

    record: str
    who: str
    at: int
    name: str
    text: str
    head: str | None
    done: bool
    answer: str
    link: str


class CommentOut(BaseModel):
    """A comment: what it is about and where that is now, whether it is resolved, and what came of its commands."""

    record: str
    who: str
    at: int
    text: str
    head: str | None
    answers: str | None
    key: str
    anchor: dict[str, Any]
    resolved_by: str | None
    commands: list[CommandOut]


class DiscussionOut(BaseModel):
    """The comments of a change, and the commands that were given about it without one; the oldest first."""

    comments: list[CommentOut]
    commands: list[CommandOut]


@router.get(f"{_CHANGE}/discussion")
@needs(Permission.READ)
def discussion(project: str, number: Number, platform: Platform) -> DiscussionOut:
    """Show what is talked about."""
    return DiscussionOut(**show.discussion(platform.at_work, project, number))


@router.post(f"{_CHANGE}/comments", status_code=201)
@needs(Permission.CONTRIBUTE)
def comment(project: str, number: Number, wanted: NewComment, visit: Visitor, platform: Platform) -> Told:
    """Comment on a change, a line, a plot, a slice or a row, and carry out the commands in it."""
    return Told(record=discuss.comment(platform.at_work, project, number, remark_of(wanted), speaker(visit)).record)


@router.post(f"{_CHANGE}/comments/{{record}}/resolution", status_code=201)
@needs(Permission.CONTRIBUTE)
def resolve(
    project: str, number: Number, record: Record, wanted: Resolution, visit: Visitor, platform: Platform
) -> Told:
    """Say that a comment is resolved, or open again."""
    of = (record, wanted.resolved)
    return Told(record=discuss.resolve(platform.at_work, project, number, of, visit.person.name).record)


@router.post("/api/projects/{project}/chat")
@needs(Permission.READ)
def chat(project: str, wanted: Typed, visit: Visitor, platform: Platform) -> list[CommandOut]:
    """Carry out commands, each by its own permission, and tell what came of each."""
    order = Order(project, wanted.change or 0, wanted.head, visit.person, visit.role)
    return [CommandOut(**show.command(one)) for one in discuss.chat(platform.at_work, project, wanted.text, order)]


def speaker(visit: Visitor) -> discuss.Speaker:
    """Return the visitor as somebody who speaks."""
    return discuss.Speaker(visit.person, visit.role)


def remark_of(wanted: NewComment) -> discuss.Remark:
    """Return the comment that is wanted."""
    anchor = Anchor(wanted.about, wanted.name, wanted.line)
    return discuss.Remark(wanted.text, anchor, wanted.answers, wanted.head, wanted.key)
