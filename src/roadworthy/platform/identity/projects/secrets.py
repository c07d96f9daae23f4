"""The secrets of projects: set by a maintainer, named by stages, and never shown again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import delete, insert, select, update

from roadworthy.errors import NotFound, UsageError
from roadworthy.platform.identity.schema import project_secret as table
from roadworthy.platform.store.database import now

if TYPE_CHECKING:
    from collections.abc import Collection

    from roadworthy.platform.store.database import Database

_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,99}")
LONGEST = 32 << 10  # characters of a value: an environment variable has to hold it
# What decides which programs a stage runs, and with what in them.
_OURS = ("LD_", "PYTHON", "ROADWORTHY_", "GIT_")
_RESERVED = {"PATH", "HOME", "TMPDIR", "LANG", "SHELL", "BASH_ENV", "ENV", "IFS"}


@dataclass(frozen=True, slots=True)
class Named:
    """A secret without its value: who set it when, and how often it has been set."""

    name: str
    version: int
    set_by: str
    set_at: int

    def as_json(self) -> dict[str, Any]:
        """Return it as the API gives it."""
        return {name: getattr(self, name) for name in self.__slots__}


@dataclass(frozen=True, slots=True)
class ProjectSecrets:
    """Where they are kept."""

    database: Database

    def set(self, project: str, name: str, value: str, actor: str) -> Named:
        """Keep a value under *name*, in the place of the one before.

        Raises:
            UsageError: The name is no variable's, or one that stages have already; the value is empty or too long.
        """
        _check(name, value)
        here = (table.c.project == project) & (table.c.name == name)
        with self.database.write() as connection:
            before = connection.execute(select(table.c.version).where(here).with_for_update()).scalar()
            made = Named(name, (before or 0) + 1, actor, now(connection))
            row = {"value": value, "version": made.version, "set_by": actor, "set_at": made.set_at}
            if before is None:
                connection.execute(insert(table).values(project=project, name=name, **row))
            else:
                connection.execute(update(table).where(here).values(**row))
        return made

    def named(self, project: str) -> tuple[Named, ...]:
        """Return what there is, without values, by name."""
        asked = select(table.c.name, table.c.version, table.c.set_by, table.c.set_at).where(table.c.project == project)
        with self.database.read() as connection:
            return tuple(Named(*row) for row in connection.execute(asked.order_by(table.c.name)))

    def remove(self, project: str, name: str) -> None:
        """Forget a secret.

        Raises:
            NotFound: There is none of that name.
        """
        with self.database.write() as connection:
            here = (table.c.project == project) & (table.c.name == name)
            if not connection.execute(delete(table).where(here)).rowcount:
                raise NotFound(f"{project} has no secret {name}.", remedy="`roadworthy secret list` names them.")

    def forget(self, project: str) -> None:
        """Forget all of a project."""
        with self.database.write() as connection:
            connection.execute(delete(table).where(table.c.project == project))

    def values(self, project: str, names: Collection[str]) -> dict[str, str]:
        """Return the values of those of *names* that are set."""
        asked = select(table.c.name, table.c.value).where(table.c.project == project, table.c.name.in_(names))
        with self.database.read() as connection:
            return {row.name: row.value for row in connection.execute(asked)}


def _check(name: str, value: str) -> None:
    if not _NAME.fullmatch(name) or name in _RESERVED or name.startswith(_OURS):
        raise UsageError(
            "A secret is called as an environment variable that stages do not have otherwise.",
            remedy="Give it a name such as `WAREHOUSE_URL`.",
        )
    if not value or len(value) > LONGEST or "\0" in value:
        raise UsageError(
            f"The value of a secret has 1 to {LONGEST} characters.", remedy="Give it on standard input, or when asked."
        )
