"""Killed at any statement, the automation leaves all of a step or nothing, and the next look does the rest."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import event, update

from automated import all_jobs, ask, events, found, kept_refs, let_time_pass, make_projects, work
from killed_reconcile import repository
from roadworthy.platform.automate.deliver import deliver
from roadworthy.platform.automate.lease import claim
from roadworthy.platform.automate.reconcile import reconcile
from roadworthy.platform.store.schema import job

if TYPE_CHECKING:
    from roadworthy.platform.store.database import Database

SCRIPT = Path(__file__).parents[1] / "killed_reconcile.py"
STEP = 7  # a process takes half a second: every seventh statement, and the last ones, tell enough


class Stopped(Exception):
    """Raised in the middle."""


def state(database: Database) -> tuple[int, int, int]:
    """Return how many events, jobs and refs are kept."""
    return (
        len(events(database)),
        sum(len(all_jobs(database, kind)) for kind in ("check", "apply")),
        len(kept_refs(database)),
    )


def killed(url: str, what: str, number: int) -> bool:
    """Do *what* in a process that is killed at its statement *number*; return whether it came so far."""
    environment = {**os.environ, "PYTHONPATH": str(SCRIPT.parent)}
    done = subprocess.run([sys.executable, SCRIPT, url, what, str(number)], env=environment, check=False)
    assert done.returncode in {0, -signal.SIGKILL}
    return done.returncode != 0


@pytest.fixture(autouse=True)
def _projects(database: Database) -> None:
    make_projects(database, "flights")


WHOLE = (5, 4, 5)  # the events, jobs and refs of the killed repository


def test_a_reconciling_that_is_killed_leaves_nothing_half_done(database: Database, database_url: str) -> None:
    """Before the commit there is nothing, after it everything."""
    number, seen = 1, set()
    while killed(database_url, "reconcile", number):
        seen.add(state(database))
        number += STEP

    assert seen == {(0, 0, 0)}
    assert state(database) == WHOLE
    assert reconcile(database, "flights", repository()) == []


def test_a_reconciling_that_fails_at_any_statement_leaves_nothing_half_done(database: Database) -> None:
    """It raises, keeps nothing, and the next one does all of it, the delivery too."""
    waits = deliver(database, "flights", "start", {})
    seen, number, stop_at = set(), 0, 1

    def count(*_: object) -> None:
        nonlocal number
        number += 1
        if number == stop_at:
            raise Stopped

    event.listen(database.engine, "before_cursor_execute", count)
    while True:
        number = 0
        try:
            reconcile(database, "flights", repository())
        except Stopped:
            stop_at, number = stop_at + 1, -1000
            seen.add(state(database))
        else:
            break
    event.remove(database.engine, "before_cursor_execute", count)

    assert stop_at > 40
    assert seen == {(0, 0, 0)}
    assert state(database) == WHOLE
    assert all(one["delivery"] == waits for one in events(database))


def test_a_runner_that_is_killed_loses_the_job_and_nothing_else(database: Database, database_url: str) -> None:
    """Killed after the claim, the job is claimed again with a higher fence; what follows is asked for once."""
    (number,) = ask(database, work("check", then=(work("release", kind="release"),)))
    fences, at = [], 1
    while killed(database_url, "claim", at):
        fences.append(found(database, number).fence)
        assert all_jobs(database, "release") == []
        at += 1
        let_time_pass(database, 61)
        with database.write() as connection:
            connection.execute(update(job).values(attempts=0))  # it dies oftener here than it may

    assert fences == sorted(fences)
    assert 1 in fences
    assert found(database, number).passed
    assert found(database, number).fence > fences[-1] >= 1
    assert claim(database, "next", ["release"], 60) is not None
