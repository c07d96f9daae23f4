"""Runners that stall or die in the middle of a job: another does it, and nothing that comes late is taken."""

from __future__ import annotations

import os
import signal
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

import quick_project
from automated import let_time_pass
from platform_world import until
from roadworthy.app.runner.client import Server, Work
from roadworthy.app.server.children.processes import Program
from roadworthy.app.server.children.runners import programs
from roadworthy.app.server.loop import look
from roadworthy.errors import Conflict
from roadworthy.platform.automate import jobs
from roadworthy.platform.automate.job import NewJob
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.automate.job import Job

LEASE = 4.0  # seconds: a busy machine must be able to keep it up
STALLED = 20
PROJECT = "flights"


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a platform with short leases, and no runner yet."""
    with World.open(tmp_path, lease=LEASE) as opened:
        yield opened


@pytest.fixture
def platform(world: World) -> Platform:
    """Give what is served."""
    found: Platform = world.app.state.services.platform
    return found


def pushed(platform: Platform, folder: Path, slope: float) -> int:
    """Push a commit with another slope to main, and return the number of its check."""
    place = str(platform.forge.path(PROJECT))
    if not folder.is_dir():
        subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    for name, text in quick_project.files(PROJECT, slope).items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_text(text, encoding="utf-8")
    for command in (["add", "."], ["commit", "-q", "-m", f"Slope {slope}"], ["push", "-q", place, "main"]):
        subprocess.run(["git", *command], cwd=folder, check=True)
    look(platform, PROJECT)
    with platform.database.read() as connection:
        return next(one.id for one in jobs.listed(connection, PROJECT) if one.kind == "check")


def hire(world: World, platform: Platform, number: int) -> int:
    """Have runner *number* work, and return its process."""
    *_, program = programs(platform.home, world.runner, world.url, number)
    platform.processes.want(program)
    until(lambda: program.name in platform.processes.running(), f"{program.name} to run")
    return platform.processes.running()[program.name]


def job(platform: Platform, number: int) -> Job:
    """Return a job as it stands."""
    with platform.database.read() as connection:
        return jobs.get(connection, number)


def printed(platform: Platform, number: int) -> str:
    """Return what a job printed so far."""
    place = platform.home.job_log(number)
    return place.read_text(encoding="utf-8") if place.exists() else ""


def verdicts(platform: Platform) -> list[Any]:
    """Return what was stated of checks."""
    return [record.body["commit"] for _, record in platform.home.ledger(PROJECT, "test").records.all("check")]


@pytest.mark.slow
def test_a_stalled_runner_loses_its_job_to_another(world: World, platform: Platform, tmp_path: Path) -> None:
    """What it says when it goes on is refused, the verdict is stated once, and it takes the next job."""
    number = pushed(platform, tmp_path / "tree", 1.0)
    stalled = hire(world, platform, 1)
    until(lambda: "$ roadworthy run" in printed(platform, number), "the check to begin")
    os.kill(stalled, signal.SIGSTOP)
    hire(world, platform, 2)
    until(lambda: job(platform, number).state == "done", "another to do it")
    done, log = job(platform, number), printed(platform, number)
    platform.processes.drop("runner-2")
    os.kill(stalled, signal.SIGCONT)
    then = pushed(platform, tmp_path / "tree", 0.9)
    until(lambda: job(platform, then).state == "done", "the one that was stalled to do the next")

    assert (done.owner, done.fence, done.passed) == ("runner-2", 2, True)
    assert job(platform, number) == done
    assert printed(platform, number) == log
    assert (job(platform, then).owner, job(platform, then).passed) == ("runner-1", True)
    assert sorted(verdicts(platform)) == sorted(job(platform, one).payload["commit"] for one in (number, then))


@pytest.mark.slow
def test_a_killed_runner_does_no_harm(world: World, platform: Platform, tmp_path: Path) -> None:
    """What it had started may end as it likes: the job is done in a checkout of its own, and the old one is whole."""
    number = pushed(platform, tmp_path / "tree", 1.0)
    killed = hire(world, platform, 1)
    until(lambda: "$ roadworthy run" in printed(platform, number), "the check to begin")
    os.kill(killed, signal.SIGKILL)
    until(lambda: job(platform, number).state == "done", "the next runner to do it")
    done = job(platform, number)
    then = pushed(platform, tmp_path / "tree", 0.9)
    until(lambda: job(platform, then).state == "done", "the next job to be done")
    checkouts = [place.parent for place in platform.home.work.glob(f"{PROJECT}/*/*/.git")]

    assert (done.fence, done.passed, job(platform, then).passed) == (2, True, True)
    assert platform.processes.running()["runner-1"] != killed
    assert checkouts
    for place in checkouts:
        assert subprocess.run(["git", "fsck", "--strict"], cwd=place, check=False, capture_output=True).returncode == 0
    assert len(verdicts(platform)) == 2


def test_a_killed_runner_gives_its_job_back_at_once(tmp_path: Path) -> None:
    """The server sees its child end, and does not wait for the lease; what the dead one would say is refused."""
    with World.open(tmp_path, lease=600) as world:
        platform: Platform = world.app.state.services.platform
        with platform.database.write() as connection:
            number = jobs.enqueue(connection, NewJob(PROJECT, "check", "check", {"commit": "0" * 40, "branch": "x"})).id
        name, server = "runner-1", Server(world.url, world.runner.reveal())
        sleeps = Program(name, ["sleep", "600"], tmp_path, {"PATH": os.environ["PATH"]}, tmp_path / "log")
        platform.processes.want(sleeps)
        until(lambda: name in platform.processes.running(), "it to run")
        held, other = _claimed(server, name), server.claim("runner-2", ["check"])
        os.kill(platform.processes.running()[name], signal.SIGKILL)
        given: list[Work] = []

        def is_given() -> bool:
            given.extend(filter(None, [server.claim("runner-2", ["check"])]))
            return bool(given)

        until(is_given, "it to be given on")
        refused = _refused(server, held)

    assert other is None
    assert [(one.id, one.fence) for one in given] == [(number, held.fence + 1)]
    assert refused == 3


def test_everything_that_a_stalled_runner_says_late_is_refused(world: World, platform: Platform) -> None:
    """Of many jobs, each given to another meanwhile: no beat, no line of a log and no result is taken."""
    with platform.database.write() as connection:
        for number in range(STALLED):
            jobs.enqueue(connection, NewJob(PROJECT, f"check {number}", "check", {"commit": f"{number:040}"}))
    server = Server(world.url, world.runner.reveal())
    first = [_claimed(server, "stalled") for _ in range(STALLED)]
    let_time_pass(platform.database, LEASE + 1)
    second = [_claimed(server, "other") for _ in range(STALLED)]
    for work in second:
        server.log(work, 0, "mine\n")
    refused = sum(_refused(server, work) for work in first)

    assert {(one.id, one.fence) for one in second} == {(one.id, one.fence + 1) for one in first}
    assert refused == 3 * STALLED
    assert {printed(platform, one.id) for one in second} == {"mine\n"}
    assert {(job(platform, one.id).state, job(platform, one.id).owner) for one in second} == {("running", "other")}


def test_a_result_that_is_handed_in_twice_is_taken_once(world: World, platform: Platform) -> None:
    """The answer to the first may have been lost on the way: the second is refused, and changes nothing."""
    with platform.database.write() as connection:
        number = jobs.enqueue(connection, NewJob(PROJECT, "check", "check", {"commit": "0" * 40})).id
    server = Server(world.url, world.runner.reveal())
    work = _claimed(server, "one")
    result = {"outcome": "error", "summary": "It broke.", "ours": True}
    server.complete(work, result)
    done = job(platform, number)

    with pytest.raises(Conflict, match="not held"):
        server.complete(work, {**result, "summary": "It broke again."})
    assert job(platform, number) == done
    assert done.state == "failed"


def _claimed(server: Server, owner: str) -> Work:
    work = server.claim(owner, ["check"])
    assert work is not None
    return work


def _refused(server: Server, work: Work) -> int:
    """Say everything that a runner says, and return how much of it was refused."""
    refused = 0
    for say in (
        lambda: server.beat(work),
        lambda: server.log(work, 0, "late\n"),
        lambda: server.complete(work, {"outcome": "failed", "summary": "late"}),
    ):
        try:
            say()
        except Conflict:
            refused += 1
    return refused
