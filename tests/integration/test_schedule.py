"""A schedule's work is asked for once for each time that came, and once for all that were missed."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select

from automated import all_jobs, events, make_projects
from roadworthy.errors import NotFound
from roadworthy.platform.automate import jobs
from roadworthy.platform.automate.schedule import Timed, due, last_due
from roadworthy.platform.store.schema import job

if TYPE_CHECKING:
    from roadworthy.platform.store.database import Database


@pytest.fixture(autouse=True)
def _projects(database: Database) -> None:
    make_projects(database, "flights")


def ask_for(database: Database, schedule: str, since: int = 0) -> list[int]:
    """Ask for what is due of one schedule."""
    with database.write() as connection:
        return due(connection, "flights", [Timed("retrain", schedule, "train", {"base": "production"}, since)])


def test_what_was_missed_is_due_once_and_explained(database: Database) -> None:
    """However many hours the platform was down: the latest time alone, and no second time."""
    (number,) = ask_for(database, "0 * * * * Europe/Stockholm")
    assert ask_for(database, "0 * * * * Europe/Stockholm") in ([], [number + 1])  # when the hour just ended

    one, *_ = all_jobs(database, "train")
    last = last_due(datetime.now(UTC), "0 * * * *")
    assert last is not None
    assert one.payload["base"] == "production"
    assert last - datetime.fromisoformat(one.payload["due"]) <= timedelta(hours=1)
    assert events(database)[0]["kind"] == "schedule"
    assert "was due at" in events(database)[0]["outcome"][0]["why"]
    assert one.cause == number


def test_times_before_the_schedule_held_are_not_due(database: Database) -> None:
    """A schedule that was written today has missed nothing."""
    with database.read() as connection:
        assert connection.execute(select(job)).all() == []
    now = datetime.now(UTC).timestamp() * 1000

    assert ask_for(database, "0 0 1 1 *", since=round(now)) == []


def test_a_scheduled_job_that_was_cancelled_stays_so(database: Database) -> None:
    """Looking again does not undo what a person did."""
    ask_for(database, "0 0 1 1 *")
    (one,) = all_jobs(database, "train")
    with database.write() as connection:
        jobs.cancel(connection, one.id, "not this time")

    assert ask_for(database, "0 0 1 1 *") == []
    assert all_jobs(database, "train")[0].state == "cancelled"


def test_a_project_that_is_gone_has_no_schedule(database: Database) -> None:
    """It is told."""
    with pytest.raises(NotFound), database.write() as connection:
        due(connection, "sales", [])
