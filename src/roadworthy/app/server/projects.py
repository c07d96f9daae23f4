"""Making a project on the platform: the fact, the repository, the bucket, the rows; each may be repeated."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sqlalchemy import insert, select

from roadworthy.app.server.index import note
from roadworthy.platform.forge.names import project_name
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.store import schema
from roadworthy.platform.store.database import hold_all
from roadworthy.platform.workspace.keep import FIRST, IndexHost
from roadworthy.platform.workspace.project import KIND, latest, making, state_created

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform


def create(platform: Platform, name: str, actor: str) -> bool:
    """Make the project *name*, whose first maintainer is *actor*; return whether it was made now.

    Raises:
        UsageError: No project can be called so.
        Conflict: It was removed, and can still be brought back.
    """
    project_name(name)
    ledger = platform.home.ledger(name, actor)
    record = state_created(ledger, name)
    platform.forge.create(name)
    table, made = schema.project, latest(ledger)
    with platform.database.write() as connection:
        hold_all(connection)
        there = connection.execute(select(table.c.name).where(table.c.name == name)).scalar_one_or_none()
        if there is not None or made is None:
            return False
        connection.execute(insert(table).values(**made.row()))
        IndexHost(connection, name).put("member", creator(platform, name), FIRST)
        note(connection, name, ledger, record)
        platform.audit.state(connection, Entry(actor, "project.create", name, name))
    return True


def creator(platform: Platform, name: str) -> str:
    """Return who made the project: its maintainer for as long as its profile names nobody who is here."""
    made = making(platform.home.ledger(name, "").records.all(KIND))
    return "" if made is None else made.actor
