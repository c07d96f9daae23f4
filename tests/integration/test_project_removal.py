"""Removing a project: at once, as a tombstone that can be undone for 30 days; then it is deleted by the platform."""

from __future__ import annotations

from http import HTTPStatus
from typing import TYPE_CHECKING

import pytest
from sqlalchemy import select, update

from roadworthy.app.server.hosting import authoriser
from roadworthy.app.server.loop import begin
from roadworthy.app.server.projects import create
from roadworthy.app.server.sources import HomeSources
from roadworthy.app.server.tend import removal
from roadworthy.errors import Conflict, NotFound
from roadworthy.platform.identity.projects.alert_secrets import Reached
from roadworthy.platform.rebuild.rebuild import plan
from roadworthy.platform.store import schema
from roadworthy.platform.workspace.keep import KEPT_MS
from roadworthy.platform.workspace.project import latest, state_removed
from web_story import PROJECT, Story
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web_world import Client

DAY = 24 * 3600 * 1000


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a platform with a project, one of whose checks waits."""
    (tmp_path / "laptop").mkdir()
    with World.open(tmp_path) as opened:
        story = Story.begin(opened.platform, tmp_path / "laptop")
        story.check()
        yield opened


def removed(world: World) -> Client:
    """Remove the project as its maintainer, and return her."""
    mona = world.person("mona")
    answer = mona.send("POST", f"/api/projects/{PROJECT}/remove", {"name": PROJECT})
    assert answer.status == 200, answer.text
    return mona


def actions(world: World) -> list[str]:
    """Return what the audit says was done to projects."""
    table = schema.audit
    with world.platform.database.read() as connection:
        asked = select(table.c.action, table.c.actor).where(table.c.target == PROJECT, table.c.action.like("project.%"))
        return [f"{row.actor} {row.action}" for row in connection.execute(asked.order_by(table.c.seq))]


def states(world: World) -> set[str]:
    """Return the states of the project's checks."""
    return {one["state"] for one in world.person("mona").get(f"/api/projects/{PROJECT}/jobs").data}


def test_what_removing_would_do_is_told_first(world: World) -> None:
    """And to whoever maintains the project alone; the name must be given once more."""
    lines = world.person("mona").get(f"/api/projects/{PROJECT}/removal").data["lines"]
    wrong = world.person("mona").send("POST", f"/api/projects/{PROJECT}/remove", {"name": "toys"})

    assert lines[0].startswith(f"- project {PROJECT}: nobody reaches")
    assert any("1 jobs" in line for line in lines)
    assert "roadworthy project restore" in lines[-1]
    assert world.person("carl").send("POST", f"/api/projects/{PROJECT}/remove", {"name": PROJECT}).status == 403
    assert wrong.status == 400
    assert PROJECT in world.platform.projects()


def test_nobody_reaches_a_removed_project(world: World) -> None:
    """Neither pages nor API nor git nor bucket, from the same moment on; its name is not free, its job is cancelled."""
    mona = removed(world)
    token = world.program("mona", "write").token or ""
    git = authoriser(world.platform)
    paths = (f"/projects/{PROJECT}", f"/api/projects/{PROJECT}", f"/api/projects/{PROJECT}/jobs")

    assert {mona.get(path).status for path in paths} == {403}
    assert world.person("ada").get(f"/api/projects/{PROJECT}").status == 404
    assert {git(PROJECT, service, "mona", token, "127.0.0.1") for service in ("read", "write")} == {
        HTTPStatus.FORBIDDEN
    }
    assert f'href="/projects/{PROJECT}"' not in mona.get("/projects").text
    assert not (world.platform.home.repositories / f"{PROJECT}.git").exists()
    with pytest.raises(Conflict, match="was removed"):
        create(world.platform, PROJECT, "otto")
    assert actions(world) == ["mona project.create", "mona project.remove"]


def test_a_removal_is_undone_whole(world: World) -> None:
    """By whoever maintained it: everything answers as before, and the cancelled job waits again."""
    before = world.person("mona").get(f"/api/projects/{PROJECT}").data
    mona = removed(world)
    begin(world.platform, "flights")
    listed = {name: [one["name"] for one in world.person(name).get("/api/removed").data] for name in ("mona", "carl")}
    refused = world.person("carl").send("POST", f"/api/projects/{PROJECT}/restore", {}).status
    done = mona.send("POST", f"/api/projects/{PROJECT}/restore", {})
    again = mona.send("POST", f"/api/projects/{PROJECT}/restore", {})

    assert listed == {"mona": [PROJECT], "carl": []}
    assert (refused, done.status, again.status) == (403, 200, 200)
    assert mona.get(f"/api/projects/{PROJECT}").data == before
    assert states(world) == {"queued", "done"}
    assert actions(world) == ["mona project.create", "mona project.remove", "mona project.restore"]
    assert not plan(world.platform.database, HomeSources(world.platform.home, world.platform.own)).differs


