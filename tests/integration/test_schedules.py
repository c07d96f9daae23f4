"""A schedule in profile.yaml runs what is released again when its time has come, once, whatever was missed."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from sqlalchemy import update

from roadworthy.app.server.tend.schedules import ask_for_what_is_due, coming
from roadworthy.app.server.view.jobs import jobs
from roadworthy.platform.store import schema
from web_story import PROFILE, PROJECT, Story
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.app.server.platform import Platform

HOUR = 3_600_000
TRAINED = PROFILE + 'train: {on: {schedule: "0 3 1 1 * Europe/Stockholm"}, base: production, approve: people}\n'


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a platform with a project that is trained by a schedule, and whose first checks are done."""
    (tmp_path / "laptop").mkdir()
    with World.open(tmp_path) as opened:
        story = Story.begin(opened.platform, tmp_path / "laptop", TRAINED)
        story.check()
        story.check()
        yield opened


def since(platform: Platform, hours: int) -> None:
    """Let the schedule have been applied some hours ago."""
    table = schema.resource
    with platform.database.write() as connection:
        earlier = table.c.applied_at - hours * HOUR
        connection.execute(update(table).where(table.c.kind == "schedule").values(applied_at=earlier))


def test_what_was_missed_is_made_up_for_once(world: World) -> None:
    """After a time that the platform was down one check of what is released is asked for; looking again adds none."""
    before = len(jobs(world.platform, PROJECT))
    since(world.platform, 24 * 400)
    asked = ask_for_what_is_due(world.platform, PROJECT)
    again = ask_for_what_is_due(world.platform, PROJECT)
    made = jobs(world.platform, PROJECT)[0]

    assert (len(asked), again) == (1, [])
    assert len(jobs(world.platform, PROJECT)) == before + 1
    assert (made["kind"], made["state"]) == ("check", "queued")
    assert made["payload"]["commit"] == world.platform.forge.refs(PROJECT)["refs/heads/main"]
    assert made["payload"]["scope"] == "full"


def test_a_time_before_the_schedule_was_applied_is_not_due(world: World) -> None:
    """A schedule that has just been merged does not run for the time that came before."""
    assert ask_for_what_is_due(world.platform, PROJECT) == []


def test_the_next_time_is_told(world: World) -> None:
    """The API and the page of the project name the schedule, and when it comes."""
    found = world.person("mona").get(f"/api/projects/{PROJECT}").data
    page = world.person("mona").get(f"/projects/{PROJECT}").text

    assert found["schedules"] == coming(world.platform, PROJECT)
    assert "0 3 1 1 * Europe/Stockholm" in page


def test_a_removed_schedule_asks_for_nothing(world: World) -> None:
    """What profile.yaml does not declare any more is not due, though its row is kept for 30 days."""
    since(world.platform, 24 * 400)
    with world.platform.database.write() as connection:
        row = schema.resource.c.kind == "schedule"
        connection.execute(update(schema.resource).where(row).values(state="tombstone"))

    assert ask_for_what_is_due(world.platform, PROJECT) == []
