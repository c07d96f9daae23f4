"""The branch model of a project decides where a change goes by default, and what a push may not move."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest
from starlette.applications import Starlette
from starlette.routing import Mount

import quick_project
from forge_world import Client, serving
from roadworthy.app.server.changes import target_by_rules
from roadworthy.app.server.hosting import git_at
from roadworthy.app.server.loop import look
from roadworthy.app.server.operate import do_next
from roadworthy.errors import UsageError
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

PROJECT = "flights"
MAPPING = '{"team/*": feature, next: develop, "release-*": release}'  # which says nothing of main


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a platform."""
    with World.open(tmp_path) as opened:
        yield opened


def begun(world: World, folder: Path, branches: str) -> Client:
    """Push a profile with that branch model to main, have it applied, and return the working tree."""
    profile = quick_project.PROFILE.format(name=PROJECT).replace("branches: trunk", f"branches: {branches}")
    profile = profile.replace("{ada: maintainer}", "{ada: maintainer, carl: contributor}")
    subprocess.run(["git", "init", "-q", "-b", "main", folder], check=True)
    tree = Client(folder)
    tree.commit("Begin", {"profile.yaml": profile})
    tree.git("push", "-q", str(world.platform.forge.path(PROJECT)), "main")
    look(world.platform, PROJECT)
    while do_next(world.platform):
        pass
    return tree


@pytest.mark.parametrize(("branches", "targets"), [
    ("trunk", {"feature/x": "main", "anything": "main"}),
    ("gitflow", {"feature/x": "develop", "bugfix/x": "develop", "release/1": "main", "hotfix/x": "main",
                 "main": "develop"}),
    (MAPPING, {"team/x": "next", "release-1": "main", "main": "next"}),
])  # fmt: skip
def test_a_change_goes_by_default_where_the_rules_say(
    world: World, tmp_path: Path, branches: str, targets: dict[str, str]
) -> None:
    """Under every model, so that nobody has to know it by heart."""
    begun(world, tmp_path / "tree", branches)

    assert {branch: target_by_rules(world.platform, PROJECT, branch) for branch in targets} == targets


@pytest.mark.parametrize(("branches", "branch"), [("gitflow", "wind"), ("gitflow", "develop"), (MAPPING, "wind")])
def test_where_the_rules_name_no_target_one_is_asked_for(
    world: World, tmp_path: Path, branches: str, branch: str
) -> None:
    """Nothing is guessed: the command says what to add."""
    begun(world, tmp_path / "tree", branches)

    with pytest.raises(UsageError, match="name no branch") as told:
        target_by_rules(world.platform, PROJECT, branch)
    assert "--to BRANCH" in told.value.remedy


def test_main_is_protected_under_a_mapping_that_does_not_name_it(world: World, tmp_path: Path) -> None:
    """The branch that the rules stand on takes merges alone; what the mapping leaves open takes pushes."""
    tree = begun(world, tmp_path / "tree", MAPPING)
    token = world.program("carl", "read", "write").token
    with git_at(world.platform) as git, serving(Starlette(routes=[Mount("/git", git)])) as port:
        place = f"http://carl:{token}@127.0.0.1:{port}/git/{PROJECT}.git"
        tree.commit("Directly")
        told = tree.refused("push", place, "HEAD:main")
        tree.git("push", "-q", place, "HEAD:team/x", "HEAD:release-1")
        tree.commit("Mend the release")
        tree.git("push", "-q", place, "HEAD:release-1")
        refs = world.platform.forge.refs(PROJECT)

    assert "it is changed by merges, not by pushes" in told
    assert refs["refs/heads/release-1"] == tree.head()
