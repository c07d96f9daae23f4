"""Where the channels of a project are reached: addresses that whoever knows may write to, and shared secrets."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from sqlalchemy import delete, insert, select

from roadworthy.errors import NotFound
from roadworthy.platform.identity.schema import alert_channel as table
from roadworthy.platform.store.database import now

if TYPE_CHECKING:
    from roadworthy.platform.store.database import Database


@dataclass(frozen=True, slots=True)
class Reached:
    """How a channel is reached: its address, and the secret that what is sent is signed with, if it is."""

    url: str = field(repr=False)
    secret: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class AlertSecrets:
    """Where they are kept."""

    database: Database

    def set(self, project: str, to: str, reached: Reached, actor: str) -> None:
        """Keep how a channel is reached, in the place of what was before."""
        with self.database.write() as connection:
            connection.execute(delete(table).where(table.c.project == project, table.c.channel == to))
            row = {"url": reached.url, "secret": reached.secret, "set_by": actor, "set_at": now(connection)}
            connection.execute(insert(table).values(project=project, channel=to, **row))

    def named(self, project: str) -> dict[str, tuple[str, int]]:
        """Return who set which channel, and when; not where it is."""
        asked = select(table.c.channel, table.c.set_by, table.c.set_at).where(table.c.project == project)
        with self.database.read() as connection:
            return {row.channel: (row.set_by, row.set_at) for row in connection.execute(asked)}

    def find(self, project: str, to: str) -> Reached | None:
        """Return how a channel is reached; None when nobody has set it."""
        asked = select(table.c.url, table.c.secret).where(table.c.project == project, table.c.channel == to)
        with self.database.read() as connection:
            row = connection.execute(asked).one_or_none()
        return None if row is None else Reached(row.url, row.secret)

    def remove(self, project: str, to: str) -> None:
        """Forget how a channel is reached.

        Raises:
            NotFound: Nobody had set it.
        """
        with self.database.write() as connection:
            here = (table.c.project == project) & (table.c.channel == to)
            if not connection.execute(delete(table).where(here)).rowcount:
                raise NotFound(f"{project} has no address for {to}.", remedy="`roadworthy alert list` names those set.")

    def forget(self, project: str) -> None:
        """Forget all of a project."""
        with self.database.write() as connection:
            connection.execute(delete(table).where(table.c.project == project))
