"""What is shown of the review of a change: who said what of it, what has changed since, and what is talked about."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from roadworthy.app.server import changes
from roadworthy.app.server.platform import SPEAKER
from roadworthy.app.server.reading import seen
from roadworthy.app.server.review import opinion
from roadworthy.errors import NotFound
from roadworthy.ledger.objects.address import Address
from roadworthy.platform.change.approval import Seen
from roadworthy.platform.change.change import change
from roadworthy.platform.change.change import changes as listed_changes
from roadworthy.platform.change.discussion import Anchor, place_of, resolved
from roadworthy.platform.change.hold import held
from roadworthy.platform.change.perspective import listing
from roadworthy.platform.change.reviewers import suggest
from roadworthy.platform.change.said import APPROVAL, COMMAND, COMMENT, HOLD, REQUEST, RESOLUTION, said
from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.change.approval import Opinion
    from roadworthy.platform.change.change import Change
    from roadworthy.platform.change.said import Said
    from roadworthy.platform.identity.actor import Actor

Json = dict[str, Any]
_CHECK_KEYS = ("section", "name", "verdict", "summary")


def review(platform: Platform, project: str, number: int, actor: Actor) -> Json:
    """Return what a change asks for and what it has: perspectives, opinions, holds, requests; what *actor* may give.

    Raises:
        NotFound: There is none of that number.
    """
    with platform.database.read() as connection:
        found = change(connection, project, number)
        holds = held(said(connection, project, number, HOLD))
        requests = said(connection, project, number, REQUEST)
    tip = changes.tip_of(platform, found)
    policy, faults = changes.asked_of(platform, found, tip)
    last = changes.views(platform, found, policy, tip)
    return {
        "head": tip,
        "needed": list(policy.needed),
        "reviewers": {name: list(entries) for name, entries in policy.reviewers.items()},
        "authors": sorted(policy.authors),
        "faults": list(faults),
        "opinions": [_opinion(platform, found, one, tip) for one in last],
        "holds": [{"who": one.actor, "reason": one.body["reason"], "at": one.at} for one in holds],
        "requests": [
            {"who": one.body["who"], "perspective": one.body["perspective"], "by": one.actor, "at": one.at}
            for one in requests
        ],
        "may": [
            name for name, entries in policy.reviewers.items()
            if found.state == "open" and actor.name not in policy.authors
            and listing(entries, actor.name, actor.groups)
        ],
    }  # fmt: skip


def suggestions(platform: Platform, project: str, number: int) -> list[Json]:
    """Return who might be asked to review an open change, the best first.

    Raises:
        NotFound: There is none of that number.
    """
    with platform.database.read() as connection:
        found = change(connection, project, number)
        reviews = said(connection, project, None, APPROVAL)
        requests = said(connection, project, None, REQUEST)
        unmerged = {one.number for one in listed_changes(connection, project, "open")}
    tip = changes.tip_of(platform, found)
    if tip is None or found.state != "open":
        return []
    policy, _ = changes.asked_of(platform, found, tip)
    answered = {(one.number, one.actor) for one in reviews}
    waiting = [
        one.body["who"] for one in requests
        if one.number in unmerged and one.number != number and (one.number, one.body["who"]) not in answered
    ]  # fmt: skip
    asked = {(one.body["who"], one.body["perspective"]) for one in requests if one.number == number}
    may = opinion.candidates(platform, policy)
    listed = suggest(may, seen.files(platform, found, tip), reviews, waiting, asked)
    return [
        {"who": one.who, "perspective": one.perspective, "history": one.history, "load": one.load, "asked": one.asked}
        for one in listed
    ]


def _opinion(platform: Platform, found: Change, one: Opinion, tip: str | None) -> Json:
    files = None
    if one.changed and tip is not None:
        files = seen.between(platform, found.project, str(one.said.body["head"]), tip)
    return {
        "record": one.said.record,
        "who": one.said.actor,
        "perspective": one.perspective,
        "says": one.says,
        "note": one.said.body["note"],
        "at": one.said.at,
        "head": one.said.body["head"],
        "stands": one.says == "no" or one.approves,
        "changed": list(one.changed),
        "files": None if files is None else list(files),
        "counts": one.counts,
    }


def approval(platform: Platform, project: str, number: int, record: str) -> Json:
    """Return what exactly somebody approved, from the records: what they saw then, and what has changed since.

    Raises:
        NotFound: There is no such approval of that change.
    """
    with platform.database.read() as connection:
        found = change(connection, project, number)
        one = _one(said(connection, project, number, APPROVAL), record)
        table = schema.fact
        asked = select(table.c.body).where(table.c.project == project, table.c.address == one.body["proof"])
        proof = None if one.body["proof"] is None else connection.execute(asked).scalar_one_or_none()
    tip = changes.tip_of(platform, found)
    parts: tuple[str, ...] = ()
    patch = None
    if tip is not None and tip != one.body["head"]:
        parts = Seen.of(one.body["seen"]).changed(seen.seen(platform, found, tip))
        patch = seen.patch(platform, project, str(one.body["head"]), tip)
    return {
        **{
            name: one.body[name]
            for name in ("perspective", "says", "by", "note", "head", "seen", "files", "proof", "page")
        },
        "record": one.record,
        "who": one.actor,
        "at": one.at,
        "checks": [] if proof is None else [{name: each[name] for name in _CHECK_KEYS} for each in proof["checks"]],
        "changed": list(parts),
        "patch": patch,
    }


def report(platform: Platform, project: str, number: int, record: str) -> bytes:
    """Return the page that whoever gave an approval had before them: HTML that a runner wrote, trusted by nobody.

    Raises:
        NotFound: There is no such approval, or there was no page.
        IntegrityError: It is damaged.
    """
    with platform.database.read() as connection:
        one = _one(said(connection, project, number, APPROVAL), record)
    page = one.body["page"]
    if page is None:
        raise NotFound("There was no report when this was said.", remedy="See what the approval is bound to.")
    return platform.home.ledger(project, SPEAKER).objects.get(Address(str(page)))


def _one(all_said: Sequence[Said], record: str) -> Said:
    found = next((one for one in all_said if one.record == record), None)
    if found is None:
        raise NotFound("This change has no such approval.", remedy="See `roadworthy change show`.")
    return found


def discussion(platform: Platform, project: str, number: int) -> Json:
    """Return the comments of a change, the oldest first, and the commands that were given without one.

    Raises:
        NotFound: There is none of that number.
    """
    with platform.database.read() as connection:
        found = change(connection, project, number)
        remarks = said(connection, project, number, COMMENT)
        closed = resolved(said(connection, project, number, RESOLUTION))
        commands = said(connection, project, number, COMMAND)
    tip = changes.tip_of(platform, found)
    lines: dict[str, list[str] | None] = {}
    comments = [
        {
            "record": one.record, "who": one.actor, "at": one.at, "text": one.body["text"],
            "key": one.key, "head": one.body["head"], "answers": one.body["answers"],
            "anchor": {**one.body["anchor"], **_found(platform, found, Anchor.of(one.body["anchor"]), (tip, lines))},
            "resolved_by": closed[one.record].actor if one.record in closed else None,
            "commands": [command(each) for each in commands if each.body["comment"] == one.record],
        }
        for one in remarks
    ]  # fmt: skip
    return {"comments": comments, "commands": [command(one) for one in commands if one.body["comment"] is None]}


def command(one: Said) -> Json:
    """Return a command and what came of it, as the API has it."""
    kept = ("name", "text", "head", "done", "answer", "link")
    return {"record": one.record, "who": one.actor, "at": one.at, **{name: one.body[name] for name in kept}}


def _found(
    platform: Platform, found: Change, anchor: Anchor, at: tuple[str | None, dict[str, list[str] | None]]
) -> Mapping[str, object]:
    """Return where the thing that a comment is about is now; for what has no place, whether the last proof has it."""
    tip, kept = at
    if anchor.about == "line":
        if anchor.name not in kept:
            kept[anchor.name] = None if tip is None else seen.text_at(platform, found.project, tip, anchor.name)
        lines = kept[anchor.name]
        now = None if lines is None else place_of(anchor, lines)
        return {"line_now": now, "is_there": now is not None}
    if anchor.about == "slice" and tip is not None:
        _, proof = seen.checked(platform, found, tip)
        if proof is not None and "slices" in proof["measures"]:
            return {"line_now": None, "is_there": anchor.name in {one["name"] for one in proof["measures"]["slices"]}}
    return {"line_now": None, "is_there": True}
