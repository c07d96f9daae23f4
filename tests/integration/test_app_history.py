"""The history as the command shows it, of any day."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from click.testing import CliRunner

from roadworthy.app.history import moment
from roadworthy.app.local import Local, open_local
from roadworthy.cli.history import command
from roadworthy.cli.status import command as status
from roadworthy.errors import IntegrityError, NotAProject, NotARepository, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.versions.read import history, record_line

AT = datetime(2026, 1, 31, 12, tzinfo=UTC)


@pytest.fixture
def local(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Local:
    """Return a project with v1.0.0, deployed the day after its release, and a tag that claims v2.0.0."""
    (tmp_path / "profile.yaml").write_text("apiVersion: roadworthy/v1alpha1\nproject: toy\n")
    (tmp_path / "pipeline.yaml").write_text("apiVersion: roadworthy/v1alpha1\n")
    for arguments in (["init", "--quiet"], ["add", "--all"], ["commit", "--quiet", "--message", "first"]):
        subprocess.run(["git", *arguments], cwd=tmp_path, check=True)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    local = open_local()
    body = {"model": "delay", "version": "v1.0.0", "tag": "delay@v1.0.0", "commit": local.repo.head()}
    version = local.ledger.keep("version", body)
    local.repo.create_tag("delay@v1.0.0", "HEAD", record_line(version), AT)
    tag = "delay#production#1"
    placed = {"model": "delay", "environment": "production", "number": 1, "tag": tag, "local": True, "rollback": False}
    deployed = local.ledger.keep("deployment", {**placed, "version": "v1.0.0", "version_record": version})
    local.repo.create_tag(tag, "HEAD", record_line(deployed), AT + timedelta(days=1))
    local.repo.create_tag("delay@v2.0.0", "HEAD", record_line(version), AT)
    return local


def say(*arguments: str) -> str:
    """Run the command and return what it printed."""
    done = CliRunner().invoke(command, arguments, catch_exceptions=False)
    assert done.exit_code == 0
    return done.stdout


@pytest.mark.usefixtures("local")
@pytest.mark.parametrize(("asked", "remedy"), [("dealy", "Did you mean delay?"), ("nosuch", "There is: delay.")])
def test_a_model_that_is_not_there_is_a_usage_error(asked: str, remedy: str) -> None:
    """A misspelt model is no model without versions: status 2, and the one that was meant."""
    with pytest.raises(UsageError) as found:
        say("--model", asked)

    assert found.value.status == 2
    assert found.value.remedy == remedy


@pytest.mark.usefixtures("local")
def test_the_history_is_told_with_what_does_not_count() -> None:
    """Versions, where they are, deployments, and claims that do not count with their reason."""
    text = say()

    assert "v1.0.0" in text
    assert "in production" in text
    assert "#1    2026-02-01 12:00 UTC  v1.0.0, local" in text
    assert "ignored delay@v2.0.0: its record says tag" in text


@pytest.mark.usefixtures("local")
def test_a_day_means_its_end_and_before_it_nothing_was() -> None:
    """As of the day of the release, there is a version and no deployment; the day before, nothing."""
    then = json.loads(say("--as-of", "2026-01-31", "--json"))["delay"]
    before = json.loads(say("--as-of", "2026-01-30", "--json"))["delay"]
    now = json.loads(say("--model", "delay", "--json"))["delay"]

    assert [one["version"] for one in then["versions"]] == ["v1.0.0"]
    assert then["deployments"] == []
    assert (before["versions"], before["ignored"]) == ([], [])
    assert now["current"] == {"production": "v1.0.0"}


@pytest.mark.usefixtures("local")
def test_of_a_day_before_the_first_release_it_says_so() -> None:
    """That nothing was released by then is not told as if nothing had ever been."""
    done = CliRunner().invoke(command, ["--as-of", "2026-01-30"], catch_exceptions=False)

    assert done.stdout == "delay\n  nothing released by 2026-01-30\n"
    assert "No version was released by 2026-01-30" in done.stderr
    assert "yet" not in done.stderr


@pytest.mark.parametrize(
    ("text", "seconds"),
    [
        ("2026-01-31", 86399),
        ("2026-01-31T00:00:00", 0),
        ("2026-01-31T12:00:00+01:00", 11 * 3600),
        ("2026-01-31 06:30", 6 * 3600 + 1800),
    ],
)
def test_a_moment_is_read_as_people_write_it(text: str, seconds: int) -> None:
    """A day is its last second; without a zone the time is UTC."""
    assert moment(text) == datetime(2026, 1, 31, tzinfo=UTC) + timedelta(seconds=seconds)


def test_what_is_no_date_is_a_usage_error() -> None:
    """A mistyped date is answered with how to write one."""
    with pytest.raises(UsageError, match="not a date"):
        moment("yesterday")


def test_outside_a_project_or_a_repository_it_is_said(tmp_path: Path) -> None:
    """A folder without a profile, and a project outside git, are told apart."""
    with pytest.raises(NotAProject):
        open_local(tmp_path)
    (tmp_path / "profile.yaml").write_text("apiVersion: roadworthy/v1alpha1\nproject: toy\n")
    with pytest.raises(NotARepository):
        open_local(tmp_path)
    assert not (tmp_path / ".roadworthy").exists()


def damage(local: Local, tag: str) -> None:
    """Append a byte to the record of *tag*."""
    said = subprocess.run(
        ["git", "tag", "-l", "--format=%(contents)", tag], cwd=local.folder, check=True, capture_output=True, text=True
    )
    path = local.ledger.records.path(Address(said.stdout.strip().removeprefix("Record: ")))
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")


def test_status_tells_that_the_newest_deployment_is_damaged(local: Local) -> None:
    """Production is not silently said to be nothing when the record of what is there cannot be read."""
    before = CliRunner().invoke(status, [], catch_exceptions=False)
    damage(local, "delay#production#1")
    after = CliRunner().invoke(status, [], catch_exceptions=False)

    assert "delay in production: v1.0.0." in before.stdout
    assert "ignored" not in before.output
    assert "delay in production: nothing that counts here.\n  delay#production#1 claims to be deployed" in after.stdout
    assert after.output.count("delay#production#1") == after.output.count("holds other bytes") == 1


def test_a_clone_says_whose_record_it_lacks(local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tags travel and records do not: a clone says so instead of having nothing in production."""
    clone = tmp_path / "elsewhere" / "clone"
    subprocess.run(["git", "clone", "--quiet", str(local.folder), str(clone)], check=True)
    monkeypatch.chdir(clone)
    done = CliRunner().invoke(status, [], catch_exceptions=False)

    assert "delay#production#1 claims to be deployed, and is ignored: The record " in done.stdout
    assert "is not kept here" in done.stdout


