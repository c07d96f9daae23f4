"""What the tests of the automation share: projects in a database, and work for them."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from sqlalchemy import insert, select, update

from roadworthy.declare.profile import Environment, Profile
from roadworthy.errors import RoadworthyError
from roadworthy.platform.automate import jobs
from roadworthy.platform.automate.job import NewJob
from roadworthy.platform.store.schema import delivery, event, job, project, ref

if TYPE_CHECKING:
    from collections.abc import Mapping

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


def profile(**said: Any) -> Profile:
    """Return a profile with a place for develop and one for main."""
    places = {"staging": Environment("develop", "auto"), "production": Environment("main", "auto")}
    return Profile("roadworthy/v1alpha1", "flights", **{"environments": places, **said})


@dataclass
class Repository:
    """A project's repository as far as its automation reads it: a dictionary of refs, and a profile."""

    heads: dict[str, str] = field(default_factory=dict)
    said: Profile | RoadworthyError = field(default_factory=profile)
    lacking: int = 0
    looks: list[str] = field(default_factory=list)

    def push(self, branch: str, commit: str | None) -> None:
        """Move a branch; None deletes it."""
        self.move(f"refs/heads/{branch}", commit)

    def move(self, ref: str, target: str | None) -> None:
        """Move a ref; None deletes it."""
        if target is None:
            self.heads.pop(ref, None)
        else:
            self.heads[ref] = target

    def refs(self) -> Mapping[str, str]:
        """Return every ref."""
        self.looks.append("refs")
        return dict(self.heads)

    def default(self) -> str:
        """Return the default branch."""
        return "main"

    def profile(self, commit: str) -> Profile:
        """Return the profile, or raise what is wrong with it."""
        self.looks.append(commit)
        if isinstance(self.said, RoadworthyError):
            raise self.said
        return self.said

    def ahead(self, commit: str, of: str) -> int:
        """Return how much is to be merged back."""
        return 0 if commit == of else self.lacking


def commit(name: object) -> str:
    """Return forty hexadecimal digits that stand for a commit."""
    return hashlib.sha1(str(name).encode("utf-8", "surrogatepass"), usedforsecurity=False).hexdigest()


def events(database: Database) -> list[dict[str, Any]]:
    """Return every event, the oldest first."""
    with database.read() as connection:
        return [dict(row) for row in connection.execute(select(event).order_by(event.c.id)).mappings()]


def all_jobs(database: Database, kind: str = "check") -> list[Job]:
    """Return the jobs of a kind, the oldest first."""
    with database.read() as connection:
        return [one for one in reversed(jobs.listed(connection, limit=10_000)) if one.kind == kind]


def kept_refs(database: Database, name: str = "flights") -> dict[str, str]:
    """Return the refs of a project as they were last reconciled."""
    with database.read() as connection:
        rows = connection.execute(select(ref.c.name, ref.c.object).where(ref.c.project == name))
        return {row.name: row.object for row in rows}


def outcome_of(database: Database, delivery_number: int) -> str | None:
    """Return what came of a delivery."""
    with database.read() as connection:
        asked = select(delivery.c.outcome).where(delivery.c.id == delivery_number)
        outcome: str | None = connection.execute(asked).scalar_one()
    return outcome
