"""Following a platform: a laptop believes what its platform stated, and nothing that a changed key says."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner

from release_project import git
from roadworthy.app.remote.client import Remote
from roadworthy.app.remote.follow import follow
from roadworthy.cli.login import command as login_command
from roadworthy.errors import IntegrityError, NotAllowed
from roadworthy.ledger.versions.read import history
from web_story import PROJECT, Story
from web_world import World

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.app.local import Local


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a platform that has released a version of a project."""
    with World.open(tmp_path) as opened:
        story = Story.begin(opened.platform, tmp_path / "author")
        for _ in range(2):
            story.check()
        yield opened


@pytest.fixture
def clone(world: World, tmp_path: Path) -> Local:
    """Return another clone of it, with its tags, in which nothing of the platform is believed yet."""
    from roadworthy.app.local import open_local

    folder = tmp_path / "clone"
    git(tmp_path, "clone", "-q", str(world.platform.forge.path(PROJECT)), str(folder))
    git(folder, "remote", "set-url", "origin", f"{world.url}/git/{PROJECT}.git")
    return open_local(folder)


def remote(world: World, name: str = "rita") -> Remote:
    """Return the platform as somebody who may read the project asks it."""
    return Remote(world.url, world.program(name, "read").token)


def counted(clone: Local) -> list[str]:
    """Return the versions that count in the clone."""
    return [one.name for one in history(clone.repo, clone.ledger, "toy").versions]


def test_what_the_platform_released_counts_in_a_clone_that_follows_it(world: World, clone: Local) -> None:
    """And not before; what is here already is not brought again."""
    before = counted(clone)
    first, second = (follow(clone, remote(world), PROJECT) for _ in range(2))

    assert before == []
    assert counted(clone) == ["v1.0.0"]
    assert (first.new, second.new) == (first.records, 0)
    assert first.records > 5


def test_a_changed_key_is_loud(world: World, clone: Local) -> None:
    """Nothing is brought, and what was believed before still is."""
    follow(clone, remote(world), PROJECT)
    home = world.platform.home
    for place in (home.key, home.key.with_name("key.pub")):
        place.unlink()

    with pytest.raises(NotAllowed, match="HAS CHANGED"):
        follow(clone, remote(world), PROJECT)
    assert counted(clone) == ["v1.0.0"]


def test_a_clone_remembers_the_key_by_itself(world: World, clone: Local, home: Path) -> None:
    """Also when the user's own memory of it was removed."""
    follow(clone, remote(world), PROJECT)
    (known,) = (home / ".config" / "roadworthy" / "platforms").glob("*.pub")
    known.unlink()
    for place in (world.platform.home.key, world.platform.home.key.with_name("key.pub")):
        place.unlink()

    with pytest.raises(NotAllowed, match="since this clone followed it"):
        follow(clone, remote(world), PROJECT)


def test_a_record_that_was_changed_is_not_brought(world: World, clone: Local) -> None:
    """Its bytes are held against its address before they are kept."""
    ledger = world.platform.home.ledger(PROJECT, "test")
    address = next(address for address, _ in ledger.records.all("version"))
    place = ledger.records.path(address)
    place.chmod(0o600)
    place.write_bytes(place.read_bytes().replace(b"e", b"f", 1))

    with pytest.raises(IntegrityError, match="other bytes"):
        follow(clone, remote(world), PROJECT)
    assert counted(clone) == []


def test_who_may_not_read_the_project_brings_nothing(world: World, clone: Local) -> None:
    """The platform refuses."""
    with pytest.raises(NotAllowed):
        follow(clone, remote(world, "otto"), PROJECT)


def test_login_in_a_clone_brings_the_records(world: World, clone: Local, monkeypatch: pytest.MonkeyPatch) -> None:
    """One command, and the laptop believes what was released."""
    monkeypatch.chdir(clone.folder)
    token = world.program("rita", "read").token
    done = CliRunner().invoke(login_command, [world.url, "--token-file", "-"], input=token)

    assert done.exit_code == 0, done.output
    assert "records of the platform are here" in done.output
    assert counted(clone) == ["v1.0.0"]
