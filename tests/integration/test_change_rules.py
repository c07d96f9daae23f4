"""A change is judged by the rules of its target: one that loosens its own is found out, whatever its tests say."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from release_project import git
from roadworthy.platform.automate import jobs
from web_story import Story
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

FILE = "requirements.yaml"
RULES = "quality:\n  - {metric: roc_auc, at_least: 0.66}\n"


@pytest.fixture
def told(tmp_path: Path) -> Iterator[tuple[World, Story]]:
    """Give a platform with a project whose develop asks for a metric."""
    with World.open(tmp_path) as world:
        story = Story.begin(world.platform, tmp_path / "laptop")
        git(story.local.folder, "checkout", "-q", "develop")
        (story.local.folder / FILE).write_text((story.local.folder / FILE).read_text() + RULES, encoding="utf-8")
        git(story.local.folder, "commit", "-q", "-a", "-m", "Ask for a metric")
        story.push("develop")
        yield world, story


def branch(story: Story, old: str, new: str) -> int:
    """Push a branch on which *old* is *new* in the requirements, whose tests hold; return the change to develop."""
    place = story.local.folder / FILE
    place.write_text(place.read_text().replace(old, new), encoding="utf-8")
    story.branch("feature/easier", "easier", start="develop")
    while _open_checks(story):
        story.check(measured=True)
    return story.propose("feature/easier", "Train faster")


def _open_checks(story: Story) -> bool:
    with story.platform.database.read() as connection:
        return any(one.kind == "check" for one in jobs.listed(connection, "toy", {"queued"}))


def test_a_change_that_lowers_its_own_bound_is_shown_and_kept_from_being_merged(told: tuple[World, Story]) -> None:
    """Its tests hold by its own rules; a contributor cannot merge it, and a maintainer can, with a reason."""
    world, story = told
    number = branch(story, "0.66", "0.5")
    place = f"/api/projects/toy/changes/{number}"
    carl, mona = world.program("carl", "write"), world.program("mona", "write")
    shown = carl.get(place).data
    refused = [one.send("POST", f"{place}/merge", {"reason": said}).status for one, said in (
        (carl, ""), (carl, "It trains faster."), (mona, ""), (mona, "  "))]  # fmt: skip
    done = mona.send("POST", f"{place}/merge", {"reason": "It trains faster."})

    assert shown["verdict"] == "passed"
    assert shown["loosened"] == ["this change lowers quality.roc_auc.at_least in requirements.yaml: 0.66 → 0.5"]
    assert "by the rules of develop" in shown["obstacles"][0]
    assert refused == [422] * 4
    assert done.status == 200


def test_a_change_that_asks_more_is_merged_as_ever(told: tuple[World, Story]) -> None:
    """A stricter bound is nobody's concern."""
    world, story = told
    number = branch(story, "0.66", "0.7")
    carl = world.program("carl", "write")

    assert carl.get(f"/api/projects/toy/changes/{number}").data["loosened"] == []
    assert carl.send("POST", f"/api/projects/toy/changes/{number}/merge", {"reason": ""}).status == 200


def test_rules_that_became_stricter_meanwhile_count(told: tuple[World, Story]) -> None:
    """A branch that was tested by older rules than those of its target now is told so, until they are merged in."""
    world, story = told
    number = branch(story, "x: y", "x: y")
    git(story.local.folder, "checkout", "-q", "develop")
    place = story.local.folder / FILE
    place.write_text(place.read_text().replace("0.66", "0.9"), encoding="utf-8")
    git(story.local.folder, "commit", "-q", "-a", "-m", "Ask for more")
    story.push("develop")

    shown = world.program("mona", "write").get(f"/api/projects/toy/changes/{number}").data
    assert shown["loosened"] == ["this change lowers quality.roc_auc.at_least in requirements.yaml: 0.9 → 0.66"]


def test_a_change_of_the_profile_shows_what_it_does_to_the_workspace(told: tuple[World, Story]) -> None:
    """The plan stands with the change, on its page too; one that leaves profile.yaml alone has none."""
    world, story = told
    alone = branch(story, "x: y", "x: y")
    git(story.local.folder, "checkout", "-q", "-b", "feature/eve", "develop")
    place = story.local.folder / "profile.yaml"
    place.write_text(place.read_text().replace('"user:rita": reader', '"user:rita": reader, "user:eve": reader'))
    git(story.local.folder, "commit", "-q", "-a", "-m", "Let Eve read")
    story.push("feature/eve")
    number = story.propose("feature/eve", "Let Eve read")
    mona = world.person("mona")
    shown = mona.get(f"/api/projects/toy/changes/{number}").data["plan"]

    assert len(shown) == 1
    assert "eve" in shown[0]
    assert shown[0] in mona.get(f"/projects/toy/changes/{number}").text
    assert mona.get(f"/api/projects/toy/changes/{alone}").data["plan"] == []
