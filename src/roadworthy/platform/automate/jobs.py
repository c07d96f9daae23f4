"""The queue: work that is asked for in the transaction that records its cause, once for each key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import ColumnElement, case, null, select, true, update
from sqlalchemy.dialects import postgresql, sqlite

from roadworthy.errors import Conflict, NotFound
from roadworthy.platform.automate.job import Job, NewJob
from roadworthy.platform.store.database import now
from roadworthy.platform.store.schema import job as table

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

    from sqlalchemy import Connection, Table

    from roadworthy.platform.automate.job import State

_INSERTS: dict[str, Callable[[Table], sqlite.Insert | postgresql.Insert]] = {
    "sqlite": sqlite.insert, "postgresql": postgresql.insert
}  # fmt: skip
_FRESH: dict[str, Any] = {
    "state": "queued", "attempts": 0, "cancel": 0, "owner": None, "lease_until": None, "result": None,
    "reason": None, "finished_at": None,
}  # fmt: skip


@dataclass(frozen=True, slots=True)
class Enqueued:
    """The job of a key: made now, or there before.

    Attributes:
        note: What was found when it was there before; empty when it was made now.
    """

    id: int
    key: str
    note: str = ""


def enqueue(connection: Connection, new: NewJob, cause: int | None = None, *, again: bool = False) -> Enqueued:
    """Ask for work in the caller's transaction; what has been asked for by the same key is not asked for twice.

    Where the key is there, what should follow it still does: at once when it has passed, and after it when it is not
    done yet.

    Args:
        connection: In a writing transaction.
        new: The work.
        cause: The event that it is done for.
        again: Queue it anew when the job of that key was cancelled.
    """
    made = _inserted(connection, new, cause)
    if made is not None:
        return Enqueued(made, new.key)
    there = Job.of(connection.execute(select(table).where(table.c.key == new.key).with_for_update()).one())
    if there.state == "cancelled" and again:
        _renew(connection, there.id, {"payload": new.document(), "cause": cause, "priority": new.priority})
        return Enqueued(there.id, there.key, f"Job {there.id}, which was cancelled, is queued again.")
    if there.passed:
        for one in new.then:
            enqueue(connection, one, cause, again=again)
    elif there.state in {"queued", "running"}:
        _also(connection, there, new)
    return Enqueued(there.id, there.key, _found(there))


def _inserted(connection: Connection, new: NewJob, cause: int | None) -> int | None:
    at = now(connection)
    row = {
        **_FRESH, "project": new.project, "key": new.key, "kind": new.kind, "payload": new.document(), "cause": cause,
        "priority": new.priority, "run_at": at if new.run_at is None else new.run_at, "fence": 0, "created_at": at,
    }  # fmt: skip
    statement = _INSERTS[connection.dialect.name](table).values(row).on_conflict_do_nothing(index_elements=["key"])
    made: int | None = connection.execute(statement.returning(table.c.id)).scalar_one_or_none()
    return made


def _also(connection: Connection, there: Job, new: NewJob) -> None:
    known = {one.key for one in there.then}
    added = tuple(one for one in new.then if one.key not in known)
    if added:
        both = NewJob(there.project, there.key, there.kind, there.payload, then=(*there.then, *added))
        connection.execute(update(table).where(table.c.id == there.id).values(payload=both.document()))


def _found(there: Job) -> str:
    said = {
        "queued": "is queued already",
        "running": "is running already",
        "done": "was done, and passed" if there.passed else "was done, and did not pass",
        "failed": f"could not be done: {there.reason}",
        "cancelled": f"was cancelled: {there.reason}",
    }
    return f"The same work, job {there.id}, {said[there.state].rstrip('.')}."


def _renew(connection: Connection, number: int, values: dict[str, Any]) -> Job:
    fresh = {**_FRESH, "run_at": now(connection), **values}
    return Job.of(connection.execute(update(table).where(table.c.id == number).values(fresh).returning(table)).one())


def cancel(connection: Connection, number: int, reason: str) -> Job:
    """Cancel a job that waits; ask one that runs to stop; leave one that has ended as it is.

    Raises:
        NotFound: There is no such job.
    """
    waits = table.c.state == "queued"
    ended = {
        "state": case((waits, "cancelled"), else_=table.c.state), "cancel": case((waits, 0), else_=1), "reason": reason,
        "finished_at": case((waits, now(connection)), else_=null()),
    }  # fmt: skip
    open_yet = (table.c.id == number) & table.c.state.in_(("queued", "running"))
    connection.execute(update(table).where(open_yet).values(ended))
    return get(connection, number)


def retry(connection: Connection, number: int) -> Job:
    """Queue a job that failed, was cancelled, or did not pass once more, with all its attempts.

    Raises:
        NotFound: There is no such job.
        Conflict: It waits, runs, or has passed.
    """
    found = Job.of(_row(connection, number, lock=True))
    if found.state in {"queued", "running"} or found.passed:
        raise Conflict(
            f"Job {number} cannot be done again: it {'has passed' if found.passed else 'is ' + found.state}.",
            remedy="Wait for it, or cancel it first." if not found.passed else "Push another commit.",
        )
    return _renew(connection, number, {})


def supersede(connection: Connection, project: str, branch: str, wanted: Collection[str], reason: str) -> list[Job]:
    """Cancel the checks that wait for older commits of *branch*, and return them.

    Args:
        connection: In a writing transaction.
        project: Whose.
        branch: Which moved.
        wanted: The commits at which branches stand: they are checked all the same.
        reason: Why, in words.
    """
    waiting = (table.c.project == project) & (table.c.kind == "check") & (table.c.state == "queued")
    found = [Job.of(row) for row in connection.execute(select(table).where(waiting).order_by(table.c.id))]
    return [
        cancel(connection, one.id, reason)
        for one in found
        if one.payload.get("branch") == branch and one.payload.get("commit") not in wanted and not _releases(one.then)
    ]


def _releases(then: Iterable[NewJob]) -> bool:
    # Every merge to main becomes a version, however soon the next one comes.
    return any(one.kind == "release" for one in then)


def get(connection: Connection, number: int) -> Job:
    """Return a job.

    Raises:
        NotFound: There is no such job.
    """
    return Job.of(_row(connection, number))


def _row(connection: Connection, number: int, *, lock: bool = False) -> Any:
    statement = select(table).where(table.c.id == number)
    row = connection.execute(statement.with_for_update() if lock else statement).one_or_none()
    if row is None:
        raise NotFound(f"There is no job {number}.", remedy="`roadworthy jobs` lists them.")
    return row


def listed(
    connection: Connection, project: str | None = None, states: Collection[State] = (), *, before: int | None = None,
    limit: int = 50,
) -> list[Job]:  # fmt: skip
    """Return a page of jobs, the newest first: of a project, in some states, older than job *before*."""
    asked: list[ColumnElement[bool]] = [true()]
    asked += [table.c.project == project] if project is not None else []
    asked += [table.c.state.in_(states)] if states else []
    asked += [table.c.id < before] if before is not None else []
    statement = select(table).where(*asked).order_by(table.c.id.desc()).limit(limit)
    return [Job.of(row) for row in connection.execute(statement)]


def by_key(connection: Connection, keys: Collection[str]) -> dict[str, Job]:
    """Return the jobs that there are of *keys*."""
    found = (Job.of(row) for row in connection.execute(select(table).where(table.c.key.in_(keys))))
    return {one.key: one for one in found}
