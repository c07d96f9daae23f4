"""Jobs in hand: claimed for a while under a fence, kept by heartbeats, ended by whoever holds the last fence.

All times are the database's. A runner that was silent beyond its lease has lost the job, even when nobody else has
taken it: whatever it says then is refused.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from sqlalchemy import BigInteger, and_, bindparam, case, func, or_, select, union_all, update

from roadworthy.errors import Conflict
from roadworthy.platform.automate import jobs
from roadworthy.platform.automate.job import Job
from roadworthy.platform.store.database import now
from roadworthy.platform.store.schema import job as table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping

    from sqlalchemy import CTE, BindParameter, ColumnElement, Connection, FromClause, Select
    from sqlalchemy.sql.dml import ReturningUpdate

    from roadworthy.platform.automate.job import Outcome
    from roadworthy.platform.store.database import Database

    Also = Callable[[Connection, Job], object]

ATTEMPTS = 5  # after which a job that could not be done is left
PATIENT = {"alert": 18}  # kinds that are tried more often: whoever is to be told may be down for hours
BACKOFF_SECONDS, BACKOFF_MOST = 10, 3600  # after the first failure, and after any
_REMEMBERED = 64  # ended jobs that are looked at to see whose turn it is
_SILENT = "Left after all its attempts: whoever did it fell silent."
_REMEDY = "Stop the work and drop what came of it; claim another job."


def claim(database: Database, owner: str, kinds: Collection[str], lease_seconds: float) -> Job | None:
    """Return the next job for *owner*, who now holds it; None when there is none.

    Also given out is what somebody claimed and was silent about for longer than the lease. Next is a job of the
    project that has the fewest running; among those, of the one that was served longest ago; of that, the one of the
    highest priority; of those, the oldest.

    Args:
        database: Where the queue is.
        owner: Who claims, in words that a page can show.
        kinds: What it can do.
        lease_seconds: How long it may be silent.
    """
    with database.write() as connection:
        at = now(connection)
        said = {"the_time": at, "claimer": owner, "until": at + round(lease_seconds * 1000)}
        row = connection.execute(_claim(tuple(sorted(kinds))), said).one_or_none()
    return None if row is None else Job.of(row)


@lru_cache(maxsize=64)
def _claim(kinds: tuple[str, ...]) -> ReturningUpdate[Any]:
    """Return the statement that claims; made once, for making it costs as much time as running it."""
    at = bindparam("the_time", type_=BigInteger)
    taken = {
        "state": "running", "owner": bindparam("claimer"), "lease_until": bindparam("until"), "run_at": at,
        "fence": table.c.fence + 1, "attempts": table.c.attempts + 1, "reason": None,
    }  # fmt: skip
    chosen = _next(kinds, at).scalar_subquery()
    return update(table).where(table.c.id == chosen).values(taken).returning(table)


def _next(kinds: Collection[str], at: BindParameter[int]) -> Select[tuple[int]]:
    one = table.alias("one")
    running, served = _running(at), _served()
    due = or_(one.c.run_at <= at, one.c.run_at <= one.c.created_at)  # what was for at once is, if clocks were set back
    ready = or_(and_(one.c.state == "queued", due), and_(one.c.state == "running", one.c.lease_until <= at))
    chosen = (
        select(one.c.id)
        .outerjoin(running, running.c.project == one.c.project)
        .outerjoin(served, served.c.project == one.c.project)
        .where(ready, one.c.kind.in_(kinds), one.c.attempts < _attempts(one), one.c.cancel == 0)
    )
    turn = (func.coalesce(running.c.number, 0), func.coalesce(served.c.last, 0), one.c.priority.desc(), one.c.run_at)
    return chosen.order_by(*turn, one.c.id).limit(1).with_for_update(of=one, skip_locked=True)


def _attempts(one: FromClause) -> ColumnElement[int]:
    return case(*((one.c.kind == kind, number) for kind, number in PATIENT.items()), else_=ATTEMPTS)


# Both are materialized: PostgreSQL would else work them out anew for every job that waits.
def _running(at: BindParameter[int]) -> CTE:
    held = (table.c.state == "running") & (table.c.lease_until > at)
    number = func.count().label("number")
    return (
        select(table.c.project, number).where(held).group_by(table.c.project).cte("running").prefix_with("MATERIALIZED")
    )


def _served() -> CTE:
    """When each project's job last began, as far as the last jobs that ended tell."""
    ended = [
        select(table.c.project, table.c.run_at).where(table.c.state == state).order_by(table.c.run_at.desc())
        .limit(_REMEMBERED).subquery() for state in ("done", "failed")
    ]  # fmt: skip
    both = union_all(*(select(one.c.project, one.c.run_at) for one in ended)).subquery()
    last = select(both.c.project, func.max(both.c.run_at).label("last")).group_by(both.c.project)
    return last.cte("served").prefix_with("MATERIALIZED")


def heartbeat(database: Database, number: int, fence: int, lease_seconds: float) -> bool:
    """Hold a job for another lease, and return whether it was asked to stop.

    Raises:
        Conflict: It is not held under that fence any more.
    """
    with database.write() as connection:
        at = now(connection)
        held = update(table).where(_held(number, fence, at)).values(lease_until=at + round(lease_seconds * 1000))
        asked = connection.execute(held.returning(table.c.cancel)).scalar_one_or_none()
        if asked is None:
            raise _late(connection, number, fence)
    return bool(asked)


