"""What people say about a change: signed records, listed by the index, in the order in which they were said."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any, Final

from sqlalchemy import select

from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from sqlalchemy import Connection

# Kinds of records.
APPROVAL: Final = "approval"
COMMENT: Final = "comment"
RESOLUTION: Final = "resolution"
HOLD: Final = "hold"
REQUEST: Final = "review_request"
COMMAND: Final = "command"
FEEDBACK: Final = "feedback"
KINDS: Final = (APPROVAL, COMMENT, RESOLUTION, HOLD, REQUEST, COMMAND, FEEDBACK)
# What the audit calls each.
ACTIONS: Final[Mapping[str, str]] = {
    APPROVAL: "change.approval", COMMENT: "change.comment", RESOLUTION: "change.resolution", HOLD: "change.hold",
    REQUEST: "change.request", COMMAND: "chat.command", FEEDBACK: "change.feedback",
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Said:
    """One thing that somebody said.

    Attributes:
        record: Where it is kept: the address of its record.
        kind: One of `KINDS`.
        number: Of the change; 0 when it is about none.
        actor: Who said it.
        made: When, as ISO 8601 with microseconds: no two of a project have the same.
        key: What its sender called it: the same key of the same sender is the same thing, sent again.
        body: All of it.
    """

    record: str
    kind: str
    number: int
    actor: str
    made: str
    key: str
    body: Mapping[str, Any]

    @property
    def at(self) -> int:
        """When, in milliseconds since 1970."""
        return int(datetime.fromisoformat(self.made).timestamp() * 1000)


def said(connection: Connection, project: str, number: int | None, *kinds: str) -> tuple[Said, ...]:
    """Return what was said of *kinds* about a change, or about any when *number* is None; the oldest first."""
    table = schema.fact
    asked = select(table.c.address, table.c.kind, table.c.actor, table.c.body)
    rows = connection.execute(asked.where(table.c.project == project, table.c.kind.in_(kinds or KINDS)))
    found = [
        Said(row.address, row.kind, row.body["number"], row.actor, row.body["made"], row.body["key"], row.body)
        for row in rows
        if number is None or row.body["number"] == number
    ]
    return tuple(sorted(found, key=lambda one: (one.made, one.record)))


def moment(after: str | None) -> str:
    """Return when something is said now: later than *after*, whatever the clock says."""
    now = datetime.now(UTC)
    if after is not None:
        now = max(now, datetime.fromisoformat(after) + timedelta(microseconds=1))
    return now.isoformat(timespec="microseconds")