def test_after_thirty_days_it_is_deleted(world: World) -> None:
    """Not a day before; nothing of it is left but its entries in the audit, and its name is free."""
    platform = world.platform
    home = platform.home
    platform.identity.project_secrets.set(PROJECT, "KEY", "value", "mona")
    platform.identity.alert_secrets.set(PROJECT, "slack:#x", Reached("https://example.org"), "mona")
    removed(world)
    at = removal.removed(platform)[PROJECT]

    assert removal.purge(platform, at - DAY) == ()
    assert home.bucket(PROJECT).is_dir()
    assert removal.purge(platform, at) == (PROJECT,)
    assert removal.purge(platform, at) == ()
    assert [place for place in home.folder.rglob(f"{PROJECT}*") if "audit" not in place.parts] == []
    assert removal.removed(platform) == {}
    with pytest.raises(NotFound, match="was removed"):
        removal.restore(platform, PROJECT, "mona")
    assert actions(world)[-1] == "platform project.purge"
    assert create(platform, PROJECT, "otto")
    assert platform.identity.project_secrets.named(PROJECT) == ()
    assert platform.identity.alert_secrets.named(PROJECT) == {}
    assert platform.members.roles(PROJECT) == {"otto": "maintainer"}


def test_a_removal_that_was_cut_off_is_finished(world: World) -> None:
    """Stated, and then the server was killed: the next start does the rest, and nothing twice."""
    state_removed(world.platform.home.ledger(PROJECT, "mona"), PROJECT)
    removal.settle_projects(world.platform)
    removal.settle_projects(world.platform)

    assert PROJECT not in world.platform.projects()
    assert actions(world)[1:] == ["platform project.remove"]


def test_a_deletion_that_was_cut_off_is_finished(world: World) -> None:
    """The bucket was put aside when the server was killed: what is left of the project goes at the next look."""
    platform = world.platform
    removed(world)
    aside = platform.home.bucket(".purged")
    aside.mkdir()
    platform.home.bucket(PROJECT).rename(aside / PROJECT)

    assert removal.purge(platform) == (PROJECT,)
    assert removal.removed(platform) == {}


def test_a_row_alone_removes_nothing(world: World) -> None:
    """Whoever edits the database into saying that a project was removed long ago deletes nothing: it is put right."""
    platform, table = world.platform, schema.project
    with platform.database.write() as connection:
        gone = {"state": "removed", "removed_at": 1}
        connection.execute(update(table).where(table.c.name == PROJECT).values(**gone))
    done = removal.purge(platform)
    removal.settle_projects(platform)
    found = latest(platform.home.ledger(PROJECT, "test"))

    assert done == ()
    assert PROJECT in platform.projects()
    assert found is not None
    assert found.state == "active"


def test_tombstones_of_resources_go_after_thirty_days(world: World) -> None:
    """A member who was removed can be brought back until then; an environment stays known, so that it is not served."""
    platform, table = world.platform, schema.resource
    with platform.database.write() as connection:
        for kind, name in (("member", "carl"), ("environment", "staging")):
            gone = {"state": "tombstone", "removed_at": 1000}
            connection.execute(update(table).where(table.c.kind == kind, table.c.name == name).values(**gone))
    left = []
    for at in (1000 + KEPT_MS - 1, 1000 + KEPT_MS):
        removal.purge(platform, at)
        with platform.database.read() as connection:
            asked = select(table.c.name).where(table.c.state == "tombstone", table.c.project == PROJECT)
            left.append(sorted(connection.execute(asked).scalars()))

    assert left == [["carl", "staging"], ["staging"]]


def test_pages_remove_and_bring_back(world: World) -> None:
    """The name is typed once more; what was removed stands in the list of projects, with a button, for who may."""
    mona = world.person("mona")
    mona.get(f"/projects/{PROJECT}")
    wrong = mona.post(f"/projects/{PROJECT}/remove", name="toys")
    done = mona.post(f"/projects/{PROJECT}/remove", name=PROJECT)
    seen = {name: "Bring back" in world.person(name).get("/projects").text for name in ("mona", "carl", "otto")}
    back = mona.post(f"/projects/{PROJECT}/restore")

    assert wrong.status == 400
    assert "is not the name" in wrong.text
    assert (done.status, done.headers["location"]) == (303, "/projects")
    assert seen == {"mona": True, "carl": False, "otto": False}
    assert (back.status, back.headers["location"]) == (303, f"/projects/{PROJECT}")
    assert "Remove this project" in mona.get(f"/projects/{PROJECT}").text
    assert "Remove this project" not in world.person("carl").get(f"/projects/{PROJECT}").text
