"""What the tests of the automation share: projects in a database, and work for them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, update

from roadworthy.platform.automate import jobs
from roadworthy.platform.automate.job import NewJob
from roadworthy.platform.store.schema import job, project

if TYPE_CHECKING:
    from roadworthy.platform.automate.job import Job
    from roadworthy.platform.store.database import Database


def make_projects(database: Database, *names: str) -> None:
    """Make projects."""
    with database.write() as connection:
        for name in names:
            connection.execute(insert(project).values(name=name, state="active", created_at=1, record="blake3:0"))


def work(key: str, project: str = "flights", **more: Any) -> NewJob:
    """Return work that is asked for."""
    return NewJob(project, key, **{"kind": "check", "payload": {"commit": key}, **more})


def ask(database: Database, *new: NewJob) -> list[int]:
    """Ask for work, and return the numbers of its jobs."""
    with database.write() as connection:
        return [jobs.enqueue(connection, one).id for one in new]


def found(database: Database, number: int) -> Job:
    """Return a job as it stands."""
    with database.read() as connection:
        return jobs.get(connection, number)


def let_time_pass(database: Database, seconds: float) -> None:
    """Move every moment of the queue so far into the past."""
    ago = round(seconds * 1000)
    with database.write() as connection:
        connection.execute(update(job).values(run_at=job.c.run_at - ago, lease_until=job.c.lease_until - ago))
