"""The doctor says what is missing, and how to get it."""

from __future__ import annotations

import json
import os
from typing import TYPE_CHECKING

from click.testing import CliRunner

from kernel import needed
from roadworthy.app.doctor import Finding, examine
from roadworthy.app.remote import credentials
from roadworthy.app.remote.credentials import Credential
from roadworthy.app.remote.platform import platform_of
from roadworthy.cli.doctor import command

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def found(folder: Path, **environment: str) -> dict[str, Finding]:
    """Return the findings by name, with *environment* over the test's own."""
    return {finding.name: finding for finding in examine(folder, {**os.environ, **environment})}


def test_a_machine_that_has_all_is_healthy(tmp_path: Path) -> None:
    """Where the tests run, nothing is missing."""
    assert [finding for finding in found(tmp_path).values() if finding.state == "missing"] == []


def test_a_machine_without_git_is_told_how_to_get_it(tmp_path: Path) -> None:
    """Without git on the path, git is missing, and the remedy installs it."""
    git = found(tmp_path, PATH=str(tmp_path))["git"]

    assert git.state == "missing"
    assert "install git" in git.remedy


def test_an_identity_that_is_not_set_is_missing(tmp_path: Path) -> None:
    """Records and tags need a name: without one, the doctor says how to set it."""
    nobody = {f"GIT_{role}_{what}": "" for role in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}
    environment = {key: value for key, value in os.environ.items() if key not in nobody}

    findings = {finding.name: finding for finding in examine(tmp_path, environment)}

    assert findings["git identity"].state == "missing"
    assert "git config" in findings["git identity"].remedy


def test_the_identity_of_the_environment_counts(tmp_path: Path) -> None:
    """Git takes a name from its variables too."""
    assert found(tmp_path)["git identity"].found == "Ada <ada@example.com>"


def test_no_confinement_is_said_in_plain_words(tmp_path: Path) -> None:
    """Nobody is left to believe that a project's code is confined, or can read less than its user."""
    free = found(tmp_path, ROADWORTHY_CONFINEMENT="none")["confinement"]
    wrong = found(tmp_path, ROADWORTHY_CONFINEMENT="jail")["confinement"]

    assert (free.state, free.found) == ("note", "none (trust all contributors)")
    assert (wrong.state, wrong.found) == ("missing", "ROADWORTHY_CONFINEMENT is 'jail'.")


def test_what_the_kernel_keeps_stages_from_is_said(tmp_path: Path) -> None:
    """Where the kernel refuses and watches, both are said, and that everybody has to be trusted all the same."""
    needed()

    assert found(tmp_path)["confinement"].found == (
        "stages write only inside their project; with --strict, whatever they open is watched (trust all contributors)"
    )


def test_a_key_that_others_can_read_is_a_fault(tmp_path: Path) -> None:
    """Whoever reads the key can sign in this machine's name."""
    key = tmp_path / ".roadworthy" / "key"
    key.parent.mkdir()
    key.write_bytes(b"secret")
    key.chmod(0o644)

    assert found(tmp_path)["signing key"].state == "missing"
    assert "chmod 600" in found(tmp_path)["signing key"].remedy


def test_a_bucket_that_is_not_mounted_is_missing(tmp_path: Path) -> None:
    """A bucket that is named and not there is found before a push is."""
    assert found(tmp_path, ROADWORTHY_BUCKET=str(tmp_path / "mnt"))["bucket"].state == "missing"
    assert found(tmp_path, ROADWORTHY_BUCKET=f"file://{tmp_path}")["bucket"].state == "ok"


def test_a_bucket_of_a_platform_needs_a_token(tmp_path: Path) -> None:
    """Whoever is not logged in is told to, and a token is not sent in the clear; the platform is not asked."""
    bucket = "https://ml.example.com/buckets/flights"
    stranger = found(tmp_path, ROADWORTHY_BUCKET=bucket)["bucket"]
    credentials.save(platform_of("https://ml.example.com"), Credential("ada", "rwt_ada"))

    assert (stranger.state, stranger.remedy) == ("missing", "Run `roadworthy login https://ml.example.com`.")
    assert found(tmp_path, ROADWORTHY_BUCKET=bucket)["bucket"].state == "ok"
    assert found(tmp_path, ROADWORTHY_BUCKET="http://10.0.0.5/buckets/flights")["bucket"].state == "missing"
    assert found(tmp_path, ROADWORTHY_BUCKET="https://ml.example.com/")["bucket"].state == "missing"


def test_the_status_says_whether_something_is_missing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Status 0 when all is there and 1 when not; `--json` prints one document."""
    monkeypatch.chdir(tmp_path)
    healthy = CliRunner().invoke(command, ["--json"])
    monkeypatch.setenv("ROADWORTHY_BUCKET", "/nowhere")
    ill = CliRunner().invoke(command, [])

    assert (healthy.exit_code, ill.exit_code) == (0, 1)
    assert {finding["state"] for finding in json.loads(healthy.output)} <= {"ok", "note"}
    assert "/nowhere is not there" in ill.output
