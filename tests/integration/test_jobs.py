"""The queue, on SQLite and on PostgreSQL: each job is done once, by one, in turn."""

from __future__ import annotations

import threading
from collections import Counter
from typing import TYPE_CHECKING

import pytest

from automated import ask, found, let_time_pass, make_projects, work
from roadworthy.errors import Conflict, NotFound
from roadworthy.platform.automate import jobs
from roadworthy.platform.automate.lease import (
    ATTEMPTS,
    backoff,
    claim,
    complete,
    fail,
    give_back,
    heartbeat,
    held,
    stopped,
    sweep,
)

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.platform.automate.job import Job
    from roadworthy.platform.store.database import Database

CLAIMERS, MANY = 32, 200


@pytest.fixture(autouse=True)
def _projects(database: Database) -> None:
    make_projects(database, "flights", "sales")


def taken(database: Database, owner: str = "runner", seconds: float = 60) -> Job:
    """Return a job that was claimed."""
    one = claim(database, owner, ["check", "release", "deploy"], seconds)
    assert one is not None
    return one


def passed(database: Database, one: Job) -> Job:
    """Say that a claimed job passed."""
    with database.write() as connection:
        return complete(connection, one.id, one.fence, "passed", {"run": "blake3:1"})


def at_once(number: int, act: Callable[[int], None]) -> list[BaseException]:
    """Act in so many threads, and return what went wrong."""
    faults: list[BaseException] = []

    def run(which: int) -> None:
        try:
            act(which)
        except BaseException as fault:  # noqa: BLE001 - told to the test
            faults.append(fault)

    threads = [threading.Thread(target=run, args=(which,)) for which in range(number)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return faults


def test_a_job_goes_from_asked_for_to_done(database: Database) -> None:
    """It is claimed with its payload, and keeps what came of it."""
    (number,) = ask(database, work("a", payload={"commit": "c", "n": [1]}))
    one = taken(database)
    passed(database, one)

    assert (one.id, one.state, one.fence, one.attempts, one.owner) == (number, "running", 1, 1, "runner")
    assert one.payload == {"commit": "c", "n": [1]}
    assert found(database, number).passed
    assert found(database, number).result == {"run": "blake3:1", "outcome": "passed"}
    assert claim(database, "runner", ["check"], 60) is None


def test_many_claimers_do_each_job_once(database: Database) -> None:
    """Thirty-two claim two hundred jobs at once: none is lost, and none is done twice."""
    numbers = ask(database, *(work(f"k{n}", ["flights", "sales"][n % 2]) for n in range(MANY)))
    done: list[int] = []

    def act(which: int) -> None:
        while (one := claim(database, f"runner {which}", ["check"], 60)) is not None:
            passed(database, one)
            done.append(one.id)

    assert at_once(CLAIMERS, act) == []
    assert sorted(done) == sorted(numbers)
    assert {found(database, number).fence for number in numbers} == {1}


def test_everything_that_a_stalled_runner_says_late_is_refused(database: Database) -> None:
    """Two hundred jobs were claimed again meanwhile: each late word is a conflict, and changes nothing."""
    ask(database, *(work(f"k{n}") for n in range(MANY)))
    stalled = [taken(database, "stalled") for _ in range(MANY)]
    let_time_pass(database, 61)
    second = {one.id: one for one in (taken(database, "second") for _ in range(MANY))}

    refused = 0
    for one in stalled:
        for late in (
            lambda one=one: passed(database, one),
            lambda one=one: heartbeat(database, one.id, one.fence, 60),
            lambda one=one: fail(database, one.id, one.fence, "late"),
        ):
            with pytest.raises(Conflict, match="claimed again since"):
                late()
        refused += 1
    assert refused == MANY
    assert all(found(database, number) == one and one.fence == 2 for number, one in second.items())


def test_a_late_word_is_refused_even_when_nobody_else_took_the_job(database: Database) -> None:
    """Whoever was silent beyond the lease has lost the job."""
    ask(database, work("a"))
    one = taken(database)
    let_time_pass(database, 61)

    with pytest.raises(Conflict, match="lease has run out"):
        passed(database, one)
    with pytest.raises(Conflict, match="lease has run out"), database.write() as connection:
        held(connection, one.id, one.fence)
    assert taken(database).fence == 2


def test_a_heartbeat_keeps_a_job(database: Database) -> None:
    """It lasts another lease, and nobody else is given the job."""
    ask(database, work("a"))
    one = taken(database)
    let_time_pass(database, 50)
    asked = heartbeat(database, one.id, one.fence, 60)
    let_time_pass(database, 50)

    assert not asked
    assert claim(database, "other", ["check"], 60) is None
    assert passed(database, one).passed


def test_after_a_restart_what_was_held_is_claimed_again_at_once(database: Database) -> None:
    """Whoever held it ended with the server, and would be refused."""
    ask(database, work("a"))
    one = taken(database)
    with pytest.raises(Conflict):
        give_back(database) and heartbeat(database, one.id, one.fence, 60)

    assert taken(database, "other").fence == one.fence + 1
    assert give_back(database) == 1


def test_a_job_whose_claimer_died_is_claimed_again_with_a_higher_fence(database: Database) -> None:
    """After its lease, and not before."""
    ask(database, work("a"))
    first = taken(database)
    assert claim(database, "second", ["check"], 60) is None

    let_time_pass(database, 61)
    assert (again := taken(database, "second")).fence == first.fence + 1
    assert again.attempts == 2


def test_a_job_that_kills_whoever_does_it_is_left_in_the_end(database: Database) -> None:
    """It is not claimed for ever, and says why."""
    (number,) = ask(database, work("a"))
    for _ in range(ATTEMPTS):
        taken(database)
        assert sweep(database) == []
        let_time_pass(database, 61)

    assert claim(database, "runner", ["check"], 60) is None
    assert [one.id for one in sweep(database)] == [number]
    assert found(database, number).state == "failed"
    assert "fell silent" in (found(database, number).reason or "")


@pytest.mark.parametrize("runners", [1, 4])
def test_a_project_with_a_thousand_jobs_does_not_starve_another(database: Database, runners: int) -> None:
    """Who has fewer running, or was served longer ago, comes first; priorities count inside a project."""
    ask(database, *(work(f"k{n}", priority=9) for n in range(1000)))
    ask(database, *(work(f"s{n}", "sales") for n in range(5)))
    working: list[Job] = []
    order = []
    for _ in range(10):
        if len(working) == runners:
            passed(database, working.pop(0))
        working.append(taken(database))
        order.append(working[-1].project)
        let_time_pass(database, 1)

    assert Counter(order) == {"flights": 5, "sales": 5}


def test_inside_a_project_priority_comes_before_age(database: Database) -> None:
    """A fix for production does not wait for every feature."""
    ask(database, work("old"), work("new"), work("urgent", priority=5))

    assert [taken(database).key for _ in range(3)] == ["urgent", "old", "new"]


def test_only_what_the_claimer_can_do_is_given_out(database: Database) -> None:
    """A runner never takes a deployment."""
    ask(database, work("a", kind="deploy"))

    assert claim(database, "runner", ["check"], 60) is None
    assert claim(database, "server", ["apply", "deploy"], 60) is not None


def test_a_job_for_later_waits(database: Database) -> None:
    """It is claimed when its time has come."""
    ask(database, work("a", run_at=4_000_000_000_000))

    assert claim(database, "runner", ["check"], 60) is None
    let_time_pass(database, 4_000_000_000)
    assert taken(database).key == "a"


def test_what_could_not_be_done_is_tried_again_ever_later_and_then_left(database: Database) -> None:
    """Each wait is twice as long; the reason is kept."""
    (number,) = ask(database, work("a"))
    for attempt in range(1, ATTEMPTS + 1):
        one = taken(database)
        after = fail(database, one.id, one.fence, "no room on the disk")
        assert claim(database, "runner", ["check"], 60) is None
        let_time_pass(database, backoff(attempt) - 2)
        assert claim(database, "runner", ["check"], 60) is None
        let_time_pass(database, 3)

    assert after.state == "failed"
    assert after.reason == "Left after 5 attempts: no room on the disk"
    assert [backoff(attempt) for attempt in (1, 2, 3, 99)] == [10, 20, 40, 3600]
    with database.write() as connection:
        assert jobs.retry(connection, number).attempts == 0
    assert taken(database).fence == ATTEMPTS + 1


def test_what_no_attempt_can_help_is_left_at_once(database: Database) -> None:
    """A file with faults has them the next time too."""
    ask(database, work("a"))
    one = taken(database)

    assert fail(database, one.id, one.fence, "profile.yaml has faults", again=False).state == "failed"


def test_a_waiting_job_is_cancelled_at_once(database: Database) -> None:
    """It is never claimed, and says why."""
    (number,) = ask(database, work("a"))
    with database.write() as connection:
        after = jobs.cancel(connection, number, "ada does not need it")

    assert (after.state, after.reason) == ("cancelled", "ada does not need it")
    assert claim(database, "runner", ["check"], 60) is None


def test_a_running_job_is_asked_to_stop(database: Database) -> None:
    """Its heartbeat says so; when it stopped, or fell silent, it is cancelled and not claimed again."""
    first, second = ask(database, work("a"), work("b"))
    one = taken(database)
    taken(database)
    with database.write() as connection:
        for number in (first, second):
            jobs.cancel(connection, number, "ada does not need it")

    assert heartbeat(database, one.id, one.fence, 60)
    assert stopped(database, one.id, one.fence).state == "cancelled"
    let_time_pass(database, 61)
    assert claim(database, "runner", ["check"], 60) is None
    assert [(other.id, other.state) for other in sweep(database)] == [(second, "cancelled")]
    assert found(database, second).reason == "ada does not need it"


def test_a_job_that_has_ended_cannot_be_ended_again(database: Database) -> None:
    """Neither by the same runner, nor by cancelling."""
    (number,) = ask(database, work("a"))
    one = taken(database)
    passed(database, one)

    with pytest.raises(Conflict, match="it is done"):
        passed(database, one)
    with database.write() as connection:
        assert jobs.cancel(connection, number, "late").state == "done"
    with pytest.raises(Conflict, match="has passed"), database.write() as connection:
        jobs.retry(connection, number)


def test_a_key_is_queued_once(database: Database) -> None:
    """Asked for by many at once, or again later: it is one job, and who asks is told."""

    def act(_: int) -> None:
        ask(database, work("a"))

    assert at_once(8, act) == []
    with database.write() as connection:
        told = jobs.enqueue(connection, work("a"))
        assert len(jobs.listed(connection)) == 1
    assert "is queued already" in told.note


def test_what_follows_is_asked_for_when_the_first_has_passed(database: Database) -> None:
    """A version is made after the check, and deployed after that: each in the transaction that ends the one before."""
    deploy = work("deploy", kind="deploy")
    ask(database, work("check", then=(work("release", kind="release", then=(deploy,)),)))

    order = []
    for _ in range(3):
        one = taken(database)
        order.append(one.key)
        assert claim(database, "other", ["check", "release", "deploy"], 60) is None
        passed(database, one)
    assert order == ["check", "release", "deploy"]


def test_nothing_follows_what_did_not_pass(database: Database) -> None:
    """A gate that says no ends it."""
    ask(database, work("check", then=(work("release", kind="release"),)))
    one = taken(database)
    with database.write() as connection:
        ended = complete(connection, one.id, one.fence, "failed")

    assert (ended.state, ended.passed) == ("done", False)
    assert claim(database, "runner", ["release"], 60) is None


def test_what_follows_later_is_not_forgotten_where_the_work_is_there(database: Database) -> None:
    """Asked for with another consequence, a job has both; when it had passed, the consequence is at once."""
    ask(database, work("check", then=(work("one"),)), work("check", then=(work("two"),)))
    passed(database, taken(database))
    ask(database, work("check", then=(work("three"),)))

    assert sorted(taken(database).key for _ in range(3)) == ["one", "three", "two"]


def test_a_newer_push_cancels_the_checks_that_wait(database: Database) -> None:
    """Of that branch, of commits where no branch stands, and never of what becomes a version."""
    asked = [
        work("old", payload={"branch": "feature/x", "commit": "old"}),
        work("elsewhere", payload={"branch": "feature/x", "commit": "elsewhere"}),
        work("other", payload={"branch": "feature/y", "commit": "other"}),
        work("version", payload={"branch": "feature/x", "commit": "v"}, then=(work("r", kind="release"),)),
    ]
    ask(database, *asked)
    with database.write() as connection:
        cancelled = jobs.supersede(connection, "flights", "feature/x", {"elsewhere"}, "feature/x was pushed again.")

    assert [(one.key, one.reason) for one in cancelled] == [("old", "feature/x was pushed again.")]


def test_a_cancelled_job_is_queued_again_when_its_commit_comes_back(database: Database) -> None:
    """Only where that is asked for: a schedule does not undo what a person cancelled."""
    (number,) = ask(database, work("a"))
    with database.write() as connection:
        jobs.cancel(connection, number, "superseded")
        assert "was cancelled" in jobs.enqueue(connection, work("a")).note
        assert jobs.get(connection, number).state == "cancelled"
        assert "queued again" in jobs.enqueue(connection, work("a"), again=True).note

    assert taken(database).id == number


def test_jobs_are_listed_a_page_at_a_time(database: Database) -> None:
    """The newest first; by project and state."""
    numbers = ask(database, *(work(f"k{n}") for n in range(5)), work("s", "sales"))
    with database.read() as connection:
        first = jobs.listed(connection, "flights", limit=2)
        second = jobs.listed(connection, "flights", ["queued"], before=first[-1].id, limit=2)
        none = jobs.listed(connection, states=["done"])
        with pytest.raises(NotFound):
            jobs.get(connection, 999)

    assert [one.id for one in (*first, *second)] == [numbers[4], numbers[3], numbers[2], numbers[1]]
    assert none == []
