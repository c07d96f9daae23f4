"""A change as it is kept: a row of the index, and the signed records that it was made from."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal, cast

from sqlalchemy import select

from roadworthy.errors import NotFound
from roadworthy.platform.store import schema

if TYPE_CHECKING:
    from sqlalchemy import Connection, Row, Select

State = Literal["open", "merged", "closed"]
KIND, MERGE = "change", "merge"  # kinds of records


@dataclass(frozen=True, slots=True)
class Change:
    """A change of a project.

    Attributes:
        project: Whose it is.
        number: Its number there, from 1.
        branch: What is proposed.
        target: Where it is to go.
        title: What it is about, as its author wrote it.
        author: Who opened it.
        state: Whether it is open, merged or closed.
        head: The commit that the branch had when it was last looked at.
        opened_at: Milliseconds since 1970.
        closed_at: When it was merged or closed.
        merge_commit: The commit that brought it into its target.
        unreviewed: Whether it was merged without anybody's approval.
        record: The record of its opening.
    """

    project: str
    number: int
    branch: str
    target: str
    title: str
    author: str
    state: State
    head: str
    opened_at: int
    closed_at: int | None = None
    merge_commit: str | None = None
    unreviewed: bool = False
    record: str = ""

    def as_json(self) -> dict[str, Any]:
        """Return it as the API gives it."""
        return {name: getattr(self, name) for name in self.__slots__}


def changes(connection: Connection, project: str, state: State | None = None) -> tuple[Change, ...]:
    """Return the changes of *project*, the newest first; those in one *state* when it is named."""
    wanted = _of(project)
    if state is not None:
        wanted = wanted.where(schema.change.c.state == state)
    rows = connection.execute(wanted.order_by(schema.change.c.number.desc()))
    return tuple(_change(row) for row in rows)


def change(connection: Connection, project: str, number: int) -> Change:
    """Return one change.

    Raises:
        NotFound: There is none of that number.
    """
    row = connection.execute(_of(project).where(schema.change.c.number == number)).one_or_none()
    if row is None:
        raise NotFound(f"{project} has no change {number}.", remedy="See `roadworthy change list`.")
    return _change(row)


def open_change_of(connection: Connection, project: str, branch: str, target: str) -> Change | None:
    """Return the open change from *branch* to *target*, or None."""
    wanted = _of(project).where(
        schema.change.c.branch == branch, schema.change.c.target == target, schema.change.c.state == "open"
    )
    row = connection.execute(wanted).first()
    return None if row is None else _change(row)


def _of(project: str) -> Select[tuple[object, ...]]:
    return select(schema.change).where(schema.change.c.project == project)


def _change(row: Row[tuple[object, ...]]) -> Change:
    found = row._mapping  # noqa: SLF001 - SQLAlchemy's public name for it
    return Change(
        project=found["project"],
        number=found["number"],
        branch=found["branch"],
        target=found["target"],
        title=found["title"],
        author=found["author"],
        state=cast("State", found["state"]),
        head=found["head"],
        opened_at=found["opened_at"],
        closed_at=found["closed_at"],
        merge_commit=found["merge_commit"],
        unreviewed=bool(found["unreviewed"]),
        record=found["record"],
    )
