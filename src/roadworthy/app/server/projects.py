"""Making a project on the platform: the fact, the repository, the bucket, the rows; each may be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from roadworthy.errors import Conflict
from roadworthy.platform.forge.names import project_name
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.store import schema
from roadworthy.platform.store.database import hold_all, now

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform

KIND = "project"  # of records
_CREATED = "project/created"  # the name that the record of its making has in the bucket


def create(platform: Platform, name: str, actor: str) -> bool:
    """Make the project *name*, whose first maintainer is *actor*; return whether it was made now.

    Raises:
        UsageError: No project can be called so.
        Conflict: It was removed, and can still be brought back.
    """
    project_name(name)
    ledger = platform.home.ledger(name, actor)
    record = ledger.names.resolve(_CREATED)
    if record is None:
        record = ledger.names.claim(_CREATED, ledger.keep(KIND, {"name": name, "state": "created", "number": 1}))
    platform.forge.create(name)
    table = schema.project
    with platform.database.write() as connection:
        hold_all(connection)
        there = connection.execute(select(table.c.state).where(table.c.name == name)).scalar_one_or_none()
        if there == "removed":
            raise Conflict(f"The project {name} was removed.", remedy="Bring it back, or take another name.")
        if there is not None:
            return False
        row = {"name": name, "state": "active", "created_at": now(connection), "record": str(record)}
        connection.execute(insert(table).values(**row))
        connection.execute(insert(schema.member).values(project=name, who=actor, role="maintainer"))
        platform.audit.state(connection, Entry(actor, "project.create", name, name))
    return True


def creator(platform: Platform, name: str) -> str:
    """Return who made the project: its maintainer for as long as its profile names nobody who is here."""
    ledger = platform.home.ledger(name, "")
    record = ledger.names.resolve(_CREATED)
    return "" if record is None else ledger.records.read(record).actor
