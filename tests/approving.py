"""A project that asks for two approvals, and a change of it that Carl opened and whose check passed."""

from __future__ import annotations

import contextlib
import shutil
from dataclasses import dataclass
from typing import TYPE_CHECKING, Self

import pytest

from release_project import git
from roadworthy.app.local import open_local
from roadworthy.app.server import changes
from roadworthy.app.server.platform import open_at
from roadworthy.app.server.review import opinion
from roadworthy.app.server.review.discuss import Remark, Speaker, comment
from roadworthy.platform.change.merge import Wish
from roadworthy.platform.identity.actor import Actor
from web_story import PROJECT, Story

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.app.server.platform import Platform
    from roadworthy.platform.change.approval import Says
    from roadworthy.platform.change.change import Change
    from roadworthy.platform.change.perspective import Perspective
    from roadworthy.platform.change.said import Said

PROFILE = """apiVersion: roadworthy/v1alpha1
project: toy
members: {mona: maintainer, carl: contributor, rita: contributor, otto: contributor, zoe: reader}
reviewers: {software: [user:rita, user:mona], analysis: [otto, rita]}
review: {paths: {"docs/**": none}}
environments: {staging: {from: develop}, production: {from: main}}
"""
ROLES = {"mona": "maintainer", "carl": "contributor", "rita": "contributor", "otto": "contributor"}


@dataclass
class Reviewed:
    """The story, and its first change."""

    story: Story
    number: int

    @classmethod
    @contextlib.contextmanager
    def open(cls, begun: Path, folder: Path) -> Iterator[Self]:
        """Give what was begun in a folder, as a copy in another: to change things in."""
        shutil.copytree(begun, folder, dirs_exist_ok=True, symlinks=True)
        with open_at(folder / "home", lambda _: None) as platform:
            yield cls(Story(platform, open_local(folder / "laptop")), 1)

    @classmethod
    def begin(cls, platform: Platform, folder: Path) -> Self:
        """Push the project, and a branch that is proposed and checked."""
        story = Story.begin(platform, folder, PROFILE)
        story.check(measured=True)
        story.check(measured=True)
        story.branch("feature/wind", "wind")
        number = story.propose("feature/wind", "Use the wind")
        story.check(measured=True)
        return cls(story, number)

    @property
    def platform(self) -> Platform:
        """Where it is."""
        return self.story.platform

    @property
    def head(self) -> str:
        """The last commit of the change's branch."""
        return self.platform.forge.refs(PROJECT)["refs/heads/feature/wind"]

    def approve(self, who: str, perspective: Perspective, says: Says = "yes", head: str | None = None) -> Said:
        """Say something of the change."""
        wanted = opinion.Wanted(perspective, head or self.head, says)
        return opinion.opine(self.platform, PROJECT, self.number, wanted, Actor(who))

    def comment(self, who: str, text: str, **more: str) -> Said:
        """Comment on the change."""
        remark = Remark(text, **more)  # type: ignore[arg-type] # of its fields, texts alone
        return comment(self.platform, PROJECT, self.number, remark, Speaker(Actor(who), ROLES.get(who)))

    def missing(self) -> tuple[str, ...]:
        """Return what of the approvals is missing."""
        return changes.standing(self.platform, PROJECT, self.number).missing

    def merge(self, who: str = "carl", reason: str = "") -> Change:
        """Merge it."""
        return changes.merge(self.platform, PROJECT, self.number, Wish(who, who == "mona", reason))

    def push(
        self, path: str, text: str, *, check: bool = True, author: str = "carl", branch: str = "feature/wind"
    ) -> str:
        """Push a commit that changes one file, and have it checked."""
        folder = self.story.local.folder
        git(folder, "checkout", "-q", *(["-b", branch, "develop"] if branch != "feature/wind" else [branch]))
        place = folder / path
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")
        git(folder, "add", "-f", path)
        git(folder, "commit", "-q", "-m", path, f"--author={author} <{author}@example.com>")
        self.story.push(branch)
        if check:
            self.story.check(measured=True)
        return self.head


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Give a folder with a platform and a laptop, on which a change asks for two approvals."""
    folder = tmp_path_factory.mktemp("begun")
    with open_at(folder / "home", lambda _: None) as platform:
        for name in ("mona", "carl", "rita", "otto", "zoe"):
            platform.identity.accounts.create(name, None)
        Reviewed.begin(platform, folder / "laptop")
    return folder


@pytest.fixture
def reviewed(begun: Path, tmp_path: Path) -> Iterator[Reviewed]:
    """Give a change that asks for two approvals."""
    with Reviewed.open(begun, tmp_path) as opened:
        yield opened
