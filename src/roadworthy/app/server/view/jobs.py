"""Jobs: those of a project or of several, one of them, its log; and the little that is asked of them."""

from __future__ import annotations

import os
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from sqlalchemy import select

from roadworthy.errors import NotFound
from roadworthy.platform.automate import jobs as queue
from roadworthy.platform.automate.job import Job
from roadworthy.platform.identity.audit import Entry
from roadworthy.platform.store.schema import job as table

if TYPE_CHECKING:
    from collections.abc import Collection

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.automate.job import State

Json = dict[str, Any]
PAGE = 50
_SHOWN = (
    "id", "project", "kind", "state", "passed", "payload", "cause", "attempts", "owner", "result", "reason",
    "created_at", "finished_at",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Filter:
    """Which jobs are wanted: in some states, all when none is named; only those older than job *before*."""

    states: tuple[State, ...] = ()
    before: int | None = None


def jobs(platform: Platform, name: str, wanted: Filter | None = None) -> list[Json]:
    """Return a page of the jobs of a project, the newest first."""
    platform.known(name)
    return across(platform, (name,), wanted)


def across(platform: Platform, names: Collection[str], wanted: Filter | None = None) -> list[Json]:
    """Return a page of the jobs of some projects, the newest first."""
    wanted = wanted or Filter()
    asked = select(table).where(table.c.project.in_(names)).order_by(table.c.id.desc()).limit(PAGE)
    if wanted.states:
        asked = asked.where(table.c.state.in_(wanted.states))
    if wanted.before is not None:
        asked = asked.where(table.c.id < wanted.before)
    with platform.database.read() as connection:
        return [as_json(Job.of(row)) for row in connection.execute(asked)]


def job(platform: Platform, name: str, number: int) -> Json:
    """Return a job of a project.

    Raises:
        NotFound: It has none of that number.
    """
    return as_json(found(platform, name, number))


def found(platform: Platform, name: str, number: int) -> Job:
    """Return a job of a project, as the queue has it.

    Raises:
        NotFound: It has none of that number.
    """
    with platform.database.read() as connection:
        one = queue.get(connection, number)
    if one.project != name:
        raise NotFound(f"{name} has no job {one.id}.", remedy="`roadworthy jobs` lists them.")
    return one


def log(platform: Platform, name: str, number: int, offset: int) -> bytes:
    """Return what a job of a project printed, from *offset* on.

    Raises:
        NotFound: It has none of that number.
    """
    found(platform, name, number)
    return read_log(platform, number, offset)


def read_log(platform: Platform, number: int, offset: int, most: int = -1) -> bytes:
    """Return at most *most* bytes of what a job printed, from *offset* on; all of them when it is negative."""
    try:
        with platform.home.job_log(number).open("rb") as file:
            file.seek(min(offset, os.fstat(file.fileno()).st_size))  # beyond what a file can be, nothing can be sought
            return file.read(most)
    except FileNotFoundError:
        return b""


def cancel(platform: Platform, name: str, number: int, actor: str) -> Json:
    """Cancel a job of a project."""
    found(platform, name, number)
    with platform.database.write() as connection:
        one = queue.cancel(connection, number, f"{actor} cancelled it.")
        platform.audit.state(connection, Entry(actor, "job.cancel", str(number), name))
    return as_json(one)


def retry(platform: Platform, name: str, number: int, actor: str) -> Json:
    """Queue a job of a project once more.

    Raises:
        Conflict: It waits, runs or has passed.
    """
    found(platform, name, number)
    with platform.database.write() as connection:
        one = queue.retry(connection, number)
        platform.audit.state(connection, Entry(actor, "job.retry", str(number), name))
    platform.wake.set()
    return as_json(one)


def as_json(one: Job) -> Json:
    """Return a job as the API gives it."""
    return {name: getattr(one, name) for name in _SHOWN}
