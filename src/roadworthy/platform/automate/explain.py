"""What happened about a delivery or an event, or why nothing did: for people, and as data."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from roadworthy.errors import NotFound
from roadworthy.platform.automate import jobs
from roadworthy.platform.automate.deliver import deliver, told
from roadworthy.platform.automate.reconcile import reconcile
from roadworthy.platform.automate.rules.action import short, shown
from roadworthy.platform.store.schema import delivery as deliveries
from roadworthy.platform.store.schema import event as events

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from sqlalchemy import Connection, Row

    from roadworthy.platform.automate.job import Job
    from roadworthy.platform.automate.reconcile import Context
    from roadworthy.platform.store.database import Database

Explained = dict[str, Any]
_WAITS = "It waits to be reconciled, as all deliveries are at once, at the start and every few minutes."


@dataclass(frozen=True, slots=True)
class Replayed:
    """What replaying a delivery made: a delivery of its own, and its events."""

    delivery: int
    events: tuple[int, ...]


def explain_event(connection: Connection, number: int) -> Explained:
    """Return what happened, each thing that was done about it with how it stands now, and why others were not.

    Raises:
        NotFound: There is no such event.
    """
    row = connection.execute(select(events).where(events.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"There is no event {number}.", remedy="`roadworthy events list` lists them.")
    (found,) = _told(connection, [row])
    return found


def explain_delivery(connection: Connection, number: int) -> Explained:
    """Return what was told, when, what came of it, and the events that it led to.

    Raises:
        NotFound: There is no such delivery.
    """
    row = connection.execute(select(deliveries).where(deliveries.c.id == number)).one_or_none()
    if row is None:
        raise NotFound(f"There is no delivery {number}.", remedy="`roadworthy events list` lists what there is.")
    led_to = connection.execute(select(events).where(events.c.delivery == number).order_by(events.c.id)).all()
    return {**_delivery(row), "events": _told(connection, led_to)}


def delivered(connection: Connection, project: str, *, before: int | None = None, limit: int = 50) -> list[Explained]:
    """Return a page of a project's deliveries, each with what came of it, the newest first; older than *before*."""
    asked = select(deliveries).where(deliveries.c.project == project)
    asked = asked if before is None else asked.where(deliveries.c.id < before)
    return [_delivery(row) for row in connection.execute(asked.order_by(deliveries.c.id.desc()).limit(limit))]


def _delivery(row: Row[Any]) -> Explained:
    said = told(row.payload)
    return {
        "delivery": row.id, "project": row.project, "source": row.source, "replay_of": said.replay,
        "actor": said.actor, "received": _time(row.received_at), "handled": row.handled_at and _time(row.handled_at),
        "outcome": row.outcome or _WAITS,
    }  # fmt: skip


def listed(connection: Connection, project: str, *, before: int | None = None, limit: int = 50) -> list[Explained]:
    """Return a page of a project's events, explained, the newest first: those older than event *before*."""
    asked = select(events).where(events.c.project == project)
    asked = asked if before is None else asked.where(events.c.id < before)
    return _told(connection, connection.execute(asked.order_by(events.c.id.desc()).limit(limit)).all())


def replay(database: Database, number: int, context: Context, actor: str) -> Replayed:
    """Reconcile the project of a delivery once more, told of as a replay by *actor*; what has been done stays so.

    Raises:
        NotFound: There is no such delivery, or its project was removed.
    """
    with database.read() as connection:
        found = explain_delivery(connection, number)
        payload = connection.execute(select(deliveries.c.payload).where(deliveries.c.id == number)).scalar_one()
    named = [{"ref": ref, "after": after} for ref, after in told(payload).refs]
    again = deliver(database, found["project"], "manual", {"replay": number, "replayed_by": actor, "updates": named})
    return Replayed(again, tuple(reconcile(database, found["project"], context)))


def _told(connection: Connection, rows: Sequence[Row[Any]]) -> list[Explained]:
    keys = {one[name] for row in rows for one in row.outcome for name in ("job", "after") if name in one}
    there = jobs.by_key(connection, keys) if keys else {}
    return [
        {
            "event": row.id, "project": row.project, "kind": row.kind, "ref": row.ref, "before": row.before,
            "after": row.after, "actor": row.actor, "at": _time(row.at), "delivery": row.delivery,
            "outcome": [_now(one, there) for one in row.outcome],
        }
        for row in rows
    ]  # fmt: skip


def _now(one: Mapping[str, Any], there: Mapping[str, Job]) -> Explained:
    """Return a thing that was done, with how its job stands now."""
    found, awaited = there.get(one.get("job", "")), there.get(one.get("after", ""))
    if found is not None:
        return {**one, "id": found.id, "state": found.state, "now": _state(found)}
    if awaited is not None:
        return {**one, "now": f"waits for job {awaited.id}, which {_state(awaited)}"}
    if "after" in one:
        return {**one, "now": "waits for what stands above it"}
    return dict(one)


def _state(found: Job) -> str:
    if found.state == "done":
        verdict = "passed" if found.passed else "did not pass: nothing follows until `roadworthy jobs retry`"
        return f"is done, and {verdict}"
    return f"is {found.state}" + (f": {found.reason.rstrip('.')}" if found.reason else "")


def text(found: Explained) -> str:
    """Return an explained delivery or event as lines for a terminal."""
    return "\n".join(_event_lines(found) if "event" in found else _delivery_lines(found))


def _delivery_lines(found: Explained) -> list[str]:
    by = f" by {shown(found['actor'])}" if found["actor"] else ""
    head = f"Delivery {found['delivery']} of {found['project']}: told by {found['source']}{by}, {found['received']}."
    below = [f"  {line}" for one in found.get("events", ()) for line in _event_lines(one)]
    return [head, found["outcome"], *below]


def _event_lines(found: Explained) -> list[str]:
    moved = " → ".join("nothing" if one is None else short(one) for one in (found["before"], found["after"]))
    by = f" by {shown(found['actor'])}" if found["actor"] else ""
    told_by = (
        "no delivery told of it: it was found by looking" if found["delivery"] is None
        else f"delivery {found['delivery']} told of it"
    )  # fmt: skip
    head = f"Event {found['event']}: {found['kind']} of {shown(found['ref'])}{by} ({moved}), {found['at']}; {told_by}."
    return [head, *(f"  {line}" for one in found["outcome"] for line in _outcome_lines(one))]


def _outcome_lines(one: Explained) -> list[str]:
    if "why_not" in one:
        return [f"- {one['why_not']}", f"  {one['fix']}"]
    job = f"job {one['id']} {one['now']}" if "id" in one else one.get("now", "its job is not kept any more")
    return [f"+ {one['did']}: {job}.", f"  {one['why']}", *([f"  {one['note']}"] if "note" in one else [])]


def _time(milliseconds: int) -> str:
    return datetime.fromtimestamp(milliseconds / 1000, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