def test_what_is_kept_is_not_believed_from_a_clone(
    local: Local, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Who commits keys and records has them vouch for themselves in every clone: git may not track them."""
    local.ledger.close()
    add = ["git", "add", "--force", ".roadworthy/key.pub", ".roadworthy/ledger", ".roadworthy/index.db"]
    for command_line in (add, ["git", "commit", "--quiet", "--message", "believe me"]):
        subprocess.run(command_line, cwd=local.folder, check=True)
    clone = tmp_path / "elsewhere" / "clone"
    subprocess.run(["git", "clone", "--quiet", str(local.folder), str(clone)], check=True)
    monkeypatch.chdir(clone)

    for ask in (command, status):
        done = CliRunner().invoke(ask, [])
        assert isinstance(done.exception, IntegrityError)
        assert "git tracks files in" in done.exception.problem
        assert "git rm -r" in done.exception.remedy
    subprocess.run(["git", "rm", "-r", "-f", "--quiet", ".roadworthy"], cwd=clone, check=True)
    assert history(open_local(clone).repo, open_local(clone).ledger, "delay").versions == ()


def test_a_key_that_is_taken_out_of_git_again_is_fine(local: Local) -> None:
    """The remedy for who made them: the files stay, git forgets them."""
    subprocess.run(["git", "add", "--force", ".roadworthy/key.pub"], cwd=local.folder, check=True)
    with pytest.raises(IntegrityError, match="git tracks"):
        open_local(local.folder)
    subprocess.run(["git", "rm", "-r", "--cached", "--quiet", ".roadworthy"], cwd=local.folder, check=True)

    assert history(local.repo, open_local(local.folder).ledger, "delay").versions != ()
