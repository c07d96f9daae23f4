"""Who has which role in a project: what its `profile.yaml` says, as the workspace wrote it into the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.platform.store.database import Database


@dataclass(frozen=True, slots=True)
class Members:
    """The members of the platform's projects."""

    database: Database  # the platform's index

    def has(self, project: str) -> bool:
        """Whether there is a project of that name, which was not removed."""
        owner = schema.project
        asked = select(owner.c.name).where(owner.c.name == project, owner.c.state == "active")
        if "\0" in project:
            return False
        with self.database.read() as connection:
            return connection.execute(asked).first() is not None

    def roles(self, project: str) -> Mapping[str, str]:
        """Return the role of each member of *project*; none for one that is not there, or was removed."""
        if "\0" in project:
            return {}  # no name has it, and PostgreSQL cannot even be asked
        member, owner = schema.member, schema.project
        asked = (
            select(member.c.who, member.c.role)
            .join(owner, owner.c.name == member.c.project)
            .where(member.c.project == project, owner.c.state == "active")
        )
        with self.database.read() as connection:
            return {row.who: row.role for row in connection.execute(asked)}
