"""Deliveries: what a hook, a start or a person tells, kept raw before anything is done about it.

A delivery is a hint that refs may have moved. It is believed about who moved them, and about nothing else.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import insert, select

from roadworthy.errors import NotFound
from roadworthy.platform.automate.rules.action import shown
from roadworthy.platform.store.database import now
from roadworthy.platform.store.schema import delivery, project

if TYPE_CHECKING:
    from collections.abc import Callable

    from sqlalchemy import Connection

    from roadworthy.platform.store.database import Database

Source = Literal["hook", "start", "sweep", "manual"]
_MOST = 1000  # refs that are read of one delivery
_NAME = 200  # characters of a name


@dataclass(frozen=True, slots=True)
class Told:
    """What a payload says: who moved which refs, and to where; None for one that was deleted."""

    actor: str | None = None
    refs: tuple[tuple[str, str | None], ...] = ()
    replay: int | None = None


def deliver(
    database: Database,
    project_name: str,
    source: Source,
    payload: Any,
    also: Callable[[Connection, int], object] = lambda _, __: None,
) -> int:
    """Keep what was told, as it was told, and return its number.

    Args:
        database: The platform's.
        project_name: Which project it was told of.
        source: Who told it.
        payload: Any JSON. Of `{"actor": NAME, "updates": [{"ref": …, "after": …}, …]}` it is read who moved what.
        also: Done in the same transaction, with the number.

    Raises:
        NotFound: There is no such project.
    """
    with database.write() as connection:
        if connection.execute(select(project.c.name).where(project.c.name == project_name)).one_or_none() is None:
            raise NotFound(f"There is no project {project_name}.", remedy="`roadworthy project list` names them.")
        row = {"project": project_name, "source": source, "payload": _kept(payload), "received_at": now(connection)}
        number: int = connection.execute(insert(delivery).values(row).returning(delivery.c.id)).scalar_one()
        also(connection, number)
    return number


def _kept(payload: Any) -> Any:
    # What JSON can write and a database cannot: nothing, halves of a character, and numbers that are none.
    text = json.dumps(payload, ensure_ascii=False).encode("utf-8", "replace")
    return {} if payload is None else json.loads(text, parse_constant=str)


def told(payload: Any) -> Told:
    """Return what a payload says about refs; of one that cannot be read, nothing."""
    if not isinstance(payload, dict):
        return Told()
    actor, replay, updates = payload.get("actor"), payload.get("replay"), payload.get("updates")
    named = (one for one in (updates if isinstance(updates, list) else ())[:_MOST] if isinstance(one, dict))
    refs = tuple((one["ref"], _object(one.get("after"))) for one in named if isinstance(one.get("ref"), str))
    return Told(
        shown(actor)[:_NAME] if isinstance(actor, str) else None, refs, replay if isinstance(replay, int) else None
    )


def _object(after: Any) -> str | None:
    """Return the object that a ref was moved to; git writes zeros for one that was deleted."""
    return after if isinstance(after, str) and after.strip("0") else None
