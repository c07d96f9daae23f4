"""Versions and deployments in a real repository: a tag counts only when a signed record bears it out."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from roadworthy.errors import NotFound
from roadworthy.ledger import ledger
from roadworthy.ledger.repo.repository import Repository
from roadworthy.ledger.versions.names import DeploymentName, VersionName, parse_number
from roadworthy.ledger.versions.read import History, current, deployments, history, record_line, version, versions

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from roadworthy.ledger.ledger import Ledger
    from roadworthy.ledger.objects.address import Address

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)
DAY = timedelta(days=1)


@dataclass(frozen=True)
class Place:
    """A repository with a ledger, in which versions are made as a release makes them."""

    repo: Repository
    ledger: Ledger

    def release(
        self, name: str, at: datetime = AT, *, folder: str = "", other: Mapping[str, object] | None = None
    ) -> Address:
        """Make a version; *other* replaces what its record says. Return the record."""
        other = other or {}
        tag = str(VersionName("delay", parse_number(name), folder))
        body = {"model": "delay", "version": name, "tag": tag, "commit": self.repo.head(), **other}
        record = self.ledger.keep(str(other.get("kind", "version")), body)
        self.repo.create_tag(tag, "HEAD", f"A release.\n\n{record_line(record)}\n", at)
        return record

    def deploy(
        self, name: str, number: int, released: Address, at: datetime = AT, other: Mapping[str, object] | None = None
    ) -> Address:
        """Make a deployment to production; *other* replaces what its record says. Return the record."""
        tag = str(DeploymentName("delay", "production", number))
        body = {
            "model": "delay",
            "environment": "production",
            "number": number,
            "version": name,
            "version_record": released,
            "tag": tag,
            "local": True,
            "rollback": False,
            **(other or {}),
        }
        record = self.ledger.keep("deployment", body)
        self.repo.create_tag(tag, "HEAD", f"A deployment.\n\n{record_line(record)}\n", at)
        return record

    def history(self, as_of: datetime | None = None) -> History:
        """Return what counts."""
        return history(self.repo, self.ledger, "delay", as_of=as_of)

    def commit(self) -> None:
        """Make an empty commit."""
        subprocess.run(["git", "commit", "--quiet", "--allow-empty", "-m", "next"], cwd=self.repo.root, check=True)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """Return a repository with one commit, and an empty ledger."""
    subprocess.run(["git", "init", "--quiet", "--initial-branch", "main"], cwd=tmp_path, check=True)
    made = Place(Repository.open(tmp_path), ledger.open(tmp_path / ".roadworthy"))
    made.commit()
    return made


def test_versions_and_deployments_are_read_in_order(place: Place) -> None:
    """What was released and deployed is listed by number, and the last deployment is current."""
    first = place.release("v0.1.0")
    place.commit()
    second = place.release("v0.10.0", AT + DAY)
    place.commit()
    third = place.release("v0.9.0", AT + 2 * DAY)
    place.repo.create_tag("unrelated", "HEAD", "x", AT)
    one = place.history().version("v0.1.0")

    assert [found.name for found in place.history().versions] == ["v0.1.0", "v0.9.0", "v0.10.0"]
    assert [found.record for found in versions(place.repo, place.ledger, "delay")] == [first, third, second]
    assert one is not None
    assert (one.at, one.tag, one.model) == (AT, "delay@v0.1.0", "delay")
    assert place.history().ignored == ()
    assert history(place.repo, place.ledger, "other") == History((), (), ())


def test_the_last_deployment_is_current_and_a_rollback_is_one(place: Place) -> None:
    """Deployments are ordered by number; an older version deployed again is what runs."""
    old = place.release("v0.1.0")
    records = [place.deploy("v0.1.0", 1, old)]
    place.commit()
    new = place.release("v1.0.0", AT + DAY)
    records.append(place.deploy("v1.0.0", 2, new, AT + DAY))
    subprocess.run(["git", "checkout", "--quiet", "delay@v0.1.0"], cwd=place.repo.root, check=True)
    records.append(place.deploy("v0.1.0", 3, old, AT + 2 * DAY, {"rollback": True}))
    found = deployments(place.repo, place.ledger, "delay", "production")
    running = current(place.repo, place.ledger, "delay", "production")

    assert [(one.number, one.version, one.rollback, one.local) for one in found] == [
        (1, "v0.1.0", False, True),
        (2, "v1.0.0", False, True),
        (3, "v0.1.0", True, True),
    ]
    assert [one.record for one in found] == records
    assert running == found[-1]
    assert current(place.repo, place.ledger, "delay", "staging") is None


def test_any_day_can_be_asked_for(place: Place) -> None:
    """As of a day, later versions and deployments are not there yet."""
    old = place.release("v0.1.0")
    place.deploy("v0.1.0", 1, old)
    place.commit()
    place.deploy("v1.0.0", 2, place.release("v1.0.0", AT + DAY), AT + DAY)
    before, then, now = (place.history(AT + days * DAY) for days in (-1, 0, 1))

    assert before == History((), (), ())
    assert [found.name for found in then.versions] == ["v0.1.0"]
    running = [None if (one := found.current("production")) is None else one.version for found in (before, then, now)]
    assert running == [None, "v0.1.0", "v1.0.0"]


@pytest.mark.parametrize(
    ("other", "reason"),
    [
        ({"commit": "0" * 40}, "its record says commit"),
        ({"version": "v9.0.0"}, "its record says version 'v9.0.0'"),
        ({"tag": "delay@v0.1.0"}, "its record says tag"),
        ({"model": "other"}, "its record says model 'other'"),
        ({"kind": "run"}, "its record is of a run"),
    ],
)
def test_a_tag_whose_record_says_otherwise_does_not_count(place: Place, other: dict[str, object], reason: str) -> None:
    """A true record of something else does not bear a tag out, and the reason is told."""
    place.release("v1.0.0", other=other)
    (ignored,) = place.history().ignored

    assert place.history().versions == ()
    assert ignored.tag == "delay@v1.0.0"
    assert reason in ignored.reason
    with pytest.raises(NotFound, match="does not count"):
        version(place.repo, place.ledger, "delay", "v1.0.0")


@pytest.mark.parametrize("message", ["no record", "Record: none", "Record: blake3:" + "0" * 64, None])
def test_a_tag_without_a_record_here_does_not_count(place: Place, message: str | None) -> None:
    """A claim that names no record, or one that is not here, is ignored, as is a lightweight tag."""
    if message is None:
        subprocess.run(["git", "tag", "delay@v1.0.0"], cwd=place.repo.root, check=True)
    else:
        place.repo.create_tag("delay@v1.0.0", "HEAD", message, AT)

    assert place.history().versions == ()
    assert [one.tag for one in place.history().ignored] == ["delay@v1.0.0"]


def test_a_tag_whose_record_is_damaged_does_not_count(place: Place) -> None:
    """A record that changed on disk takes its version, and the deployments of it, out of effect, loudly."""
    record = place.release("v1.0.0")
    place.deploy("v1.0.0", 1, record)
    path = place.ledger.records.path(record)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes().replace(b"a", b"b", 1))
    reasons = {one.tag: one.reason for one in place.history().ignored}

    assert place.history().current("production") is None
    assert "holds other bytes" in reasons["delay@v1.0.0"]
    assert "v1.0.0, which does not count: " in reasons["delay#production#1"]
    assert {one.cause for one in place.history().ignored} == {"damaged"}


def test_a_record_of_somebody_else_does_not_count(place: Place, tmp_path: Path) -> None:
    """A version made with another key, its record copied here, is not believed."""
    foreign = Place(place.repo, ledger.open(tmp_path / "elsewhere" / ".roadworthy"))
    record = foreign.release("v1.0.0")
    path = place.ledger.records.path(record)
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(foreign.ledger.records.path(record).read_bytes())

    assert [one.name for one in foreign.history().versions] == ["v1.0.0"]
    assert place.history().versions == ()
    assert "not trusted" in place.history().ignored[0].reason


@pytest.mark.parametrize(
    "other",
    [{"version": "v9.0.0"}, {"environment": "staging"}, {"number": 2}, {"version_record": "blake3:" + "0" * 64}],
)
def test_a_deployment_of_something_else_does_not_count(place: Place, other: dict[str, object]) -> None:
    """A deployment is believed only of the very version, environment and number that its record states."""
    record = place.release("v1.0.0")
    place.deploy("v1.0.0", 1, record, other=other)

    assert place.history().current("production") is None
    assert [one.tag for one in place.history().ignored] == ["delay#production#1"]


def test_a_tag_moved_to_another_commit_does_not_count(place: Place) -> None:
    """Moving a tag takes it out of effect: the record names the commit."""
    record = place.release("v1.0.0")
    place.commit()
    tag = ["git", "tag", "--force", "-a", "-m", record_line(record), "delay@v1.0.0"]
    subprocess.run(tag, cwd=place.repo.root, check=True, capture_output=True)

    assert place.history().versions == ()
    assert "commit" in place.history().ignored[0].reason


def test_projects_in_one_repository_do_not_mix(place: Place) -> None:
    """A version of a project in a folder is that folder's alone."""
    place.release("v1.0.0")
    place.release("v2.0.0", folder="teams/ops")

    assert [one.name for one in versions(place.repo, place.ledger, "delay")] == ["v1.0.0"]
    assert [one.name for one in versions(place.repo, place.ledger, "delay", folder="teams/ops")] == ["v2.0.0"]
    assert version(place.repo, place.ledger, "delay", "2.0.0", folder="teams/ops").tag == "teams/ops=delay@v2.0.0"
    with pytest.raises(NotFound, match="no version"):
        version(place.repo, place.ledger, "delay", "v2.0.0")


def test_what_claims_to_be_newer_than_the_current_one_is_known(place: Place) -> None:
    """Of newer deployments that do not count, the latest of each cause is told; of older ones, none."""
    record = place.release("v1.0.0")
    place.repo.create_tag("delay#production#1", "HEAD", "no record", AT)
    place.deploy("v1.0.0", 2, record)
    damaged = place.ledger.records.path(place.deploy("v1.0.0", 3, record))
    for number in (4, 5):
        place.repo.create_tag(f"delay#production#{number}", "HEAD", f"Record: blake3:{number:064}", AT)
    place.repo.create_tag("delay#production#6", "HEAD", "no record", AT)
    damaged.chmod(0o644)
    damaged.write_bytes(damaged.read_bytes() + b" ")
    seen = place.history()
    running = seen.current("production")

    assert running is not None
    assert running.number == 2
    assert [(one.tag[-1], one.cause) for one in seen.newer("production")] == [
        ("6", "untrue"),
        ("5", "absent"),
        ("3", "damaged"),
    ]
    assert seen.newer("staging") == ()
    assert seen.environments == ("production",)
