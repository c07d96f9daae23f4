"""A project on a platform in which a good deal has happened: pushed, checked, proposed, merged, released, refused.

Everything is made as the platform makes it, but for what a runner hands in, which comes from a project that was not
really run; and branches come into the repository by git itself.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from release_project import FAILED, NOT_RUN, PASSED, change, git, make, prove
from roadworthy.app.release import Into, deploy_at
from roadworthy.app.runner.hand_in import hand_in
from roadworthy.app.server import changes, hand
from roadworthy.app.server.at_commit import declared_at, on_platform
from roadworthy.app.server.index import note
from roadworthy.app.server.loop import look
from roadworthy.app.server.operate import do_next
from roadworthy.app.server.projects import create
from roadworthy.build.data import query
from roadworthy.build.data.table import Column, Table
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.platform.automate.deliver import deliver
from roadworthy.platform.change.merge import Wish

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.app.server.platform import Platform

PROJECT = "toy"
HOSTILE = "feature/<img/src=x/onerror=alert(1)>"
TITLE = 'Say "no" to <b>all</b> \u05d0\u05d1\u05d2 & sons'
LINE = "<script>alert('log')</script> \x1b[31mred\x1b[0m \u202ehidden"
REPORT = "<!doctype html><title>report</title><script>document.title = 'it ran'</script><p>A report.</p>"
ROWS = 300  # on which a model that is right was asked
PROFILE = """apiVersion: roadworthy/v1alpha1
project: toy
description: Whether a <toy> is "late".
members: {"user:mona": maintainer, "user:carl": contributor, "user:rita": reader}
environments: {staging: {from: develop, serve: online}, production: {from: main}}
"""
PIPELINE = """apiVersion: roadworthy/v1alpha1
stages:
  prepare: {cmd: python prepare.py, outs: [build/rows, build/reference.parquet]}
  train: {cmd: python train.py, deps: [build/rows], outs: [build/model, build/baseline]}
models:
  toy: {path: build/model, load: "toy:load"}
  plain: {path: build/baseline, load: "toy:load"}
datasets:
  reference: {path: build/reference.parquet, key: [id], label: late}
