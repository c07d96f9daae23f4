"""Events: what happened to a ref, written with what was done about it, in the transaction that does it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import insert, select, update

from roadworthy.errors import NotFound
from roadworthy.platform.store.database import now
from roadworthy.platform.store.schema import event as table
from roadworthy.platform.store.schema import project

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sqlalchemy import Connection

Kind = Literal["push", "create", "delete", "tag", "change", "schedule", "manual", "alert"]
_LOOKED_AT = 50  # earlier events of a ref, in which a violation may have been told


@dataclass(frozen=True, slots=True)
class NewEvent:
    """Something that happened.

    Attributes:
        ref: What it happened to: a ref, the name of a schedule, or what people are told of.
        delivery: The delivery that told of it; None when no hook did.
        actor: Who did it; None when nobody said.
    """

    project: str
    kind: Kind
    ref: str
    before: str | None = None
    after: str | None = None
    delivery: int | None = None
    actor: str | None = None


def lock(connection: Connection, name: str) -> None:
    """Let nobody else write events of the project until the transaction ends.

    Raises:
        NotFound: There is no such project, or it was removed.
    """
    # `key_share`: a delivery that comes meanwhile names the project, and need not wait.
    row = select(project.c.state).where(project.c.name == name).with_for_update(key_share=True)
    state = connection.execute(row).scalar()
    if state != "active":
        raise NotFound(
            f"The project {name} was removed." if state else f"There is no project {name}.",
            remedy="`roadworthy project list` names those that there are.",
        )


def write(connection: Connection, new: NewEvent) -> int:
    """Write an event whose outcome is not known yet, and return its number."""
    row = {name: getattr(new, name) for name in NewEvent.__slots__}
    made = insert(table).values(**row, at=now(connection), outcome=[]).returning(table.c.id)
    number: int = connection.execute(made).scalar_one()
    return number


def settle(connection: Connection, number: int, outcome: Sequence[dict[str, Any]]) -> None:
    """Write what was done about an event, or why nothing was."""
    connection.execute(update(table).where(table.c.id == number).values(outcome=list(outcome)))


def reasons_told(connection: Connection, name: str, ref: str) -> set[str]:
    """Return why nothing was done, or what was wrong, as the last events of a ref have told it."""
    last = select(table.c.outcome).where(table.c.project == name, table.c.ref == ref)
    rows = connection.execute(last.order_by(table.c.id.desc()).limit(_LOOKED_AT)).scalars()
    return {one["why_not"] for outcome in rows for one in outcome if "why_not" in one}
