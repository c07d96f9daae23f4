"""What a program reads of a command that fails: one JSON document, whatever went wrong."""

from __future__ import annotations

import json
import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from toy_pipeline import Toy, make_toy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A project with two stages."""
    return make_toy(tmp_path / "toy", monkeypatch)


@pytest.mark.parametrize(
    ("arguments", "status", "problem", "remedy"),
    [
        (["run", "nothing", "--json"], 1, "There is no stage or output 'nothing'.", "The stages are: prepare, train."),
        (["status", "--json", "--more"], 2, "No such option '--more'", "`--help`"),
        (["release", "--json"], 1, "There is no requirements.yaml", "Write one"),
        (["deploy", "v1.0.0", "--to", "x", "--json"], 1, "There is no requirements.yaml", "Write one"),
        (["history", "--as-of", "soon", "--json"], 2, "'soon' is not a date.", "2026-01-31"),
        (["data", "fetch", "x", "--json"], 1, "x", "roadworthy data add"),
        (["run", "trian", "--json"], 1, "There is no stage or output 'trian'.", "Did you mean train?"),
    ],
)
def test_an_error_is_one_document(toy: Toy, arguments: list[str], status: int, problem: str, remedy: str) -> None:
    """Problem, remedy and exit status stand on standard output; the same stands on standard error, in words."""
    done = toy.cli(*arguments)
    said = json.loads(done.stdout)

    assert list(said) == ["error"]
    assert (done.returncode, said["error"]["status"]) == (status, status)
    assert problem.lower() in said["error"]["problem"].lower()
    assert remedy in said["error"]["remedy"]
    assert said["error"]["problem"] in done.stderr


def test_without_a_platform_there_are_no_logs_to_list(toy: Toy) -> None:
    """Where no platform is kept, `logs` says so; an empty list would say that it printed nothing."""
    done = toy.cli("logs", "--home", "elsewhere")

    assert done.returncode == 1
    assert "There is no platform in elsewhere." in done.stderr
    assert "roadworthy up --home elsewhere" in done.stderr


def test_without_json_an_error_is_words_alone(toy: Toy) -> None:
    """Standard output stays empty."""
    assert toy.cli("run", "nothing").stdout == ""


def test_a_bug_is_a_document_too(toy: Toy) -> None:
    """Status 70, and where the log is."""
    (toy.folder / ".roadworthy").mkdir(exist_ok=True)
    (toy.folder / "sitecustomize.py").write_text(
        "import roadworthy.app.standing as standing\n"
        "def standing_(*_): raise ZeroDivisionError('ours')\n"
        "standing.standing = standing_\n"
    )
    done = toy.cli("status", "--json", env={"PYTHONPATH": str(toy.folder)})
    said = json.loads(done.stdout)["error"]

    assert (done.returncode, said["status"]) == (70, 70)
    assert "This is a bug in Roadworthy: ZeroDivisionError: ours" in said["problem"]
    assert "paste /" in said["remedy"]


def test_an_interrupted_command_says_so(toy: Toy) -> None:
    """Status 130, and nothing but that: no stage is called failed for it."""
    toy.stages({"a": {"cmd": "touch begun; sleep 60", "outs": ["build/a"]}})
    running = toy.start("run", "--json")
    for _ in range(800):
        if (toy.folder / "begun").exists():
            break
        time.sleep(0.025)
    os.kill(running.pid, signal.SIGINT)
    said, errors = running.communicate(timeout=60)

    assert running.returncode == json.loads(said)["error"]["status"] == 130
    assert "Interrupted." in errors
    assert "failed" not in errors
