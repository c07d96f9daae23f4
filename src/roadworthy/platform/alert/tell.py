"""Asking for alerts, in the transaction of what they tell of; and gathering those that wait into one message."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

from sqlalchemy import or_, select, update

from roadworthy.platform.alert.notice import TEST, notices_of, payload
from roadworthy.platform.automate import event, jobs
from roadworthy.platform.automate.event import NewEvent
from roadworthy.platform.automate.job import Job, NewJob
from roadworthy.platform.store.database import now
from roadworthy.platform.store.schema import job as table
from roadworthy.platform.store.schema import resource

if TYPE_CHECKING:
    from collections.abc import Collection

    from sqlalchemy import Connection

    from roadworthy.platform.alert.notice import Notice

KIND: Literal["alert"] = "alert"  # of jobs and of events
_LOOKED_AT = 400  # jobs that are looked at for the last of a channel
QUIET_MS = 30_000  # a channel is told at most this often; what happens meanwhile is told together


def channels(connection: Connection, project: str) -> dict[str, tuple[str, ...]]:
    """Return the channels of *project*, as its profile was applied, each with what it is told of."""
    asked = select(resource.c.name, resource.c.wanted).where(
        resource.c.project == project, resource.c.kind == KIND, resource.c.state == "active"
    )
    return {row.name: tuple(row.wanted["on"]) for row in connection.execute(asked.order_by(resource.c.name))}


def tell(connection: Connection, project: str, notice: Notice, key: str, on: Collection[str]) -> None:
    """Ask that every channel that wants one of *on* is told of *notice*; once for each *key*.

    An event says whom, and is explained as others are; where nobody wants to be told there is none.
    """
    wanting = [to for to, wants in channels(connection, project).items() if not set(wants).isdisjoint(on)]
    _ask(connection, project, notice, {to: f"{project}/alert/{key}/{to}" for to in wanting})


def ask_test(connection: Connection, project: str, to: str, notice: Notice) -> int:
    """Ask that a channel is told of a test, at once and by itself; return the job."""
    key = f"{project}/alert/{TEST}/{notice.at}/{to}"
    _ask(connection, project, notice, {to: key})
    return jobs.by_key(connection, [key])[key].id


def _ask(connection: Connection, project: str, notice: Notice, keys: dict[str, str]) -> None:
    known = jobs.by_key(connection, keys.values())
    fresh = {to: key for to, key in keys.items() if key not in known}
    if not fresh:
        return
    commit, actor = notice.names.get("commit"), notice.names.get("actor")
    told = NewEvent(project, KIND, notice.happening, after=_text(commit), actor=_text(actor))
    cause = event.write(connection, told)
    outcome = []
    for to, key in fresh.items():
        at = now(connection)
        wait = 0 if notice.happening == TEST or not _was_told(connection, project, to, at) else QUIET_MS
        jobs.enqueue(connection, NewJob(project, key, KIND, payload(to, [notice]), run_at=at + wait), cause)
        outcome.append({"did": f"tell {to}", "why": notice.says, "job": key})
    event.settle(connection, cause, outcome)


def _text(name: object) -> str | None:
    return None if name is None else str(name)


def _was_told(connection: Connection, project: str, to: str, at: int) -> bool:
    """Whether a channel was told something just now, or is about to be."""
    lately = or_(table.c.state.in_(("queued", "running")), table.c.finished_at > at - QUIET_MS)
    asked = select(table.c.payload).where(
        table.c.project == project, table.c.kind == KIND, table.c.state != "cancelled", lately
    )
    return any(one["to"] == to for one in connection.execute(asked).scalars())


def is_open(connection: Connection) -> bool:
    """Whether anything is to be told, now or later: asking costs less than claiming."""
    asked = select(table.c.id).where(table.c.state.in_(("queued", "running")), table.c.kind == KIND).limit(1)
    return connection.execute(asked).first() is not None


def gather(connection: Connection, job: Job) -> Job:
    """Let *job*, which is held, tell all that waits for the same channel, and return it."""
    waiting = [one for one in _waiting(connection, job.project, str(job.payload["to"])) if one.id != job.id]
    if not waiting or _is_test(job.payload):
        return job
    whole = sorted((job, *waiting), key=lambda one: one.id)
    notices = [notice for one in whole for notice in notices_of(one.payload)]
    told = payload(str(job.payload["to"]), notices, sum(int(one.payload["more"]) for one in whole))
    for one in waiting:
        jobs.cancel(connection, one.id, f"It is told together with others, by job {job.id}.")
    row = connection.execute(update(table).where(table.c.id == job.id).values(payload=told).returning(table)).one()
    return Job.of(row)


def _waiting(connection: Connection, project: str, to: str) -> list[Job]:
    asked = select(table).where(table.c.project == project, table.c.kind == KIND, table.c.state == "queued")
    found = [Job.of(row) for row in connection.execute(asked.order_by(table.c.id).with_for_update())]
    return [one for one in found if one.payload["to"] == to and not _is_test(one.payload)]


def _is_test(kept: Any) -> bool:
    return bool(kept["notices"][0]["happening"] == TEST)


def hurry(connection: Connection, project: str, to: str) -> None:
    """Let what waits for a channel be told at once: what kept it from that was mended."""
    waiting = [one.id for one in _waiting(connection, project, to)]
    connection.execute(update(table).where(table.c.id.in_(waiting)).values(run_at=now(connection)))


def last_told(connection: Connection, project: str, to: str, limit: int = 5) -> list[Job]:
    """Return the last jobs that told a channel, or are to, the newest first; none that another one told for."""
    asked = select(table).where(table.c.project == project, table.c.kind == KIND, table.c.state != "cancelled")
    rows = connection.execute(asked.order_by(table.c.id.desc()).limit(_LOOKED_AT))
    return [one for one in map(Job.of, rows) if one.payload["to"] == to][:limit]