def held(connection: Connection, number: int, fence: int) -> Job:
    """Return a job that is held under *fence*, which it stays for as long as the caller's transaction lasts.

    Raises:
        Conflict: It is not held under that fence any more.
    """
    statement = select(table).where(_held(number, fence, now(connection))).with_for_update()
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise _late(connection, number, fence)
    return Job.of(row)


def complete(
    connection: Connection, number: int, fence: int, outcome: Outcome, result: Mapping[str, Any] | None = None
) -> Job:
    """Keep what came of a job, in the caller's transaction; when it passed, what follows is asked for in it too.

    Raises:
        Conflict: It is not held under that fence any more; nothing was changed.
    """
    whole = {**(result or {}), "outcome": outcome}
    done = _end(connection, number, fence, {"state": "done", "result": whole, "reason": None})
    if outcome == "passed":
        for one in done.then:
            jobs.enqueue(connection, one, done.cause, again=True)
    return done


def fail(
    database: Database, number: int, fence: int, reason: str, *, again: bool = True, also: Also = lambda _, __: None
) -> Job:
    """Say that a job could not be done: it is tried again later, up to `ATTEMPTS` times, unless it was cancelled.

    Args:
        database: Where the queue is.
        number: The job.
        fence: Under which it is held.
        reason: What went wrong, in words.
        again: Whether another attempt can help.
        also: Done in the same transaction when it is left, with the job.

    Raises:
        Conflict: It is not held under that fence any more; nothing was changed.
    """
    with database.write() as connection:
        found = held(connection, number, fence)
        if found.cancel:
            return _end(connection, number, fence, {"state": "cancelled"})
        if again and found.attempts < PATIENT.get(found.kind, ATTEMPTS):
            wait = backoff(found.attempts)
            later = {"state": "queued", "finished_at": None, "run_at": now(connection) + wait * 1000}
            return _end(connection, number, fence, {**later, "reason": f"Tried again after {wait} s: {reason}"})
        tries = "1 attempt" if found.attempts == 1 else f"{found.attempts} attempts"
        left = _end(connection, number, fence, {"state": "failed", "reason": f"Left after {tries}: {reason}"})
        also(connection, left)
        return left


def backoff(attempts: int) -> int:
    """Return how many seconds to wait after *attempts* failures: twice as long each time, up to a limit."""
    return int(min(BACKOFF_SECONDS * 2 ** (attempts - 1), BACKOFF_MOST))


def stopped(database: Database, number: int, fence: int) -> Job:
    """Say that a job that was asked to stop has stopped.

    Raises:
        Conflict: It is not held under that fence any more; nothing was changed.
    """
    with database.write() as connection:
        return _end(connection, number, fence, {"state": "cancelled"})


def sweep(database: Database, also: Also = lambda _, __: None) -> list[Job]:
    """End the jobs whose holder fell silent, and that are not to be tried again; return them.

    *also* is done in the same transaction, with each.
    """
    with database.write() as connection:
        at = now(connection)
        lost = (table.c.state == "running") & (table.c.lease_until <= at)
        spent = lost & or_(table.c.cancel == 1, table.c.attempts >= _attempts(table))
        ended = {
            "state": case((table.c.cancel == 1, "cancelled"), else_="failed"), "lease_until": None,
            "reason": case((table.c.cancel == 1, table.c.reason), else_=_SILENT),
            "finished_at": at,
        }  # fmt: skip
        rows = connection.execute(update(table).where(spent).values(ended).returning(table)).all()
        found = [Job.of(row) for row in rows]
        for one in found:
            also(connection, one)
        return found


def give_back(database: Database, owner: str | None = None) -> int:
    """Let every job that is held be claimed at once, and return how many: who held them is known to have ended.

    Args:
        database: Where the queue is.
        owner: Who ended; None: all of them, with their server.
    """
    with database.write() as connection:
        at = now(connection)
        held_yet = (table.c.state == "running") & (table.c.lease_until > at)
        if owner is not None:
            held_yet &= table.c.owner == owner
        return connection.execute(update(table).where(held_yet).values(lease_until=at)).rowcount


def _held(number: int, fence: int, at: int) -> ColumnElement[bool]:
    return and_(table.c.id == number, table.c.fence == fence, table.c.state == "running", table.c.lease_until > at)


def _end(connection: Connection, number: int, fence: int, values: Mapping[str, Any]) -> Job:
    at = now(connection)
    ended = {"finished_at": at, "lease_until": None, **values}
    statement = update(table).where(_held(number, fence, at)).values(ended).returning(table)
    row = connection.execute(statement).one_or_none()
    if row is None:
        raise _late(connection, number, fence)
    return Job.of(row)


def _late(connection: Connection, number: int, fence: int) -> Conflict:
    found = jobs.get(connection, number)
    if found.fence != fence:
        why = f"it was claimed again since (fence {found.fence})"
    elif found.state == "running":
        why = "its lease has run out"
    else:
        why = f"it is {found.state}" + (f": {found.reason}" if found.reason else "")
    return Conflict(f"Job {number} is not held under fence {fence}: {why.rstrip('.')}.", remedy=_REMEDY)
