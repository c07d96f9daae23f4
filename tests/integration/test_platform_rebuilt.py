"""A platform whose index was emptied and made again: it answers each question of each role as before."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from sqlalchemy import delete

from rebuild_answers import EXCLUDED_PATHS, compared
from roadworthy.app.server.projects import create
from roadworthy.app.server.sources import HomeSources
from roadworthy.platform.rebuild.rebuild import rebuild
from roadworthy.platform.store.schema import TABLES
from web_story import REPORT, Story
from web_world import PEOPLE, World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from web_world import Client

NUMBERS = (1, 2, 3, 4)  # of changes; of the last there is none


@pytest.fixture(scope="module")
def before(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[World, dict[str, Any]]]:
    """Give a platform whose index was emptied and made again, and what it answered before."""
    with World.open(tmp_path_factory.mktemp("world")) as world:
        _tell(world, tmp_path_factory.mktemp("laptop"))
        said = answers(world)
        emptied_and_rebuilt(world)
        yield world, said


def _tell(world: World, laptop: Path) -> None:
    create(world.platform, "begun", "carl")
    story = Story.begin(world.platform, laptop)
    story.check()
    story.check()
    for name, passes in (("feature/good", True), ("feature/bad", False), ("feature/open", True)):
        story.branch(name, name)
        story.propose(name, name)
        story.check(passes=passes)
    story.merge(1)
    story.check()


def emptied_and_rebuilt(world: World) -> None:
    """Take every row from the index, traces too, and make it again."""
    with world.platform.database.write() as connection:
        for table in reversed(TABLES.sorted_tables):
            connection.execute(delete(table))
    found = rebuild(world.platform.database, HomeSources(world.platform.home, world.platform.own), lambda _: None)

    assert (found.lost, found.rejected, found.unfinished) == ((), (), ())


def answers(world: World) -> dict[str, Any]:
    """Return status and content of every GET of the API that is not excluded, for everybody."""
    clients = {"nobody": world.nobody(), **{name: world.person(name) for name in PEOPLE}}
    paths = [
        path for path, methods in world.nobody().get("/api/openapi.json").data["paths"].items()
        if "get" in methods and path not in EXCLUDED_PATHS
    ]  # fmt: skip
    run = clients["mona"].get("/api/projects/toy/runs").data["runs"][0]["run"]
    return {
        f"{who} {place}": _answer(client, place)
        for who, client in clients.items()
        for path in paths
        for place in _places(path, run)
    }


def _places(path: str, run: str) -> Iterator[str]:
    asked = (
        path.replace("{run}", run)
        .replace("{version}", "v1.0.0")
        .replace("{mode}", "FM-001")
        .replace("{environment}", "production")
    )
    for project in ("toy", "flights", "trains", "begun") if "{project}" in path else ("",):
        for number in NUMBERS if "{number}" in path else (0,):
            place = asked.replace("{project}", project).replace("{number}", str(number))
            assert "{" not in place
            yield place


def _answer(client: Client, place: str) -> tuple[int, Any]:
    answer = client.get(place)
    return answer.status, compared(answer.data) if "json" in answer.headers["content-type"] else answer.text


def test_every_role_is_answered_as_before(before: tuple[World, dict[str, Any]]) -> None:
    """Who makes a project that nothing is pushed to stays its maintainer; gates stand where they stood; and so on."""
    world, said = before
    after = answers(world)

    assert {status for status, _ in said.values()} >= {200, 401, 403, 404}
    assert said["mona /api/projects/toy/changes/2"][1]["gates"]
    assert said["mona /api/projects/toy/runs"][1]["total"] == len(said["mona /api/projects/toy/runs"][1]["runs"]) > 3
    assert said["mona /api/projects/toy/versions/v1.0.0"][1]["lineage"]
    assert {place: one for place, one in after.items() if one != said[place]} == {}
    assert after.keys() == said.keys()


def test_the_pages_of_a_change_are_as_before(before: tuple[World, dict[str, Any]]) -> None:
    """Gates and report come from records: the job that they were in is not known any more."""
    mona = before[0].person("mona")

    assert "<h2>Gates</h2>" in mona.get("/projects/toy/changes/2").text
    assert "Read the report" in mona.get("/projects/toy/changes/1").text
    assert mona.get("/projects/toy/changes/1/report").text == REPORT
    assert 'src="/projects/toy/changes/1/report"' in mona.get("/projects/toy/changes/1/review").text
