"""What people did with their identity, and what they pushed or were refused, told to the audit. Never a secret."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import select

from roadworthy.platform.forge.names import shown
from roadworthy.platform.forge.push import TAGS
from roadworthy.platform.forge.receive import is_claim
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.forge.push import Push, Refusal
    from roadworthy.platform.identity.tokens import Token

NOBODY, SPEAKER = "anonymous", "platform"
_LISTED = 20  # refs of a push


def state(platform: Platform, entry: Entry) -> None:
    """State what somebody did.

    Raises:
        StorageError: The disk is full.
    """
    with platform.database.write() as connection:
        platform.audit.state(connection, entry)


def token_made(made: Token) -> Entry:
    """Return what is told of a token that an account made: its public half, and what it may."""
    detail = {"label": made.label, "scopes": sorted(made.scopes), "limited to": made.project}
    return Entry(made.account, "token.create", made.id, None, {**detail, "expires_at": made.expires_at})


def not_signed_in(platform: Platform, name: str, address: str) -> None:
    """Note that somebody gave a wrong password; a name that is nobody's is not told, as it may be a password."""
    known = platform.identity.accounts.find(name) is not None
    platform.refused.note(Entry(NOBODY, "sign_in.refuse", name if known else "nobody's name"), address)


def no_token(platform: Platform, own: str, address: str) -> None:
    """Note that somebody showed a token that is not good; *own* is its public half, told when there is one."""
    known = platform.identity.tokens.is_known(own)
    platform.refused.note(Entry(NOBODY, "token.refuse", own if known else "nobody's token"), address)


def pushed(push: Push, delivery: int) -> Entry:
    """Return what is told of a push that was let in, under the number of its delivery."""
    return Entry(push.actor, "push.accept", push.project, push.project, {**_refs(push), "delivery": delivery})


def moves(push: Push) -> set[tuple[str, str, str | None]]:
    """Return what a push moves: the project, each ref, and the object that it is to name."""
    return {(push.project, one.ref, one.after) for one in push.updates}


def found(platform: Platform, connection: Connection, project: str, events: Sequence[int]) -> None:
    """State which refs moved without anybody telling who did it: a crash kept the push from being told, or a hand did.

    What the platform itself makes, merges, versions and deployments, is told of by itself. It is written where the
    events are, or not at all.
    """
    table, change = schema.event, schema.change
    merges = select(change.c.merge_commit).where(change.c.project == project, change.c.merge_commit.is_not(None))
    asked = select(table).where(table.c.id.in_(events), table.c.actor.is_(None))
    asked = asked.where(table.c.after.is_(None) | table.c.after.not_in(merges))
    for one in connection.execute(asked).all():
        if is_claim(one.ref.removeprefix(TAGS)) or (project, one.ref, one.after) in platform.receiving:
            continue
        moved = {"ref": one.ref, "before": one.before, "after": one.after}
        platform.audit.state(connection, Entry(SPEAKER, "push.found", project, project, {"refs": [moved]}))


def not_pushed(platform: Platform, push: Push, refusals: Sequence[Refusal]) -> None:
    """Note that a push was not let in, and why."""
    why = [f"{shown(one.ref)}: {one.problem}" for one in refusals[:_LISTED]]
    entry = Entry(push.actor, "push.refuse", push.project, push.project, {**_refs(push), "why": why})
    platform.refused.note(entry)


def tell(platform: Platform, *, all_of_it: bool = False) -> None:
    """State what was refused since.

    Raises:
        StorageError: The disk is full.
    """
    for entry in platform.refused.due(all_of_it=all_of_it):
        state(platform, entry)


def _refs(push: Push) -> dict[str, object]:
    refs = [{"ref": shown(one.ref), "before": one.before, "after": one.after} for one in push.updates[:_LISTED]]
    more = len(push.updates) - len(refs)
    return {"refs": refs, **({"more": more} if more > 0 else {})}
