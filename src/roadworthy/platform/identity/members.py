"""Who has which role in a project: what its `profile.yaml` says, as the workspace wrote it into the index."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select

from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.platform.store.database import Database

_STATES = {False: ("active",), True: ("active", "removed")}


@dataclass(frozen=True, slots=True)
class Members:
    """The members of the platform's projects."""

    database: Database  # the platform's index

    def has(self, project: str, *, removed: bool = False) -> bool:
        """Whether there is a project of that name, which was not removed; with *removed*, or was."""
        owner = schema.project
        asked = select(owner.c.name).where(owner.c.name == project, owner.c.state.in_(_STATES[removed]))
        if "\0" in project:
            return False
        with self.database.read() as connection:
            return connection.execute(asked).first() is not None

    def roles(self, project: str, *, removed: bool = False) -> Mapping[str, str]:
        """Return the role of each member of *project*; none for one that is not there, or was removed.

        With *removed*, those whom a removed project had are told too: who may bring it back.
        """
        if "\0" in project:
            return {}  # no name has it, and PostgreSQL cannot even be asked
        member, owner = schema.member, schema.project
        asked = (
            select(member.c.who, member.c.role)
            .join(owner, owner.c.name == member.c.project)
            .where(member.c.project == project, owner.c.state.in_(_STATES[removed]))
        )
        with self.database.read() as connection:
            return {row.who: row.role for row in connection.execute(asked)}
