"""A platform served in this process with a project on it, and a runner that does its jobs when it is told to."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import quick_project
from automated import let_time_pass
from release_project import git
from roadworthy.app.runner.client import Server
from roadworthy.app.runner.work import Runner
from roadworthy.app.server.loop import look

if TYPE_CHECKING:
    from pathlib import Path

    from web_world import Client, World

PROJECT = "flights"


class Told:
    """A platform with a quick project, and a runner in this process."""

    def __init__(self, world: World, folder: Path, profile: str = "") -> None:
        self.world, self.folder = world, folder
        self.platform: Any = world.app.state.services.platform
        self.runner = Runner("r", Server(world.url, world.runner.reveal()), folder / "work")
        (folder / "work").mkdir(parents=True)
        self.tree = folder / "tree"
        for name, text in quick_project.files(PROJECT).items():
            (self.tree / name).parent.mkdir(parents=True, exist_ok=True)
            (self.tree / name).write_text(text + (profile if name == "profile.yaml" else ""), encoding="utf-8")
        git(folder, "init", "-q", "-b", "main", str(self.tree))
        self.push("main", "Begin")

    @property
    def mona(self) -> Client:
        """A maintainer's programs."""
        return self.world.program("mona", "write")

    def push(self, branch: str, message: str) -> str:
        """Commit what stands in the tree, push it, and return the commit."""
        for command in (["add", "."], ["commit", "-q", "-m", message]):
            git(self.tree, *command)
        git(self.tree, "push", "-q", str(self.platform.forge.path(PROJECT)), f"HEAD:{branch}")
        look(self.platform, PROJECT)
        return git(self.tree, "rev-parse", "HEAD")

    def work(self) -> list[dict[str, Any]]:
        """Have the runner do all that waits, and return the jobs, the newest first."""
        while (work := self.runner.server.claim("r", ("check",))) is not None:
            self.runner.do(work)
            let_time_pass(self.platform.database, 1)
        found: list[dict[str, Any]] = self.mona.get(f"/api/projects/{PROJECT}/jobs").data
        return [one for one in found if one["kind"] == "check"]
