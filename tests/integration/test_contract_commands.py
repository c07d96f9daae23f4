"""`roadworthy contract`, as it is typed: draft, test, break, compare."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path
from typing import Any

import pytest

from roadworthy.app.contract import diff_revisions
from roadworthy.app.data import add_data
from roadworthy.app.local import open_local
from roadworthy.build.pipeline import record
from roadworthy.build.pipeline.record import Run, StageRun
from roadworthy.ledger.objects import tree
from roadworthy.prove.contract.scan import MEMORY

ROADWORTHY = Path(sys.executable).with_name("roadworthy")
API = "apiVersion: roadworthy/v1alpha1\n"
DATASETS = "datasets:\n  flights: {path: data/flights.csv, key: [id], label: late}\n  spare: {path: data/spare.csv}\n"


def typed(folder: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """Run `roadworthy contract` in *folder*."""
    return subprocess.run([ROADWORTHY, "contract", *arguments], cwd=folder, capture_output=True, text=True, check=False)


def git(folder: Path, *arguments: str) -> None:
    """Run git in *folder*."""
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


def rows(carrier: str = "AA", wind: float = 0.0, name: str = "wind") -> str:
    """Return 600 flights as CSV."""
    lines = [
        f"{number},{'UA' if number % 3 else carrier},{number % 17 + wind},{number % 5 == 0}" for number in range(600)
    ]
    return "\n".join([f"id,carrier,{name},late", *lines]) + "\n"


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Return a project with flights that git tracks."""
    folder = tmp_path / "project"
    (folder / "data").mkdir(parents=True)
    (folder / "profile.yaml").write_text(f"{API}project: small\n", encoding="utf-8")
    (folder / "pipeline.yaml").write_text(f"{API}{DATASETS}", encoding="utf-8")
    (folder / "data" / "flights.csv").write_text(rows(), encoding="utf-8")
    git(folder, "init", "--quiet")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Begin")
    return folder


def test_a_contract_is_drafted_held_and_broken(folder: Path) -> None:
    """The draft passes on its rows; a new category then fails with status 3, its row, and JUnit that says so."""
    drafted, again = typed(folder, "infer", "flights"), typed(folder, "infer", "flights")
    good = typed(folder, "test", "--json")
    (folder / "data" / "flights.csv").write_text(rows(carrier="XX"), encoding="utf-8")
    bad = typed(folder, "test", "flights", "--junit", "out.xml")
    suite = ET.parse(folder / "out.xml").getroot()  # noqa: S314 - our own file

    assert drafted.returncode == 0
    assert "contracts/flights.yaml is drafted" in drafted.stdout
    assert again.returncode == 5
    assert "--force" in again.stderr
    assert good.returncode == 0
    document = json.loads(good.stdout)
    assert document["passed"] is True
    assert len(document["checks"]) > 15
    assert bad.returncode == 3
    assert "carrier: allowed: values that are not allowed: 200; none may be." in bad.stdout
    assert "row=1 id=0 carrier=XX" in bad.stdout
    assert suite.get("failures") == "1"


def test_revisions_and_files_are_compared(folder: Path) -> None:
    """A column that moved and one that was renamed are told, of two files and of a revision and the working tree."""
    typed(folder, "infer", "flights")
    (folder / "moved.csv").write_text(rows(wind=20), encoding="utf-8")
    (folder / "data" / "flights.csv").write_text(rows(name="wnd"), encoding="utf-8")
    files = typed(folder, "diff", "moved.csv", "data/flights.csv")
    revisions: dict[str, Any] = json.loads(typed(folder, "diff", "HEAD", "--json").stdout)
    same = typed(folder, "diff", "HEAD", "HEAD")
    columns = {one["name"]: one for one in revisions["flights"]["columns"]}

    assert files.returncode == 0
    assert "removed" in files.stdout
    assert "added" in files.stdout
    assert columns["wind"]["schema"] == "removed"
    assert columns["wnd"]["schema"] == "added"
    assert columns["carrier"]["moved"] is False
    assert same.stdout == "flights: the same, byte for byte.\n"


@pytest.mark.parametrize(
    ("arguments", "status", "words"),
    [
        (("test",), 1, "There are no contracts."),
        (("infer", "fligths"), 1, "Did you mean 'flights'?"),
        (("infer", "spare"), 1, "is not there"),
        (("diff", "HEAD", "--dataset", "spare"), 1, "data/spare.csv"),
        (("diff", "nowhere", "HEAD"), 1, "nowhere"),
        (("infer", "flights", "--memory", "12"), 2, "64MiB or more"),
    ],
)
def test_what_is_not_there_is_said(folder: Path, arguments: tuple[str, ...], status: int, words: str) -> None:
    """No contract, no such dataset, no file, no revision, too little memory: each names it, and the way out."""
    answer = typed(folder, *arguments)

    assert answer.returncode == status
    assert words in answer.stderr


def test_a_dataset_that_is_not_there_fails_its_contract(folder: Path) -> None:
    """A contract whose file is missing is a failed check, with status 3, and no silent pass."""
    (folder / "contracts").mkdir()
    (folder / "contracts" / "spare.yaml").write_text(f"{API}dataset: spare\n", encoding="utf-8")
    answer = typed(folder, "test")

    assert answer.returncode == 3
    assert "data/spare.csv is not there" in answer.stdout


def test_pinned_data_and_what_a_run_wrote_are_compared_as_they_were(folder: Path) -> None:
    """Of an older commit, the bytes that its pin names and those that its run wrote are compared, not those here."""
    local = open_local(folder)
    (folder / "pinned.csv").write_text(rows(), encoding="utf-8")
    (folder / "written.csv").write_text(rows(wind=50), encoding="utf-8")
    add_data(local, [folder / "pinned.csv"])
    (folder / ".gitignore").write_text("/pinned.csv\n/written.csv\n/.roadworthy/\n", encoding="utf-8")
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--message", "Pin")
    item = tree.add(folder / "written.csv", local.ledger.objects, local.ledger.files)
    stage = StageRun("", "frozen", "", 0, {"written.csv": item})
    commit = local.repo.resolve("HEAD")
    record.keep(local.ledger, Run("small", commit, (), {"write": stage}, {}, {}, {}, {}, "2026-01-01T00:00:00Z", 0.0))
    for name in ("pinned.csv", "written.csv"):
        (folder / name).unlink()
        (folder / name).write_text(rows(wind=9), encoding="utf-8")
    found = diff_revisions(local, ("HEAD", "."), ["pinned.csv", "written.csv"], MEMORY)
    means = {
        name: [
            side.mean or 0 for one in change.columns if one.name == "wind" for side in (one.before, one.after) if side
        ]
        for name, change in found.items()
        if change is not None
    }

    assert means["pinned.csv"][1] - means["pinned.csv"][0] == pytest.approx(9)
    assert means["written.csv"][1] - means["written.csv"][0] == pytest.approx(9 - 50)
