"""A runner's clone: the commit and nothing else, the branches it was told, and what the platform stated."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from release_project import PASSED, git, make, prove
from roadworthy.app.local import open_local
from roadworthy.app.release import Into, Wanted, deploy_at, release_at
from roadworthy.app.runner.checkout import Origin, bring, check_out, refresh
from roadworthy.app.runner.hand_in import hand_in
from roadworthy.app.server.accept import accept
from roadworthy.app.server.at_commit import declared_at, on_platform
from roadworthy.app.server.home import Home
from roadworthy.build.pipeline.record import item_from_json
from roadworthy.errors import GitFailed, IntegrityError, NotFound
from roadworthy.ledger.objects.tree import listing
from roadworthy.ledger.versions.read import current, version

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.app.local import Local


@pytest.fixture
def home(tmp_path: Path) -> Home:
    """Return a platform's home."""
    made = Home(tmp_path / "home")
    made.repositories.mkdir(parents=True)
    return made


@pytest.fixture
def laptop(tmp_path: Path, home: Home) -> Local:
    """Return the project where it is worked on, pushed to the platform."""
    made = make(tmp_path / "toy")
    push(made, home)
    return made


def push(laptop: Local, home: Home) -> str:
    """Push everything, and return the commit."""
    repository = home.repositories / "toy.git"
    if not repository.exists():
        git(laptop.folder, "init", "-q", "--bare", "-b", "main", str(repository))
    git(laptop.folder, "push", "-q", "--force", str(repository), "+refs/*:refs/*")
    return git(laptop.folder, "rev-parse", "HEAD")


def origin(home: Home) -> Origin:
    """Return where the clone takes everything from."""
    return Origin(str(home.repositories / "toy.git"), home.bucket("toy"), home.public_key())


def commit(laptop: Local, name: str, text: str) -> None:
    """Commit a file."""
    (laptop.folder / name).parent.mkdir(parents=True, exist_ok=True)
    (laptop.folder / name).write_text(text, encoding="utf-8")
    git(laptop.folder, "add", "-f", name)
    git(laptop.folder, "commit", "-q", "-m", f"Write {name}")


def test_a_checkout_holds_the_commit_and_nothing_else(home: Home, laptop: Local, tmp_path: Path) -> None:
    """What an earlier job left is gone, but for what is kept of runs."""
    first = push(laptop, home)
    place = tmp_path / "work" / "clone"
    check_out(place, origin(home), first, {"main": first})
    (place / "left.txt").write_text("left", encoding="utf-8")
    (place / "build").mkdir()
    (place / "build" / "model").write_text("left", encoding="utf-8")
    (place / "profile.yaml").write_text("changed", encoding="utf-8")
    kept = place / ".roadworthy" / "kept"
    kept.write_text("kept", encoding="utf-8")
    commit(laptop, "new.txt", "new")
    second = push(laptop, home)

    check_out(place, origin(home), second, {"feature/x": second, "main": first})

    assert sorted(path.name for path in place.iterdir()) == sorted(
        [".git", ".gitignore", ".roadworthy", "new.txt", "pipeline.yaml", "profile.yaml", "requirements.txt",
         "requirements.yaml"]
    )  # fmt: skip
    assert kept.read_text(encoding="utf-8") == "kept"
    assert git(place, "symbolic-ref", "HEAD") == "refs/heads/feature/x"
    assert git(place, "rev-parse", "main") == first
    assert git(place, "status", "--porcelain") == ""


def test_branches_that_stand_in_each_others_way_follow_each_other(home: Home, laptop: Local, tmp_path: Path) -> None:
    """`x` after `x/y`: git keeps branches as files, and the old ones go first."""
    there, place = push(laptop, home), tmp_path / "clone"
    for name in ("x/y", "x", "x/y/z"):
        check_out(place, origin(home), there, {name: there})

        assert git(place, "for-each-ref", "--format=%(refname)", "refs/heads/") == f"refs/heads/{name}"


def test_a_commit_that_is_not_there_is_told(home: Home, laptop: Local, tmp_path: Path) -> None:
    """So is what could be taken for an option."""
    push(laptop, home)
    for name in ("f" * 40, "--force"):
        with pytest.raises((NotFound, GitFailed)):
            check_out(tmp_path / "clone", origin(home), name, {})


def test_a_clone_believes_what_the_platform_stated(home: Home, laptop: Local, tmp_path: Path) -> None:
    """The version in production counts there, and its bytes are brought."""
    prove(laptop, "a model", PASSED)
    there = push(laptop, home)
    sent = hand_in(laptop, there, home.bucket("toy"), proved=True)
    server = on_platform(home, "toy", "runner")
    accept(server.ledger, "toy", there, sent)
    with declared_at(server, there) as project:
        release_at(server, project, Wanted(there))
        deploy_at(server, project, Into("v1.0.0", "production"))
    place = tmp_path / "clone"
    check_out(place, origin(home), there, {"main": there})
    bring(place, origin(home), ("production",))

    clone = open_local(place)
    found = current(clone.repo, clone.ledger, "toy", "production")
    assert found is not None
    assert (found.version, found.local) == ("v1.0.0", False)
    assert clone.ledger.records.read(found.record).authority == "platform"
    part = clone.ledger.records.read(version(clone.repo, clone.ledger, "toy", found.version).record).body["artifact"]
    assert isinstance(part, dict)
    model = item_from_json(part)
    [weights] = listing(model, clone.ledger.objects).values()
    assert clone.ledger.objects.get(weights.address) == b"a model"


def test_a_commit_that_brings_its_own_trust_is_refused(home: Home, laptop: Local, tmp_path: Path) -> None:
    """Whoever commits a key into `.roadworthy` does not make the runner believe it."""
    commit(laptop, ".roadworthy/trusted/mine.pub", "ed25519:0 AAAA\n")
    there, place = push(laptop, home), tmp_path / "clone"
    check_out(place, origin(home), there, {"main": there})

    with pytest.raises(IntegrityError, match="git tracks files"):
        bring(place, origin(home), ("production",))
    git(laptop.folder, "rm", "-q", "-r", "--cached", ".roadworthy/trusted")
    git(laptop.folder, "commit", "-q", "-m", "Take it away")
    after = push(laptop, home)
    check_out(place, origin(home), after, {"main": after})
    assert not (place / ".roadworthy" / "trusted" / "mine.pub").exists()


def test_refreshing_again_copies_nothing_twice(home: Home, laptop: Local, tmp_path: Path) -> None:
    """Records that are there are left as they are."""
    there, place = push(laptop, home), tmp_path / "clone"
    record = home.ledger("toy", "ada").keep("audit", {"number": 1})
    check_out(place, origin(home), there, {"main": there})
    copy = open_local(place).ledger.records.path(record)
    before = copy.stat().st_ino
    refresh(place, origin(home))

    assert copy.stat().st_ino == before
