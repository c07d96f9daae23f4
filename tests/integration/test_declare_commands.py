"""`roadworthy check` and `roadworthy schema`, as they are typed."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import declared

ROADWORTHY = Path(sys.executable).with_name("roadworthy")


def run(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run a command in *folder*."""
    return subprocess.run([ROADWORTHY, *arguments], cwd=folder, capture_output=True, text=True, check=False)


def test_a_project_in_order_is_said_to_be(tmp_path: Path) -> None:
    """All is well: status 0, how many files were read, and what is without effect yet; no repository is needed."""
    answer = run(declared.write(tmp_path), "check")
    *notes, last = answer.stdout.splitlines()

    assert (answer.returncode, last) == (0, "6 declared files read: all is well.")
    assert "note: requirements.yaml: nothing acts on `windows` yet" in notes


def test_faults_are_shown_with_their_places(tmp_path: Path) -> None:
    """Every fault of every file with its line, a caret and the fix; status 2."""
    folder = declared.write(tmp_path, "requirements.yaml", "model: late", "modle: late")
    (folder / "profile.yaml").write_text("apiVersion: roadworthy/v1alpha1\nproject: 5\n", encoding="utf-8")

    answer = run(folder, "check")

    assert answer.returncode == 2
    assert answer.stdout == (
        "profile.yaml:2:10: `project` must be text, and `5` is a number.\n"
        "    2 | project: 5\n"
        "      |          ^\n"
        '  fix: Put it in quotes: "5".\n'
        "\n"
        "requirements.yaml:1:1: The file lacks `model`.\n"
        "    1 | apiVersion: roadworthy/v1alpha1\n"
        "      | ^\n"
        "  fix: Add `model: …`.\n"
        "\n"
        "requirements.yaml:2:1: `modle` is not a key of this file.\n"
        "    2 | modle: late\n"
        "      | ^\n"
        "  fix: Did you mean `model`?\n"
        "\n"
    )
    assert answer.stderr == "3 faults in 2 files.\n"


def test_faults_are_told_to_machines(tmp_path: Path) -> None:
    """With --json, one document: the files, the faults and what is not read."""
    (tmp_path / "dvc.yaml").write_text("stages: {a: {cmd: x, dep: y}}\nplots: []\n", encoding="utf-8")

    answer = run(tmp_path, "check", "--json")

    document = json.loads(answer.stdout)
    assert answer.returncode == 2
    assert document["files"] == ["dvc.yaml"]
    assert [(fault["line"], fault["column"], fault["fix"]) for fault in document["faults"]] == [
        (1, 22, "Did you mean `deps`?"),
    ]
    assert document["notes"] == ["dvc.yaml: `plots` is read by DVC alone"]


def test_a_check_outside_of_a_project_says_where_to_go(tmp_path: Path) -> None:
    """Without a profile there is nothing to check."""
    answer = run(tmp_path, "check")

    assert answer.returncode == 1
    assert "There is no profile.yaml" in answer.stderr


def test_schemas_are_printed_listed_and_written(tmp_path: Path) -> None:
    """A schema is one JSON document; all of them can be put where an editor finds them."""
    printed = run(tmp_path, "schema", "profile")
    listed = run(tmp_path, "schema")
    run(tmp_path, "schema", "--to", "schemas")

    assert json.loads(printed.stdout)["properties"]["project"]
    assert listed.stdout.split() == ["profile", "pipeline", "requirements", "contract", "failure_mode", "pin"]
    assert {path.stem for path in (tmp_path / "schemas").iterdir()} == set(listed.stdout.split())


def test_an_unknown_schema_is_guessed(tmp_path: Path) -> None:
    """A misspelt name gets a suggestion, and status 2."""
    answer = run(tmp_path, "schema", "requirement")

    assert answer.returncode == 2
    assert "Did you mean requirements?" in answer.stderr
