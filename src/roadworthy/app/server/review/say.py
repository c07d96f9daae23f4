"""Something said about a change: the signed record first, then its row and its entry in the audit; once a key."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import select

from roadworthy.app.server.index import note
from roadworthy.errors import UsageError
from roadworthy.platform.change.said import ACTIONS, KINDS, Said, moment, said
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.rebuild.facts import catch_up
from roadworthy.platform.store import schema
from roadworthy.platform.store.database import hold

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from sqlalchemy import Connection

    from roadworthy.app.server.platform import Platform

_LONGEST = 64  # characters of a key


@dataclass(frozen=True, slots=True)
class Saying:
    """What is to be said.

    Attributes:
        project: In which project.
        number: Of the change; 0 for none.
        kind: One of `said.KINDS`.
        actor: Who says it.
        key: What its sender calls it, so that what is sent again is not said again; empty when nothing does.
        detail: What the audit says of it besides.
    """

    project: str
    number: int
    kind: str
    actor: str
    key: str = ""
    detail: Mapping[str, object] = field(default_factory=dict)


def say(platform: Platform, saying: Saying, body: Callable[[tuple[Said, ...]], Mapping[str, object]]) -> Said:
    """State something, and return it; what was sent before under the same key is returned as it was.

    Args:
        platform: Where.
        saying: What, by whom.
        body: Given what was said of the kind about the change so far, returns the rest of the record, or raises. Nobody
            else says anything of the project meanwhile.
    """
    if len(saying.key) > _LONGEST or not saying.key.isprintable():
        raise UsageError(f"A key has at most {_LONGEST} plain characters.", remedy="Send another.")
    ledger = platform.home.ledger(saying.project, saying.actor)
    with platform.database.write() as connection:
        hold(connection, saying.project)
        catch_up(connection, saying.project, ledger)  # a crash may have left what was said without its row
        before = said(connection, saying.project, saying.number, saying.kind)
        same = [one for one in before if saying.key and (one.key, one.actor) == (saying.key, saying.actor)]
        if not same:
            rest = body(before)
            last = max((one.made for one in said(connection, saying.project, None)), default=None)
            told = {
                "project": saying.project, "number": saying.number, "key": saying.key, "made": moment(last), **rest,
            }  # fmt: skip
            note(connection, saying.project, ledger, address := ledger.keep(saying.kind, told))
            same = [
                one for one in said(connection, saying.project, saying.number, saying.kind) if one.record == address
            ]
        _audited(platform, connection, saying.project, same[0], saying.detail)
    return same[0]


def mend(platform: Platform, project: str) -> None:
    """State in the audit what was said and, for a crash, does not stand there."""
    table = schema.audit
    with platform.database.write() as connection:
        asked = select(table.c.detail).where(table.c.project == project, table.c.action.in_(ACTIONS.values()))
        stated = {detail.get("record") for detail in connection.execute(asked).scalars()}
        for one in said(connection, project, None, *KINDS):
            if one.record not in stated:
                _audited(platform, connection, project, one, {})


def _audited(platform: Platform, connection: Connection, project: str, one: Said, detail: Mapping[str, object]) -> None:
    about = f"{project}/{one.number}" if one.number else project
    entry = Entry(one.actor, ACTIONS[one.kind], about, project, {"record": one.record, **_short(one), **detail})
    platform.audit.once(connection, entry, "record")


def _short(one: Said) -> dict[str, object]:
    """Return what the audit says of a record: never what somebody wrote, which may be long."""
    kept = ("perspective", "says", "state", "who", "name", "done", "comment", "head")
    return {name: one.body[name] for name in kept if name in one.body}
