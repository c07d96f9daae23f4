"""Every delivery and every event says what happened, or why nothing did."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import delete

from automated import Repository, commit, events, let_time_pass, make_projects, outcome_of
from roadworthy.errors import NotFound
from roadworthy.platform.automate.deliver import deliver
from roadworthy.platform.automate.explain import delivered, explain_delivery, explain_event, listed, replay, text
from roadworthy.platform.automate.lease import claim, complete, fail
from roadworthy.platform.automate.reconcile import reconcile
from roadworthy.platform.store.schema import job

if TYPE_CHECKING:
    from roadworthy.platform.store.database import Database

A = commit("a")


@pytest.fixture
def repository(database: Database) -> Repository:
    """Give a repository of a project, with a delivery that told of its main branch."""
    make_projects(database, "flights")
    deliver(database, "flights", "hook", {"actor": "ada", "updates": [{"ref": "refs/heads/main", "after": A}]})
    return Repository({"refs/heads/main": A, "refs/heads/develop": A, "refs/heads/wind": A})


def explained(database: Database, number: int) -> str:
    """Return an event, explained for people."""
    with database.read() as connection:
        return text(explain_event(connection, number))


def test_an_event_tells_how_its_jobs_stand_now(database: Database, repository: Repository) -> None:
    """What waits says for what; what did not pass says that nothing follows."""
    number, *_ = reconcile(database, "flights", repository)
    before = explained(database, number)
    one = claim(database, "runner", ["check"], 60)
    assert one is not None
    fail(database, one.id, one.fence, "no room on the disk")
    after_failure = explained(database, number)
    let_time_pass(database, 20)
    again = claim(database, "runner", ["check"], 60)
    assert again is not None
    with database.write() as connection:
        complete(connection, again.id, again.fence, "failed")
    after = explained(database, number)

    assert f"Event {number}: create of refs/heads/main by ada (nothing → {A[:12]})" in before
    assert f"+ make a version of {A[:12]}: waits for job {one.id}, which is queued." in before
    assert "is queued: Tried again after 10 s: no room on the disk." in after_failure
    assert f"check {A[:12]} against main (gates): job {one.id} is done, and did not pass: nothing follows" in after


def test_every_delivery_is_listed_with_what_came_of_it(database: Database, repository: Repository) -> None:
    """Also one that told nothing new, and one that waits; those of other projects are not."""
    make_projects(database, "trains")
    reconcile(database, "flights", repository)
    deliver(database, "flights", "sweep", None)
    reconcile(database, "flights", repository)
    deliver(database, "trains", "hook", {"actor": "otto"})
    deliver(database, "flights", "manual", {"actor": "mona"})
    with database.read() as connection:
        found = delivered(connection, "flights")
        older = delivered(connection, "flights", before=found[1]["delivery"])
    waits, swept, pushed = (text(one) for one in found)

    assert "told by manual by mona" in waits
    assert "It waits to be reconciled" in waits
    assert "nothing had changed: every ref is where it was." in swept
    assert "told by hook by ada" in pushed
    assert "refs/heads/main is at" in pushed
    assert older == found[2:]


def test_an_event_about_which_nothing_is_done_says_what_would_change_that(
    database: Database, repository: Repository
) -> None:
    """The reason, and below it the fix."""
    number = reconcile(database, "flights", repository)[-1]

    assert "no delivery told of it" in explained(database, number)
    assert "- Gitflow has no branch such as wind.\n    Rename it: `git branch -m feature/wind`" in explained(
        database, number
    )


def test_a_delivery_tells_what_came_of_it(database: Database, repository: Repository) -> None:
    """First that it waits; then its outcome and its events, as text and as data."""
    with database.read() as connection:
        assert "It waits to be reconciled" in text(explain_delivery(connection, 1))
    number, *_ = reconcile(database, "flights", repository)
    with database.read() as connection:
        found = explain_delivery(connection, 1)

    assert [one["event"] for one in found["events"]] == [number]
    assert json.loads(json.dumps(found)) == found
    assert text(found).startswith("Delivery 1 of flights: told by hook by ada, 20")
    assert f"  Event {number}: create of refs/heads/main" in text(found)


def test_a_replay_does_what_was_missed_and_nothing_twice(database: Database, repository: Repository) -> None:
    """It is a delivery of its own, marked as such."""
    reconcile(database, "flights", repository)
    before = len(events(database))
    idle = replay(database, 1, repository, "bob")
    repository.push("feature/x", commit("x"))
    busy = replay(database, 1, repository, "bob")

    assert idle.events == ()
    assert outcome_of(database, idle.delivery) == (
        f"Replay of delivery 1: nothing had changed: refs/heads/main is at {A[:12]} already."
    )
    assert len(busy.events) == 1
    assert len(events(database)) == before + 1
    with database.read() as connection:
        assert explain_delivery(connection, busy.delivery)["replay_of"] == 1


def test_events_are_listed_a_page_at_a_time(database: Database, repository: Repository) -> None:
    """The newest first."""
    numbers = reconcile(database, "flights", repository)
    with database.read() as connection:
        first = listed(connection, "flights", limit=2)
        second = listed(connection, "flights", before=first[-1]["event"], limit=2)

    assert [one["event"] for one in (*first, *second)] == numbers[::-1]


def test_a_job_that_is_not_kept_any_more_is_told(database: Database, repository: Repository) -> None:
    """Jobs are traces and may be lost; an event still reads."""
    number, *_ = reconcile(database, "flights", repository)
    with database.write() as connection:
        connection.execute(delete(job))

    assert "its job is not kept any more" in explained(database, number)


def test_what_is_not_there_is_told(database: Database) -> None:
    """With where to look."""
    with database.read() as connection:
        with pytest.raises(NotFound, match="no event 9"):
            explain_event(connection, 9)
        with pytest.raises(NotFound, match="no delivery 9"):
            explain_delivery(connection, 9)
