"""Comments on a change, the commands in them, and commands without a comment: each command is carried out once."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from roadworthy.app.server import changes
from roadworthy.app.server.platform import SPEAKER
from roadworthy.app.server.reading import seen
from roadworthy.app.server.review.obey import Order, obey
from roadworthy.app.server.review.say import Saying, say
from roadworthy.errors import NotFound, RoadworthyError, UsageError
from roadworthy.platform.change.discussion import EVERYTHING, Anchor, anchored, refuse_name, refuse_text, resolved
from roadworthy.platform.change.said import COMMAND, COMMENT, RESOLUTION, said
from roadworthy.platform.chat.grammar import read

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.change.merge import Standing
    from roadworthy.platform.change.said import Said
    from roadworthy.platform.chat.grammar import Asked
    from roadworthy.platform.identity.actor import Actor

INTERRUPTED = (
    "The server was stopped before it could say what came of this. See how the change stands, and give it again if it "
    "is still to be done."
)


@dataclass(frozen=True, slots=True)
class Remark:
    """A comment that somebody makes.

    Attributes:
        text: What it says.
        anchor: What it is about: of a line its file and number are enough.
        answers: The comment that it answers, by its record.
        head: The commit that its author saw; the branch's last when it is not said.
        key: What its sender calls it.
    """

    text: str
    anchor: Anchor = EVERYTHING
    answers: str | None = None
    head: str | None = None
    key: str = ""


@dataclass(frozen=True, slots=True)
class Speaker:
    """Who speaks: somebody with a role in the project."""

    actor: Actor
    role: str | None


def comment(platform: Platform, project: str, number: int, remark: Remark, by: Speaker) -> Said:
    """State a comment, carry out the commands in it, and return it; one that was sent before is returned as it was.

    Raises:
        NotFound: There is no such change, or no such comment to answer, or no such file.
        UsageError: It says nothing or too much, names nothing that there is, or holds too many commands.
    """
    refuse_text(remark.text)
    asked = () if by.actor.name == SPEAKER else read(remark.text)
    stands = changes.standing(platform, project, number)
    head = _head(platform, stands, remark.head)
    anchor = _anchor(platform, stands, remark.anchor, head)
    made: list[bool] = []

    def body(before: tuple[Said, ...]) -> Mapping[str, object]:
        if remark.answers is not None and remark.answers not in {one.record for one in before}:
            raise NotFound(f"Change {number} has no comment {remark.answers}.", remedy="Answer one that is there.")
        made.append(True)
        return {"text": remark.text, "anchor": anchor.as_json(), "answers": remark.answers, "head": head}

    done = say(platform, Saying(project, number, COMMENT, by.actor.name, remark.key), body)
    if made:  # what is sent again does nothing again
        for at, one in enumerate(asked):
            give(platform, Order(project, number, head, by.actor, by.role), one, (done.record, at))
    return done


def chat(platform: Platform, project: str, text: str, order: Order) -> tuple[Said, ...]:
    """Carry out the commands in *text*, and return what came of each.

    Args:
        platform: Where.
        project: In which project.
        text: With a command in each line that is one.
        order: Who gives them, about which change (0: none), and for which commit; the branch's last when it is None.

    Raises:
        NotFound: There is no such change.
        UsageError: It holds no command, or too many.
    """
    asked = read(text)
    if not asked:
        raise UsageError("There is no command in this.", remedy="One begins with a slash: `/help` lists them.")
    if order.number:
        stands = changes.standing(platform, project, order.number)
        order = replace(order, head=_head(platform, stands, order.head))
    return tuple(give(platform, order, one, None) for one in asked)


def give(platform: Platform, order: Order, asked: Asked, within: tuple[str, int] | None) -> Said:
    """Carry out a command, and state what came of it.

    Args:
        platform: Where.
        order: Who gives it, about what.
        asked: The command.
        within: The comment that it stands in, and its place among the commands there.
    """
    try:
        answer, link = obey(platform, order, asked)
        done = True
    except RoadworthyError as fault:
        done, answer, link = False, f"{fault.problem} {fault.remedy}", ""
    told = {
        "name": asked.name,
        "text": asked.text[:1000],
        "head": order.head,
        "done": done,
        "answer": answer,
        "link": link,
    }
    comment_, key = (None, "") if within is None else (within[0], f"{within[0][7:39]} {within[1]}")
    saying = Saying(order.project, order.number, COMMAND, order.actor.name, key)
    return say(platform, saying, lambda _: {**told, "comment": comment_})


def settle(platform: Platform, project: str) -> None:
    """Answer the commands that a crash kept from being answered: they may have been done, so none is done again."""
    with platform.database.read() as connection:
        remarks = said(connection, project, None, COMMENT)
        answered = {one.key for one in said(connection, project, None, COMMAND)}
    for one in remarks:
        asked = () if one.actor == SPEAKER else read(one.body["text"])
        for at, command in enumerate(asked):
            key = f"{one.record[7:39]} {at}"
            if key not in answered:
                told = {
                    "name": command.name, "text": command.text[:1000], "head": one.body["head"], "done": False,
                    "answer": INTERRUPTED, "link": "", "comment": one.record,
                }  # fmt: skip
                saying = Saying(project, one.number, COMMAND, one.actor, key)
                say(platform, saying, lambda _, told=told: told)  # type: ignore[misc] # of this turn


def resolve(platform: Platform, project: str, number: int, of: tuple[str, bool], actor: str) -> Said:
    """State that a comment, (record, whether it is resolved), is resolved, or open again.

    Raises:
        NotFound: There is no such comment of that change.
    """
    record, is_resolved = of
    with platform.database.read() as connection:
        known = {one.record for one in said(connection, project, number, COMMENT)}
        last = resolved(said(connection, project, number, RESOLUTION)).get(record)
    if record not in known:
        raise NotFound(f"Change {number} has no comment {record}.", remedy="See its discussion.")
    if is_resolved and last is not None:
        return last
    state = "resolved" if is_resolved else "open"
    return say(platform, Saying(project, number, RESOLUTION, actor), lambda _: {"comment": record, "state": state})


def _head(platform: Platform, stands: Standing, head: str | None) -> str:
    """Return the commit that something is said of: one of the change's own, the last when none is named."""
    last = stands.tip or stands.change.head
    if head is None or head == last:
        return last
    if seen.is_commit(platform, stands.change.project, head):
        return head
    raise NotFound(f"There is no commit {head[:12]} here.", remedy="Name the one that you look at, or none.")


def _anchor(platform: Platform, stands: Standing, anchor: Anchor, head: str) -> Anchor:
    judged, _ = changes.asked_of(platform, stands.change, stands.tip)
    refuse_name(anchor, rows=judged.rows)
    if anchor.about == "change":
        return EVERYTHING
    if anchor.about != "line":
        return Anchor(anchor.about, anchor.name)
    lines = seen.text_at(platform, stands.change.project, head, anchor.name)
    if lines is None:
        raise NotFound(f"{head[:12]} has no text file {anchor.name!r}.", remedy="Name one by its path in the project.")
    return anchored(anchor.name, anchor.line, lines)