"""


@dataclass(frozen=True)
class Story:
    """The project, on the platform and where it is worked on."""

    platform: Platform
    local: Local

    @classmethod
    def begin(cls, platform: Platform, folder: Path, profile: str = PROFILE) -> Story:
        """Make the project on the platform, and push its first commit to main and develop."""
        create(platform, PROJECT, "mona")
        local = make(folder)
        (local.folder / "profile.yaml").write_text(profile, encoding="utf-8")
        (local.folder / "pipeline.yaml").write_text(PIPELINE, encoding="utf-8")
        git(local.folder, "commit", "-q", "-a", "-m", "Name the members")
        git(local.folder, "branch", "develop")
        told = cls(platform, local)
        told.push("main", "develop")
        return told

    def push(self, *branches: str) -> None:
        """Let the platform have branches, find what has moved, and do what it does itself."""
        place, refs = self.platform.forge.path(PROJECT), [f"refs/heads/{name}" for name in branches]
        git(place, "fetch", "-q", str(self.local.folder), *(f"{ref}:{ref}" for ref in refs))
        moved = [{"ref": ref, "before": None, "after": git(place, "rev-parse", ref)} for ref in refs]
        deliver(self.platform.database, PROJECT, "hook", {"actor": "carl", "updates": moved})
        self.settle()

    def settle(self) -> None:
        """Let the platform find what has moved, and do what it does itself."""
        look(self.platform, PROJECT)
        while do_next(self.platform):
            look(self.platform, PROJECT)

    def branch(self, name: str, text: str, start: str = "develop") -> str:
        """Make a branch with one commit, push it, and return that."""
        git(self.local.folder, "checkout", "-q", "-b", name, start)
        made = change(self.local, text)
        self.push(name)
        return made

    def claim(self) -> dict[str, Any]:
        """Take the next check, as a runner would."""
        job: Any = hand.claim(self.platform, "runner-1", ["check"])
        assert job is not None
        return dict(job)

    def check(self, *, passes: bool = True, measured: bool = False) -> int:
        """Do the next check as a runner would, and return its job's number; when *measured*, with what models said."""
        job = self.claim()
        commit = job["payload"]["commit"]
        git(self.local.folder, "fetch", "-q", str(self.platform.forge.path(PROJECT)), commit)
        git(self.local.folder, "checkout", "-q", "--detach", commit)
        prove(self.local, "a model", PASSED, NOT_RUN, *([] if passes else [FAILED]))
        reports = self.local.ledger.state / "reports"
        reports.mkdir(exist_ok=True)
        (reports / f"review-{commit[:12]}.html").write_text(REPORT, encoding="utf-8")
        self.print(job, f"Checking out {commit[:12]}.\n{LINE}\n")
        found = json.loads(json.dumps(hand_in(self.local, commit, self.platform.home.bucket(PROJECT), proved=True)))
        run = found["run"]
        run["order"] = ["prepare", *run["order"]]
        run["stages"]["prepare"] = {**run["stages"]["train"], "outputs": {}, "state": "cached", "why": "run before"}
        run["params"] = {"train": {"rows": 10}}
        self._predicted(found, measured=measured)
        self.end(job, "passed" if passes else "failed", found)
        return int(job["id"])

    def _predicted(self, found: dict[str, Any], *, measured: bool) -> None:
        """Add reference rows to what is handed in; when *measured*, predictions of them that are right, too."""
        late = np.arange(ROWS) % 3 == 0
        rows = {"id": Column(np.arange(ROWS)), "late": Column(late)}
        item = self._kept(Table(rows))
        found["run"]["stages"]["prepare"]["outputs"] = {"build/reference.parquet": item}
        if not measured:
            return
        said = self._kept(Table({"id": rows["id"], "probability": Column(0.2 + 0.5 * late)}))
        found["proof"].update(reference=item["address"], predictions={"candidate": said["address"]})

    def _kept(self, table: Table) -> dict[str, Any]:
        path = self.local.folder / ".roadworthy" / "table.parquet"
        query.write(table, path)
        address = DirectoryStore(self.platform.home.bucket(PROJECT) / "objects").put(path.read_bytes())
        return {"address": address, "size": path.stat().st_size}

    def print(self, job: dict[str, Any], text: str, offset: int = 0) -> None:
        """Add to the log of a job."""
        hand.add_to_log(self.platform, job["id"], job["fence"], (offset, text))

    def end(self, job: dict[str, Any], outcome: str, found: dict[str, Any] | None = None) -> None:
        """Hand in what came of a job, and let the platform go on."""
        handed = {"outcome": outcome, "exit": 0, "summary": "The pipeline did not run to its end.", **(found or {})}
        hand.complete(self.platform, job["id"], job["fence"], handed)
        self.settle()

    def propose(self, branch: str, title: str, target: str = "develop") -> int:
        """Open a change as Carl, and return its number."""
        return changes.open_change(self.platform, PROJECT, changes.Wanted(branch, target, title), "carl").number

    def merge(self, number: int) -> None:
        """Merge a change as Mona, and let the platform go on."""
        changes.merge(self.platform, PROJECT, number, Wish("mona", is_maintainer=True))
        self.settle()

    def deploy(self, version: str, environment: str) -> None:
        """Put a version into an environment, without a service that answers there."""
        server = on_platform(self.platform.home, PROJECT, "mona")
        with declared_at(server, server.repo.resolve("main")) as declared:
            done = deploy_at(server, declared, Into(version, environment))
        with self.platform.database.write() as connection:
            note(connection, PROJECT, server.ledger, done.deployment.record)


def tell(platform: Platform, folder: Path) -> Story:
    """Let it all happen: v1.0.0 in production; changes merged (1), passed (2) and refused (3); a job that waits."""
    story = Story.begin(platform, folder)
    story.check()
    story.check()
    story.branch("feature/better", "better")
    story.check()
    story.merge(story.propose("feature/better", "Train on more rows"))
    story.check()
    story.branch("feature/good", "good", start="main")
    story.propose("feature/good", "Count carriers as well")
    story.check(measured=True)
    story.branch(HOSTILE, "hostile", start="main")
    story.propose(HOSTILE, TITLE)
    story.check(passes=False)
    story.deploy("v1.0.0", "production")
    story.branch("feature/waiting", "waiting", start="main")
    return story
