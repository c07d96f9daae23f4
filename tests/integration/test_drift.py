"""What somebody changes by hand, past git, is put right at the next look, or told where nobody else could mend it."""

from __future__ import annotations

import shutil
from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete, insert, select, update

from roadworthy.app.server import loop
from roadworthy.app.server.sources import HomeSources
from roadworthy.app.server.tend.drift import mend_hooks
from roadworthy.platform.rebuild.rebuild import rebuild
from roadworthy.platform.store import schema
from web_story import PROJECT, Story
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.app.server.platform import Platform


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a platform with a project whose profile was applied."""
    (tmp_path / "laptop").mkdir()
    with World.open(tmp_path) as opened:
        story = Story.begin(opened.platform, tmp_path / "laptop")
        story.check()
        story.check()
        yield opened


def look(platform: Platform) -> None:
    """Do what the server does at its start, and every three minutes."""
    mend_hooks(platform)
    loop.begin(platform, PROJECT)


def said(platform: Platform, action: str) -> list[Any]:
    """Return the details of the audit's entries about *action*."""
    with platform.database.read() as connection:
        return list(connection.execute(select(schema.audit.c.detail).where(schema.audit.c.action == action)).scalars())


def test_a_member_row_that_was_edited_is_put_right(world: World) -> None:
    """Who made themselves a maintainer in the database is not one for long, and the audit names it."""
    platform, table = world.platform, schema.member
    with platform.database.write() as connection:
        connection.execute(
            update(table).where(table.c.project == PROJECT, table.c.who == "rita").values(role="maintainer")
        )
        connection.execute(insert(table).values(project=PROJECT, who="otto", role="maintainer"))
        connection.execute(delete(table).where(table.c.project == PROJECT, table.c.who == "carl"))
    look(platform)
    look(platform)

    assert platform.members.roles(PROJECT) == {"mona": "maintainer", "carl": "contributor", "rita": "reader"}
    (entry,) = said(platform, "workspace.mend")
    assert [step.split(":")[0] for step in entry["steps"]] == ["+ member carl", "~ member rita", "- member otto"]
    assert all("by hand" in step for step in entry["steps"])


def test_a_branch_rule_that_was_taken_away_comes_back(world: World) -> None:
    """Nobody pushes to main because its row was deleted."""
    platform, table = world.platform, schema.resource
    with platform.database.write() as connection:
        connection.execute(
            delete(table).where(table.c.project == PROJECT, table.c.kind == "branch", table.c.name == "main")
        )
    look(platform)
    with platform.database.read() as connection:
        found = (
            connection.execute(
                select(table.c.state).where(
                    table.c.project == PROJECT, table.c.kind == "branch", table.c.name == "main"
                )
            )
            .scalars()
            .all()
        )

    assert found == ["active"]


def test_hooks_that_were_changed_are_put_right(world: World) -> None:
    """Whoever writes to the folder of hooks opens the way for no push; hooks in a repository are never run at all."""
    platform = world.platform
    hook = platform.home.repositories / ".hooks" / "pre-receive"
    before = hook.read_bytes()
    hook.write_bytes(b"#!/bin/sh\nexit 0\n")
    look(platform)
    look(platform)

    assert hook.read_bytes() == before
    assert said(platform, "forge.mend") == [{"changed": ["pre-receive"]}]


def test_a_bucket_that_was_deleted_is_told(world: World) -> None:
    """Facts cannot be made up: the page of the project says what is gone, and nothing more is stated meanwhile."""
    platform = world.platform
    shutil.rmtree(platform.home.bucket(PROJECT))
    look(platform)
    look(platform)
    (trouble,) = world.person("mona").get(f"/api/projects/{PROJECT}").data["troubles"]

    assert "Its bucket lacks" in trouble
    assert "restore it from a copy" in trouble
    assert len(said(platform, "project.trouble")) == 1
    assert "Its bucket lacks" in world.person("mona").get(f"/projects/{PROJECT}").text
    assert "Its bucket lacks" in world.person("mona").get("/projects").text


def test_a_repository_that_was_deleted_is_told(world: World) -> None:
    """The other projects are shown as ever; this one says that it is gone."""
    platform = world.platform
    shutil.move(platform.forge.path(PROJECT), platform.home.folder / "elsewhere")
    look(platform)
    mona, listed = world.person("mona"), world.person("ada").get("/projects")

    assert mona.get(f"/api/projects/{PROJECT}").status == 503
    assert "is gone" in mona.get(f"/projects/{PROJECT}").text
    assert listed.status == 200
    assert "Its repository is gone" in listed.text
    shutil.move(platform.home.folder / "elsewhere", platform.home.repositories / f"{PROJECT}.git")
    look(platform)
    assert mona.get(f"/api/projects/{PROJECT}").data["troubles"] == []


def test_what_was_to_be_applied_when_the_index_was_lost_is_applied(world: World) -> None:
    """The branch was checked, so that no push asks for it again; the profile is applied all the same."""
    platform = world.platform
    with platform.database.write() as connection:
        for table in reversed(schema.TABLES.sorted_tables):
            connection.execute(delete(table))
    kept = platform.home.ledger(PROJECT, "platform")
    for address, _ in kept.records.all("workspace"):
        kept.records.path(address).unlink()
    found = rebuild(platform.database, HomeSources(platform.home, platform.own), lambda _: None)
    before = dict(platform.members.roles(PROJECT))
    look(platform)

    assert found.unfinished == ()
    assert before == {"mona": "maintainer"}
    assert platform.members.roles(PROJECT) == {"mona": "maintainer", "carl": "contributor", "rita": "reader"}
