"""Killed at any step, a platform that is started again comes to the state that it would have come to anyway."""

from __future__ import annotations

import http.client
import os
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import pytest

import quick_project
from platform_world import FAILPOINTS, PROJECT, World, until
from roadworthy.app.server.home import Home

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

_SERVER, _CHANGE, _AUTOMATE = "roadworthy.app.server", "roadworthy.platform.change", "roadworthy.platform.automate"
_TAG = "roadworthy.ledger.repo.repository:Repository.create_tag"
# Steps of a push, its check, a merge that changes the profile, the version and its deployment, in their order.
STEPS = {
    "before the push is noted": f"{_AUTOMATE}.deliver:deliver:before",
    "after the push is noted": f"{_AUTOMATE}.deliver:deliver:after",
    "while the push is reconciled": f"{_AUTOMATE}.reconcile:_answer:after",
    "before the changes follow": f"{_CHANGE}.propose:follow:before",
    "after the job is claimed": f"{_SERVER}.hand:claim:after",
    "before what is handed in is accepted": f"{_SERVER}.accept:accept:before",
    "after the run is stated": "roadworthy.build.pipeline.record:keep:after",
    "after the proof is stated": "roadworthy.prove.keep:write:after",
    "after the verdict is stated": f"{_CHANGE}.verdict:state_checked:after",
    "while the check is completed": f"{_AUTOMATE}.lease:complete:after",
    "after the check is completed": f"{_SERVER}.hand:complete:after",
    "after the change is claimed": f"{_CHANGE}.propose:_claimed:after",
    "after the change is opened": f"{_CHANGE}.propose:propose:after",
    "after a comment is stated": f"{_SERVER}.review.say:note:before",
    "after a comment is said": f"{_SERVER}.review.say:say:after",
    "before a command is carried out": f"{_SERVER}.review.discuss:obey:before",
    "before a command is answered": f"{_SERVER}.review.say:note:before:2",
    "after the wish to merge is stated": f"{_SERVER}.changes:_merged:before",
    "after the branch is merged": f"{_SERVER}.changes:_merged:after",
    "after the merge is noted": f"{_CHANGE}.merge:_noted:after",
    "after the merge is told": f"{_SERVER}.changes:merge:after",
    "after what is applied is stated": "roadworthy.platform.workspace.keep:state_applied:after",
    "after it is applied": f"{_AUTOMATE}.lease:complete:before:2",
    "after the version is stated": f"{_TAG}:before",
    "after the version is tagged": "roadworthy.operate.release.write:release:after",
    "after the version is made": f"{_AUTOMATE}.lease:complete:before:4",
    "after the deployment is stated": f"{_TAG}:before:2",
    "after the deployment is tagged": "roadworthy.operate.release.deploy:deploy:after",
    "before the service follows": f"{_SERVER}.operate:serve:before",
    "after it is deployed": f"{_AUTOMATE}.lease:complete:before:5",
}
FEW = (
    "while the push is reconciled", "after the verdict is stated", "after the version is tagged",
    "after the deployment is tagged", "after a comment is stated", "before a command is answered",
    "after the merge is noted", "after what is applied is stated",
)  # fmt: skip
CHOSEN = tuple(STEPS) if os.environ.get("ROADWORTHY_FAILPOINTS") == "all" else FEW


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Give the home of a platform whose project is in production, with Ada's working tree beside it, and her token."""
    folder = tmp_path_factory.mktemp("begun")
    with World.open(folder) as world:
        world.make_project()
        tree = world.tree(folder / "tree")
        tree.commit("Begin", dict(quick_project.files()))
        tree.git("push", "--quiet", "origin", "main")
        world.wait()
        token = world.token
    shutil.rmtree(folder / "home" / "work")
    return folder, token


