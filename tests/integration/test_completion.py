"""Completion offers what the project here names, loads nothing heavy for it, and is silent where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from release_project import change, git, make, prove
from roadworthy.app.release import deploy_here, release_here

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = {"duckdb", "fastapi", "jinja2", "numpy", "pydantic", "sqlalchemy", "starlette", "uvicorn"}
COMPLETE = f"""
import os, sys
from roadworthy.cli.main import roadworthy
try:
    roadworthy(prog_name="roadworthy")
finally:
    print("heavy", *sorted({HEAVY} & sys.modules.keys()))
"""


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a project with two branches and a version that is in production."""
    local = make(tmp_path_factory.mktemp("completed") / "toy")
    git(local.folder, "branch", "feature/wind")
    change(local, "a")
    prove(local, "a")
    version = release_here(None, as_baseline=False, start=local.folder).released.version.name
    deploy_here(version, "production", expect=None, start=local.folder)
    return local.folder


def offered(folder: Path, *words: str) -> list[str]:
    """Return what a shell is told for the last of *words*, and the heavy modules that were loaded for it."""
    asked = {
        **os.environ,
        "COMP_WORDS": " ".join(["roadworthy", *words]),
        "COMP_CWORD": str(len(words)),
        "_ROADWORTHY_COMPLETE": "bash_complete",
    }
    done = subprocess.run(
        [sys.executable, "-c", COMPLETE], cwd=folder, env=asked, capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    return [line.removeprefix("plain,") for line in done.stdout.splitlines() if line]


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("run", ""), ["train"]),
        (("why", "tr"), ["train"]),
        (("deploy", ""), ["v1.0.0"]),
        (("deploy", "v1.0.0", "--to", ""), ["staging", "production"]),
        (("rollback", "prod"), ["production"]),
        (("serve", "st"), ["staging"]),
        (("history", "--model", ""), ["toy"]),
        (("metrics", "diff", "fea"), ["feature/wind"]),
        (("review", "main..fea"), ["main..feature/wind"]),
        (("data", "diff", "toy"), ["toy@v1.0.0"]),
        (("serve", "x"), []),
    ],
    ids=" ".join,
)
def test_what_the_project_names_is_offered(project: Path, words: tuple[str, ...], expected: list[str]) -> None:
    """Each word that names something is completed from what there is, and only a fast part of Roadworthy is loaded."""
    assert offered(project, *words) == [*expected, "heavy"]


@pytest.mark.parametrize("words", [("run", ""), ("deploy", ""), ("serve", ""), ("review", "ma")], ids=" ".join)
def test_outside_a_project_nothing_is_offered_or_said(tmp_path: Path, words: tuple[str, ...]) -> None:
    """Somebody is typing: an error would be printed into their line."""
    assert offered(tmp_path, *words) == ["heavy"]
    assert list(tmp_path.iterdir()) == []


def test_a_broken_profile_is_not_told_while_one_types(project: Path, tmp_path: Path) -> None:
    """What is wrong with the declared files is said by the command, not by Tab; versions are offered all the same."""
    subprocess.run(["git", "clone", "--quiet", project, tmp_path / "clone"], check=True)
    (tmp_path / "clone" / "profile.yaml").write_text("project: [\n")

    assert offered(tmp_path / "clone", "run", "") == ["heavy"]
    assert offered(tmp_path / "clone", "deploy", "v") == ["v1.0.0", "heavy"]
