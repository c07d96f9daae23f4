"""The commands that are called all day: what they load, and what they leave alone."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from toy_pipeline import Toy, make_toy

if TYPE_CHECKING:
    from pathlib import Path

HEAVY = ("numpy", "duckdb", "pydantic", "yaml", "cryptography", "rfc8785", "importlib.metadata", "jinja2", "starlette")
INDEX = {"index.db", "index.db-wal", "index.db-shm"}
SCRIPT = """
import sys
from roadworthy.cli import main
sys.argv = ["roadworthy", *sys.argv[1:]]
status = main._run()
print("loaded:", *[name for name in {heavy!r} if name in sys.modules], file=sys.stderr)
sys.exit(status)
"""


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A project with two stages, run once."""
    toy = make_toy(tmp_path / "toy", monkeypatch)
    toy.run()
    toy.run()
    return toy


@pytest.mark.parametrize(
    "arguments",
    [["--help"], ["--version"], ["run"], ["status"], ["why", "train"], ["params", "diff"], ["metrics", "diff"]],
)
def test_the_hot_path_loads_nothing_heavy(toy: Toy, arguments: list[str]) -> None:
    """Help, status, an unchanged run and the diffs need no numbers, no validation, no YAML and no cryptography."""
    first = subprocess.run([sys.executable, "-c", SCRIPT.format(heavy=HEAVY), *arguments], cwd=toy.folder, check=False)
    done = subprocess.run(
        [sys.executable, "-c", SCRIPT.format(heavy=HEAVY), *arguments],
        cwd=toy.folder, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert first.returncode == done.returncode == 0, done.stderr
    assert done.stderr.splitlines()[-1] == "loaded:"


def test_an_unchanged_run_writes_nothing(toy: Toy) -> None:
    """The second run of a commit leaves every file of the project, and of what is kept, as it was."""
    before = {path: path.stat().st_mtime_ns for path in toy.folder.rglob("*") if path.is_file()}
    done = toy.cli("run")
    after = {path: path.stat().st_mtime_ns for path in toy.folder.rglob("*") if path.is_file()}

    assert done.returncode == 0
    assert {path.name for path in before if before[path] != after.get(path)} <= INDEX
    assert {path.name for path in after.keys() - before.keys()} <= INDEX


def test_a_server_starts_without_what_only_its_jobs_need() -> None:
    """Numbers are made by processes apart: a platform that waits for a push holds none of their libraries."""
    script = "import sys, roadworthy.cli.up; print('numpy' in sys.modules, 'duckdb' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True)

    assert done.stdout.split() == ["False", "False"]
