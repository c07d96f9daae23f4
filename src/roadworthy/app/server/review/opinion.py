"""Approving a change, refusing it, withdrawing what one said; keeping it from being merged; asking somebody to look."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.app.server import changes
from roadworthy.app.server.reading import seen
from roadworthy.app.server.review.say import Saying, say
from roadworthy.errors import Conflict, UsageError
from roadworthy.platform.change import hold
from roadworthy.platform.change.approval import Seen, may_say
from roadworthy.platform.change.merge import refuse_moved
from roadworthy.platform.change.perspective import listing
from roadworthy.platform.change.said import APPROVAL, HOLD, REQUEST

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.change.approval import Policy, Says
    from roadworthy.platform.change.change import Change
    from roadworthy.platform.change.merge import Standing
    from roadworthy.platform.change.perspective import Perspective
    from roadworthy.platform.change.said import Said
    from roadworthy.platform.identity.actor import Actor

_MOST = 1000  # files that an approval lists
_NOTE = 1000  # characters


@dataclass(frozen=True, slots=True)
class Wanted:
    """An opinion that somebody gives.

    Attributes:
        perspective: From which they speak.
        head: The commit that they saw.
        says: Yes, no, or that they take back what they said.
        note: Why, in words.
        key: What its sender calls it.
    """

    perspective: Perspective
    head: str
    says: Says = "yes"
    note: str = ""
    key: str = ""


def opine(platform: Platform, project: str, number: int, wanted: Wanted, actor: Actor) -> Said:
    """State what *actor* says of a change from a perspective, bound to what they saw.

    Raises:
        NotFound: There is none of that number.
        Conflict: It is not open, the branch moved, its check has not ended, or they gave the other approval.
        NotAllowed: They made it, or are no reviewers.
        UsageError: The project asks for no such approval.
    """
    refuse_note(wanted.note)
    stands = _open(platform, project, number)
    refuse_moved(stands, wanted.head)
    if wanted.says == "yes" and stands.verdict in {"running", "not_run"}:
        raise Conflict(
            f"There is nothing to approve yet: {stands.why}", remedy="Approve when the check of the commit has ended."
        )
    found = stands.change
    policy = seen.policy(platform, found, wanted.head)
    verdict, proof = seen.checked(platform, found, wanted.head)
    shown = {
        "head": wanted.head, "perspective": wanted.perspective, "says": wanted.says, "note": wanted.note.strip(),
        "seen": seen.seen(platform, found, wanted.head).as_json(),
        "files": list(seen.files(platform, found, wanted.head)[:_MOST]),
        "proof": None if verdict is None or proof is None else verdict.proof,
        "page": None if verdict is None else verdict.reports.get("page"),
    }  # fmt: skip

    def body(before: tuple[Said, ...]) -> Mapping[str, object]:
        by = may_say((actor.name, actor.groups), wanted.perspective, wanted.says, policy, before)
        return {**shown, "by": by}

    done = say(platform, Saying(project, number, APPROVAL, actor.name, wanted.key), body)
    platform.wake.set()
    return done


def since(platform: Platform, found: Change, one: Said, tip: str) -> tuple[tuple[str, ...], tuple[str, ...] | None]:
    """Return what has changed since an approval, at *tip*: the parts, and the files; None when its commit is gone."""
    parts = Seen.of(one.body["seen"]).changed(seen.seen(platform, found, tip))
    return parts, seen.between(platform, found.project, str(one.body["head"]), tip)


def keep(platform: Platform, project: str, number: int, reason: str, of: tuple[Actor, str]) -> Said:
    """Keep a change from being merged, for (actor, key); whoever holds it already goes on with what they said first.

    Raises:
        NotFound: There is none of that number.
        Conflict: It is not open, or they hold it.
    """
    refuse_note(reason)
    _open(platform, project, number)
    actor, key = of

    def body(before: tuple[Said, ...]) -> Mapping[str, object]:
        if any(one.actor == actor.name for one in hold.held(before)):
            raise Conflict("You hold this change already.", remedy="Let it go with `roadworthy change unhold NUMBER`.")
        return {"state": "held", "reason": reason.strip(), "of": [actor.name]}

    return say(platform, Saying(project, number, HOLD, actor.name, key), body)


def let_go(platform: Platform, project: str, number: int, *, is_maintainer: bool, of: tuple[Actor, str]) -> Said:
    """Let a change go that (actor, key), or for a maintainer anybody, holds.

    Raises:
        NotFound: There is none of that number.
        Conflict: Nobody holds it.
        NotAllowed: Others do.
    """
    changes.standing(platform, project, number)
    actor, key = of

    def body(before: tuple[Said, ...]) -> Mapping[str, object]:
        whose = hold.let_go(before, actor.name, is_maintainer=is_maintainer)
        return {"state": "released", "reason": "", "of": whose}

    return say(platform, Saying(project, number, HOLD, actor.name, key), body)


def ask(platform: Platform, project: str, number: int, of: tuple[str, Perspective], actor: Actor) -> Said:
    """Ask somebody, (name, perspective), to review a change; who was asked is not asked twice.

    Raises:
        NotFound: There is none of that number.
        UsageError: They may not approve it from there.
    """
    who, perspective = of
    stands = _open(platform, project, number)
    may = candidates(platform, seen.policy(platform, stands.change, stands.tip))
    if who not in may.get(perspective, ()):
        raise UsageError(
            f"{who} may not give the {perspective} approval of change {number}.",
            remedy=f"Ask one of {', '.join(may.get(perspective, ())) or 'those whom profile.yaml will name'}.",
        )

    def body(_: tuple[Said, ...]) -> Mapping[str, object]:
        return {"who": who, "perspective": perspective}

    return say(platform, Saying(project, number, REQUEST, actor.name, f"{who} {perspective}"), body)


def candidates(platform: Platform, policy: Policy) -> dict[Perspective, list[str]]:
    """Return the accounts that may approve a change from each perspective that it needs."""
    people = [one.name for one in platform.identity.accounts.all() if not one.is_disabled]
    groups = {one: platform.identity.directory.groups(one) or frozenset() for one in people}
    return {
        name: [
            one for one in people
            if one not in policy.authors and listing(policy.reviewers[name], one, groups[one]) is not None
        ]
        for name in policy.needed
    }  # fmt: skip


def refuse_note(note: str) -> None:
    """Refuse a reason that is longer than anybody reads.

    Raises:
        UsageError: It has more than 1,000 characters.
    """
    if len(note) > _NOTE or "\0" in note:
        raise UsageError(f"A reason has at most {_NOTE:,} characters.", remedy="Say the rest in a comment.")


def _open(platform: Platform, project: str, number: int) -> Standing:
    stands = changes.standing(platform, project, number)
    if stands.change.state != "open":
        raise Conflict(f"Change {number} is {stands.change.state}.", remedy="Say it of one that is open.")
    return stands
