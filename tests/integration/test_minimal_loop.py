"""The minimal template, whose data git tracks, from its first run to a version that predicts."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

from rendered import git, made
from roadworthy.app.local import Local, open_local
from roadworthy.app.release import deploy_here, release_here
from roadworthy.app.runner.hand_in import hand_in
from roadworthy.build.data.table import Column, Table
from roadworthy.build.model.version import fetch, open_version
from roadworthy.cli.main import roadworthy
from roadworthy.errors import NotFound, TestsFailed, UsageError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.prove.predictor import Predictor

REQUIREMENTS = """apiVersion: roadworthy/v1alpha1
model: model
task: regression
inputs: {columns: [x]}
outputs: {y: {type: number}}
quality: [{metric: mean_absolute_error, at_most: 0.5}]
"""
DATASETS = "datasets:\n  reference: {path: data.csv, label: y}\n"
ROWS = "x,y\n" + "".join(f"{x},{2 * x + x % 3 / 10}\n" for x in range(150))


@pytest.fixture
def minimal(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Local:
    """Return a project of the template with requirements, not committed yet; it runs in the active interpreter."""
    folder = made(tmp_path / "line", "minimal")
    (folder / "requirements.yaml").write_text(REQUIREMENTS, encoding="utf-8")
    with (folder / "pipeline.yaml").open("a", encoding="utf-8") as file:
        file.write(DATASETS)
    monkeypatch.setenv("PATH", f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}")
    monkeypatch.chdir(folder)
    return open_local(folder)


def unmanaged(local: Local) -> None:
    """Let the project use the active interpreter."""
    with (local.folder / "profile.yaml").open("a", encoding="utf-8") as file:
        file.write("environment: {managed: false}\n")


def proven(local: Local) -> str:
    """Commit, run and test the project; return what the test printed."""
    git(local.folder, "add", ".")
    git(local.folder, "commit", "-q", "-m", "Say what must hold")
    for command in ("run", "test"):
        done = CliRunner().invoke(roadworthy, [command], catch_exceptions=False)
        assert done.exit_code == 0, done.output
    return done.stdout


def test_a_test_of_nothing_says_so_and_releases_nothing(minimal: Local) -> None:
    """Six rows are too few for the metric: nothing is proved, so nothing is released."""
    unmanaged(minimal)
    (minimal.folder / "data.csv").write_text("".join(ROWS.splitlines(keepends=True)[:7]), encoding="utf-8")
    said = proven(minimal)

    assert "Nothing was tested" in said
    with pytest.raises(TestsFailed, match="Too few rows: 6"):
        release_here(None, as_baseline=False, start=minimal.folder)
    assert git(minimal.folder, "tag") == ""


def test_data_that_git_tracks_is_kept_with_the_version(minimal: Local) -> None:
    """The reference was never pinned: the release takes it into the ledger, and the version opens and predicts."""
    unmanaged(minimal)
    (minimal.folder / "data.csv").write_text(ROWS, encoding="utf-8")
    said = proven(minimal)
    version = release_here(None, as_baseline=False, start=minimal.folder).released.version
    deploy_here(version.name, "production", expect=None, start=minimal.folder)
    (minimal.folder / "data.csv").unlink()
    opened = open_version(minimal.repo, minimal.ledger, version, lambda _: None)
    reference = fetch(minimal.ledger, opened.spec.folder, opened.body, "reference")
    with Predictor(opened.spec) as predictor:
        answers = predictor.predict(Table({"x": Column(np.array([10.0]))}))

    assert "Nothing was tested" not in said
    assert reference is not None
    assert reference.read_text(encoding="utf-8") == ROWS
    assert minimal.ledger.objects.holds(Address.of(ROWS.encode()))
    assert answers["y"].values.tolist() == [pytest.approx(20.1, abs=0.2)]


def test_a_runner_hands_in_reference_rows_that_git_tracks(minimal: Local, tmp_path: Path) -> None:
    """They were never put into the ledger of the checkout: the bucket has them all the same, and can be asked."""
    unmanaged(minimal)
    (minimal.folder / "data.csv").write_text(ROWS, encoding="utf-8")
    proven(minimal)
    handed = hand_in(minimal, minimal.repo.resolve("HEAD"), tmp_path / "bucket", proved=True)

    assert "proof" in handed
    assert DirectoryStore(tmp_path / "bucket" / "objects").holds(Address.of(ROWS.encode()))


def test_a_release_without_a_lock_says_what_it_needs(minimal: Local) -> None:
    """Both ways out are named: a lock file, or the active interpreter."""
    (minimal.folder / "requirements.txt").unlink()
    proven(minimal)

    with pytest.raises(NotFound, match=r"needs a lock file .*requirements\.txt") as found:
        release_here(None, as_baseline=False, start=minimal.folder)
    assert "managed: false" in found.value.remedy


def test_the_template_and_what_its_readme_adds_make_a_version(minimal: Local) -> None:
    """As it was rendered, with the two files that its README shows and a managed environment, it is released."""
    shown = (minimal.folder / "README.md").read_text(encoding="utf-8")
    proven(minimal)
    version = release_here(None, as_baseline=False, start=minimal.folder).released.version

    assert DATASETS in shown
    assert REQUIREMENTS in shown
    assert version.name == "v1.0.0"


def test_requirements_without_versions_are_no_lock(minimal: Local) -> None:
    """What another day would install otherwise is named, and nothing is released on it."""
    (minimal.folder / "requirements.txt").write_text("numpy ; python_version < '3'\n", encoding="utf-8")
    proven(minimal)

    with pytest.raises(UsageError, match=r"is no lock: .* of numpy"):
        release_here(None, as_baseline=False, start=minimal.folder)
