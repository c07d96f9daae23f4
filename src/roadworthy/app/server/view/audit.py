"""The audit: who did what, by project, person and kind."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from roadworthy.app.server.platform import Platform

Json = dict[str, Any]
PAGE = 100


@dataclass(frozen=True, slots=True)
class Filter:
    """Which entries are wanted; an empty text is any.

    Attributes:
        project: Of a project; None is of all, and of the platform's own.
        actor: What this one did.
        action: What was done, e.g. `change.merge`; or its first word, `change`.
        before: Only entries before this one.
    """

    project: str | None = None
    actor: str = ""
    action: str = ""
    before: int | None = None


def audit(platform: Platform, wanted: Filter) -> list[Json]:
    """Return a page of the audit, the newest first.

    Raises:
        NotFound: There is no such project.
    """
    table = schema.audit
    asked = select(table).order_by(table.c.seq.desc()).limit(PAGE)
    if wanted.project is not None:
        asked = asked.where(table.c.project == platform.known(wanted.project))
    if wanted.actor:
        asked = asked.where(table.c.actor == wanted.actor)
    if wanted.action:
        begun = table.c.action.startswith(f"{wanted.action}.", autoescape=True)
        asked = asked.where((table.c.action == wanted.action) | begun)
    if wanted.before is not None:
        asked = asked.where(table.c.seq < wanted.before)
    with platform.database.read() as connection:
        return [dict(row) for row in connection.execute(asked).mappings()]
