"""Schedules that are applied: their work is asked for when its time has come, also after the platform was down."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from roadworthy.platform.automate.plan import payload_of
from roadworthy.platform.automate.rules.action import Check
from roadworthy.platform.automate.schedule import Timed, due, next_due
from roadworthy.platform.store import schema
from roadworthy.platform.workspace.resource import DEFAULT

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from roadworthy.app.server.platform import Platform

_WHY = "its schedule runs the pipeline again in full, on what is released."


def ask_for_what_is_due(platform: Platform, project: str) -> list[int]:
    """Ask for a check of the default branch for each schedule of *project* that is due; return the new events.

    Of many times that were missed, one is made up for. Before anything is pushed there is nothing to run.

    Raises:
        NotFound: The project was removed meanwhile.
        UsageError: A schedule cannot be read.
    """
    with platform.database.read() as connection:
        applied = _applied(connection, project)
    head = platform.forge.refs(project).get(f"refs/heads/{DEFAULT}") if applied else None
    if head is None:
        return []
    check = payload_of(Check(head, DEFAULT, DEFAULT, "protected", "full", _WHY), None)
    with platform.database.write() as connection:
        timed = [Timed(name, cron, "check", check, since) for name, cron, since in applied]
        return due(connection, project, timed)


def coming(platform: Platform, project: str, at: datetime | None = None) -> list[dict[str, Any]]:
    """Return the schedules of *project*, each with the next time after *at* (now, if not given) in milliseconds."""
    with platform.database.read() as connection:
        applied = _applied(connection, project)
    after = at or datetime.now(UTC)
    return [
        {"name": name, "schedule": cron, "next": round(next_due(after, cron).timestamp() * 1000)}
        for name, cron, _ in applied
    ]


def _applied(connection: Connection, project: str) -> list[tuple[str, str, int]]:
    table = schema.resource
    asked = select(table.c.name, table.c.wanted, table.c.applied_at).where(
        table.c.project == project, table.c.kind == "schedule", table.c.state == "active"
    )
    return [(row.name, str(row.wanted["cron"]), int(row.applied_at)) for row in connection.execute(asked)]
