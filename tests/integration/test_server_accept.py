"""What a runner hands in: held against what was asked, signed by the platform, refused when it does not fit."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from release_project import FAILED, PASSED, git, make, prove
from roadworthy.app.release import Wanted, release_at
from roadworthy.app.runner.hand_in import hand_in
from roadworthy.app.server.accept import accept
from roadworthy.app.server.at_commit import declared_at, on_platform
from roadworthy.app.server.home import Home, opened
from roadworthy.errors import Conflict, IntegrityError, TestsFailed
from roadworthy.ledger.objects.address import Address
from roadworthy.prove import keep

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from roadworthy.app.local import Local


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    """Give a platform's home that is held by this test."""
    with opened(tmp_path / "home") as made:
        yield made


@pytest.fixture
def laptop(tmp_path: Path) -> Local:
    """Return the project where it is worked on."""
    return make(tmp_path / "toy")


def hosted(home: Home, laptop: Local) -> Local:
    """Return the project as the server works on it, with the laptop's commits."""
    git(laptop.folder, "clone", "-q", "--bare", ".", str(home.repositories / "toy.git"))
    return on_platform(home, "toy", "runner")


def handed(home: Home, laptop: Local) -> dict[str, Any]:
    """Return what a runner would send, through JSON, as it would come."""
    commit = git(laptop.folder, "rev-parse", "HEAD")
    found: dict[str, Any] = json.loads(json.dumps(hand_in(laptop, commit, home.bucket("toy"), proved=True)))
    return found


def test_what_was_handed_in_is_stated_by_the_platform(home: Home, laptop: Local) -> None:
    """Run and proof are kept in the bucket, signed with the platform's key, and can be released."""
    prove(laptop, "a model", PASSED)
    sent = handed(home, laptop)
    server = hosted(home, laptop)
    commit = git(laptop.folder, "rev-parse", "HEAD")

    found = accept(server.ledger, "toy", commit, sent)

    assert found is not None
    assert found.proof is not None
    record = server.ledger.records.read(found.proof)
    assert (record.authority, record.actor) == ("platform", "runner")
    assert keep.find(server.ledger, commit) == (found.proof, found.proved)
    with declared_at(server, commit) as project:
        released = release_at(server, project, Wanted(commit)).released
    assert released.version.name == "v1.0.0"


def test_a_failed_proof_is_kept_and_not_released(home: Home, laptop: Local) -> None:
    """That a test says no is a fact too."""
    prove(laptop, "a model", PASSED, FAILED)
    sent = handed(home, laptop)
    server = hosted(home, laptop)
    commit = git(laptop.folder, "rev-parse", "HEAD")
    found = accept(server.ledger, "toy", commit, sent)

    assert found is not None
    assert found.proved is not None
    assert not found.proved.passed
    with declared_at(server, commit) as project, pytest.raises(TestsFailed):
        release_at(server, project, Wanted(commit))


def test_nothing_handed_in_is_nothing_stated(home: Home, laptop: Local) -> None:
    """A pipeline that did not run to its end leaves no fact."""
    server = hosted(home, laptop)

    assert accept(server.ledger, "toy", "c" * 40, {}) is None


def _other(part: str, name: str, value: Any) -> Callable[[dict[str, Any]], None]:
    def spoil(sent: dict[str, Any]) -> None:
        sent[part][name] = value

    return spoil


@pytest.mark.parametrize(("spoil", "told"), [
    (_other("run", "commit", "d" * 40), "of the commit"),
    (_other("run", "project", "other"), "of the project"),
    (_other("proof", "commit", "d" * 40), "of another run"),
    (_other("proof", "dirty", 1), "of another run"),
    (_other("proof", "candidate", str(Address.of(b"forged"))), "did not leave"),
    (_other("proof", "predictions", {"candidate": str(Address.of(b"none"))}), "no undamaged"),
    (_other("reports", "page", str(Address.of(b"none"))), "no undamaged"),
    (_other("run", "stages", "nonsense"), "cannot be read"),
    (_other("proof", "checks", [{"section": "data"}]), "cannot be read"),
    (_other("reports", "page", "not an address"), "cannot be read"),
    (lambda sent: sent.update(run=["a"]), "cannot be read"),
])  # fmt: skip
def test_what_does_not_fit_is_refused(
    home: Home, laptop: Local, spoil: Callable[[dict[str, Any]], None], told: str
) -> None:
    """Nothing of it is stated."""
    prove(laptop, "a model", PASSED)
    sent = handed(home, laptop)
    server = hosted(home, laptop)
    sent.setdefault("reports", {})
    spoil(sent)

    with pytest.raises(IntegrityError, match=told):
        accept(server.ledger, "toy", git(laptop.folder, "rev-parse", "HEAD"), sent)
    assert list(server.ledger.records.all("run")) == []
    assert list(server.ledger.records.all("proof")) == []


def test_one_server_at_a_time_works_in_a_home(home: Home) -> None:
    """A second one is told where the first is."""
    with pytest.raises(Conflict, match="Another server works in"), opened(home.folder):
        pass


def test_a_home_is_its_owners_alone(home: Home) -> None:
    """Nobody else reads the key or a secret in it."""
    assert home.folder.stat().st_mode & 0o077 == 0
    home.public_key()
    assert home.key.stat().st_mode & 0o077 == 0
