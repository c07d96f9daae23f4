"""The deliveries that wait: which told of which ref, and what came of each."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from sqlalchemy import select, update

from roadworthy.platform.automate.deliver import Told, told
from roadworthy.platform.automate.rules.action import short, shown
from roadworthy.platform.store.database import now
from roadworthy.platform.store.schema import delivery as table

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection

_SHOWN = 20  # refs that an outcome names


@dataclass(frozen=True, slots=True)
class Delivery:
    """A delivery that nothing was done about yet."""

    id: int
    source: str
    told: Told

    def actor_of(self, ref: str, after: str | None) -> str | None:
        """Return who moved *ref* to *after*, if this told of exactly that."""
        return self.told.actor if (ref, after) in self.told.refs else None


def written(name: str) -> str:
    """Return a ref's name as it is kept: bytes that are no characters are escaped."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "backslashreplace")


def waiting(connection: Connection, project: str) -> list[Delivery]:
    """Return the deliveries that wait, the oldest first."""
    asked = select(table.c.id, table.c.source, table.c.payload).where(table.c.handled_at.is_(None))
    rows = connection.execute(asked.where(table.c.project == project).order_by(table.c.id))
    return [Delivery(number, source, told(payload)) for number, source, payload in rows]


def that_told(waits: Sequence[Delivery], ref: str, after: str | None) -> Delivery | None:
    """Return the delivery that told of a moved ref: exactly, of that ref, or that something may have moved."""
    exactly = (one for one in waits if (ref, after) in one.told.refs)
    of_it = (one for one in waits if any(name == ref for name, _ in one.told.refs))
    of_any = (one for one in waits if not one.told.refs)
    return next((one for found in (exactly, of_it, of_any) for one in found), None)


def handle(connection: Connection, waits: Sequence[Delivery], refs: Mapping[str, str], made: Mapping[str, int]) -> None:
    """Write what came of each delivery: the events of what it told of, or why there is none."""
    at = now(connection)
    for one in waits:
        outcome = _replayed(one.told) + _outcome(one.told, refs, made)
        connection.execute(update(table).where(table.c.id == one.id).values(handled_at=at, outcome=outcome))


def _replayed(said: Told) -> str:
    return "" if said.replay is None else f"Replay of delivery {said.replay}: "


def _outcome(said: Told, refs: Mapping[str, str], made: Mapping[str, int]) -> str:
    if not said.refs:
        numbers = ", ".join(str(number) for number in made.values())
        return (
            f"found what had changed: event {numbers}." if made else "nothing had changed: every ref is where it was."
        )
    lines = [_line(ref, after, refs.get(ref), made.get(ref)) for ref, after in said.refs[:_SHOWN]]
    lines += [f"and {len(said.refs) - _SHOWN} more refs"] if len(said.refs) > _SHOWN else []
    anything = any(ref in made for ref, _ in said.refs)
    return ("" if anything else "nothing had changed: ") + "; ".join(lines) + "."


def _line(ref: str, after: str | None, stands: str | None, number: int | None) -> str:
    where = "is deleted" if stands is None else f"is at {short(stands)}"
    since = "" if stands == after else f", not {'deleted' if after is None else 'at ' + short(after)} any more"
    if number is not None:
        return f"event {number}: {shown(ref)} {where}{since}"
    return f"{shown(ref)} {where}{since or ' already'}"