@pytest.fixture(scope="module")
def undisturbed(begun: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """Give the state that the story comes to when nobody is killed."""
    found, kills = told(begun, tmp_path_factory.mktemp("undisturbed"), {})
    assert kills == 0
    return found


@pytest.mark.slow
@pytest.mark.parametrize("step", CHOSEN)
def test_killed_at_a_step_it_comes_to_the_same_state(
    step: str, begun: tuple[Path, str], undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    """What was acknowledged is there, nothing is there twice, and nobody had to repair anything."""
    killed = {
        "PYTHONPATH": str(FAILPOINTS),
        "ROADWORTHY_TEST_KILL": STEPS[step],
        "ROADWORTHY_TEST_ARMED": str(tmp_path / "armed"),
    }
    found, kills = told(begun, tmp_path, killed)

    assert kills == 1
    assert found == undisturbed


@pytest.mark.slow
def test_a_merge_that_nobody_asks_for_again_is_noted(
    begun: tuple[Path, str], undisturbed: dict[str, Any], tmp_path: Path
) -> None:
    """The branch was merged when the server was killed: so is the change, and the audit says who did it."""
    killed = {
        "PYTHONPATH": str(FAILPOINTS),
        "ROADWORTHY_TEST_KILL": STEPS["after the branch is merged"],
        "ROADWORTHY_TEST_ARMED": str(tmp_path / "armed"),
    }
    found, kills = told(begun, tmp_path, killed, merges_again=False)

    assert kills == 1
    assert found == undisturbed


def told(
    begun: tuple[Path, str], folder: Path, killed: dict[str, str], *, merges_again: bool = True
) -> tuple[dict[str, Any], int]:
    """Push a branch, merge it and wait; return the state that this came to, and how often the server was killed."""
    shutil.copytree(begun[0], folder, dirs_exist_ok=True)
    world = World(folder / "home", token=begun[1])
    try:
        world.start(**killed)
        world.wait()
        (folder / "armed").touch()
        ada = Ada(world, folder / "tree", merges_again)
        ada.changes_the_model()
        return ada.surely(lambda: state(world)), ada.kills
    finally:
        world.stop()


@dataclass
class Ada:
    """Does each thing again for as long as it was not acknowledged, and once when it was."""

    world: World
    folder: Path
    merges_again: bool = True
    kills: int = 0

    def changes_the_model(self) -> None:
        """Push a branch, propose it, merge it, and wait for what comes of it."""
        tree = self.world.tree(self.folder)
        tree.git("switch", "--quiet", "--create", "feature/better")
        profile = quick_project.PROFILE.format(name=PROJECT).replace("ada: maintainer", "ada: maintainer, bob: reader")
        tree.commit("Learn better", {"params.yaml": quick_project.params(0.9), "profile.yaml": profile})
        self.surely(self.pushes)
        self.surely(self.world.wait)
        change = {"branch": "feature/better", "target": "main", "title": "Learn better"}
        self.surely(lambda: self.asks("/changes", change))
        said = {"text": "Better.\n/help", "key": "once"}
        self.surely(lambda: self.asks("/changes/1/comments", said))
        self.surely(lambda: self.asks("/changes/1/merge", {"reason": "Bob reads along."}), again=self.merges_again)
        self.surely(self.world.wait)

    def surely(self, do: Callable[[], Any], *, again: bool = True) -> Any:
        """Do it until it is done, or not *again*; start the server again when it was killed."""
        while True:
            try:
                return do()
            except (OSError, http.client.HTTPException):
                until(self.world.process_ended, "the server to be killed")
                self.kills += 1
                self.world.start()
                if not again:
                    return None

    def pushes(self) -> None:
        """Push the branch."""
        done = self.world.tree(self.folder).attempt("push", "--quiet", "origin", "feature/better")
        if done.returncode != 0:
            raise ConnectionError(done.stderr)

    def asks(self, path: str, data: dict[str, str]) -> None:
        """Ask for something, which must be done."""
        answer = self.world.post(path, data)
        assert answer.status in {200, 201}, answer.text


def state(world: World) -> dict[str, Any]:
    """Return what the platform came to, without times, and with trees instead of the commits that hold times."""
    tree = world.tree(world.home.parent / "tree")
    tree.git("fetch", "--quiet", "origin")

    def content(commit: str) -> str:
        return tree.git("rev-parse", f"{commit}^{{tree}}").strip()

    project, history = world.get(""), world.get("/history")
    audit = world.ada.get("/api/audit").data
    ledger = Home(world.home).ledger(PROJECT, "test")
    changes = [{**one, "head": content(one["head"])} for one in world.get("/changes")]
    talk = world.get("/changes/1/discussion")["comments"]
    times = {"opened_at", "closed_at", "merge_commit", "record"}
    return {
        "branches": {name: content(commit) for name, commit in project["branches"].items()},
        "merges": tree.git("log", "--first-parent", "--format=%an %s", "origin/main").splitlines(),
        "members": project["members"],
        "plan": world.get("/plan")["steps"],
        "serving": [(one["environment"], one["version"], bool(one["url"])) for one in project["environments"]],
        "changes": [{name: value for name, value in one.items() if name not in times} for one in changes],
        "said": [(one["text"], [each["name"] for each in one["commands"]]) for one in talk],
        "jobs": sorted((one["kind"], one["payload"].get("branch", ""), one["state"]) for one in world.get("/jobs")),
        "verdicts": sorted((one.body["branch"], one.body["outcome"]) for _, one in ledger.records.all("check")),
        "versions": [(one["version"], content(one["commit"])) for one in history["versions"]],
        "deployments": [(one["environment"], one["number"], one["version"]) for one in history["deployments"]],
        "ignored": history["ignored"],
        # Of a push whose teller was killed it is known that it was found, and not by whom it was made.
        "audit": sorted(one["action"].replace("push.found", "push.accept") for one in audit),
    }
