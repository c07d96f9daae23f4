"""What the commands of the pipeline say: run, status, why, params, metrics."""

from __future__ import annotations

import contextlib
import json
import os
import pty
import re
import subprocess
from typing import TYPE_CHECKING

import pytest

from toy_pipeline import COMMAND, Toy, make_toy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A project with two stages."""
    return make_toy(tmp_path / "toy", monkeypatch)


def test_run_tells_what_ran_and_why(toy: Toy) -> None:
    """Each stage gets a line, on standard error; the run is summed up on standard output, or is one JSON document."""
    first = toy.cli("run")
    again = toy.cli("run", "--json")
    document = json.loads(again.stdout)

    assert "prepare: runs (not run before)" in first.stderr
    assert "2 of 2 stages ran" in first.stdout
    assert "train: cached (nothing changed)" in again.stderr
    assert list(document["stages"]) == ["prepare", "train"]
    assert document["address"].startswith("blake3:")
    assert document["dirty"] == []


def test_status_tells_what_a_run_would_do(toy: Toy) -> None:
    """Before the first run, after it, and after a change: nothing is run by looking."""
    before = toy.cli("status")
    toy.run()
    after = toy.cli("status")
    toy.write("src/toy/prepare.py", "raise SystemExit('never run by status')\n")
    changed = json.loads(toy.cli("status", "--json").stdout)

    assert "prepare: would run (not run before)" in before.stdout
    assert "train: may run (when prepare has run)" in before.stdout
    assert "2 of 2 stages are as recorded." in after.stdout
    assert "toy on main" in after.stdout
    assert changed["changed"] == ["src/toy/prepare.py"]
    assert changed["stages"]["prepare"] == {"state": "run", "why": "src/toy/prepare.py changed"}
    assert changed["stages"]["train"]["state"] == "perhaps"


def test_status_says_everything_once(toy: Toy) -> None:
    """A file that git counts twice is one that differs, and the commit is named once."""
    toy.run()
    clean = toy.cli("status").stdout
    toy.git("rm", "--quiet", "--cached", "params.yaml")
    (toy.folder / "src/toy/new.py").touch()
    toy.git("add", "--intent-to-add", "src/toy/new.py")
    dirty = toy.cli("status").stdout

    assert clean.count(toy.git("rev-parse", "HEAD")[:12]) == 1
    assert "of this commit" in clean
    assert "2 files differ" in dirty
    assert dirty.count("params.yaml") == dirty.count("src/toy/new.py") == 1


def test_status_tells_what_is_brought_first(toy: Toy) -> None:
    """Data that is not here and that a run brings, from its source or by its pin, keeps no stage from running."""
    (toy.folder / "rows.csv").unlink()
    missing = toy.cli("status")
    toy.stages({"one": {"cmd": "true", "deps": ["rows.csv"]}}, sources={"rows": {"package": "x==1", "to": "rows.csv"}})
    sourced = toy.cli("status")
    toy.stages({"one": {"cmd": "true", "deps": ["rows.csv"]}})
    toy.write("rows.csv", "a,b\n")
    toy.git("rm", "--quiet", "--cached", "rows.csv")
    toy.cli("data", "add", "rows.csv")
    toy.run()
    (toy.folder / "rows.csv").unlink()
    pinned = json.loads(toy.cli("status", "--json").stdout)["stages"]["one"]

    assert "prepare: cannot run (Not there, and made by no stage: rows.csv" in missing.stdout
    assert "one: would run (rows.csv would be brought from its source first)" in sourced.stdout
    assert pinned == {
        "state": "unchanged",
        "why": "nothing changed; rows.csv would be brought from what is kept here first",
    }


def test_why_tells_every_part_that_changed(toy: Toy) -> None:
    """A stage that would run has its changes listed; one that would not says why it ran last."""
    toy.run()
    unchanged = toy.cli("why", "train")
    toy.write("params.yaml", "prepare: {copies: 2}\ntrain: {seed: 5, deep: {rate: 0.1}}\n")
    toy.write("src/toy/shared.py", "def shout(text):\n    return text\n")
    changed = toy.cli("why", "train")
    unknown = toy.cli("why", "trane")

    assert "train would not run: nothing changed." in unchanged.stdout
    assert "it ran: not run before." in unchanged.stdout
    assert [line.strip() for line in changed.stdout.splitlines()[1:]] == [
        "train.seed: 1 → 5",
        "train.deep.rate: 0.5 → 0.1",
        "src/toy/shared.py changed",
    ]
    assert unknown.returncode == 1
    assert "Did you mean train?" in unknown.stderr


def test_params_are_compared_with_a_revision(toy: Toy) -> None:
    """Parameters that differ are shown with both values; that nothing differs is said."""
    same = toy.cli("params", "diff")
    toy.write("params.yaml", "prepare: {copies: 2}\ntrain: {seed: 5, name: x}\n")
    rows = json.loads(toy.cli("params", "diff", "main", "--json").stdout)
    wrong = toy.cli("params", "diff", "no-such-branch")

    assert "The params are those of HEAD." in same.stdout
    assert {(row["name"], row["before"], row["after"], row["change"]) for row in rows} == {
        ("train.seed", 1, 5, 4.0),
        ("train.deep.rate", 0.5, None, None),
        ("train.name", None, "x", None),
    }
    assert wrong.returncode == 1


def test_metrics_are_compared_with_the_run_of_a_revision(toy: Toy) -> None:
    """Metrics that git does not hold come from the recorded run of the revision; without one, that is said."""
    without = toy.cli("metrics", "diff")
    toy.run()
    toy.write("rows.csv", "a,b\nc,d\n")
    toy.commit()
    toy.run()
    rows = json.loads(toy.cli("metrics", "diff", "HEAD~1", "--json").stdout)
    table = toy.cli("metrics", "diff", "HEAD~1", "--all")

    assert without.returncode == 1
    assert "roadworthy run" in without.stderr
    assert rows == [{"file": "build/metrics.json", "name": "rows", "before": 8, "after": 16, "change": 8.0}]
    assert "auc" in table.stdout


def test_broken_declarations_are_reported_before_anything_runs(toy: Toy) -> None:
    """A fault in a declared file, or a reference to nothing, is an error of its own."""
    toy.write("pipeline.yaml", "apiVersion: roadworthy/v1alpha1\nstages:\n  a: {cmd: 'echo ${train.sed}', outz: [x]}\n")
    fault = toy.cli("run")
    toy.stages({"a": {"cmd": "echo ${train.sed}", "outs": ["x"]}})
    reference = toy.cli("run")

    assert fault.returncode == 2
    assert "outz" in fault.stderr
    assert reference.returncode == 1
    assert "Stage a: ${train.sed} refers to nothing" in reference.stderr
    assert "Did you mean `train.seed`?" in reference.stderr


@pytest.mark.parametrize(("no_color", "coloured"), [("", True), ("1", False)])
def test_no_color_turns_colours_off_on_a_terminal(toy: Toy, no_color: str, *, coloured: bool) -> None:
    """A terminal gets colours unless NO_COLOR says no, in an error too; what runs is rewritten either way."""
    done = _on_terminal(toy, "run", NO_COLOR=no_color)
    wrong = _on_terminal(toy, "why", "nothing", NO_COLOR=no_color)

    assert ("\033[32mran" in done) is coloured
    assert ("\033[31mError" in wrong) is coloured
    assert coloured or not re.search(r"\033\[[0-9;]*m", done + wrong)
    assert "\r\033[Kprepare: " in done


def test_elsewhere_than_on_a_terminal_nothing_is_coloured(toy: Toy) -> None:
    """A file or a pipe gets plain text."""
    done = toy.cli("run")

    assert "\033" not in done.stdout + done.stderr


def _on_terminal(toy: Toy, *arguments: str, **variables: str) -> str:
    """Return what a command writes on a terminal."""
    ours, theirs = pty.openpty()
    running = subprocess.Popen(
        [COMMAND, *arguments], cwd=toy.folder, env={**os.environ, **variables}, stdout=theirs, stderr=theirs
    )
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    running.wait()
    return shown.decode()


def test_on_a_terminal_what_runs_now_is_shown(toy: Toy) -> None:
    """The stage that runs stands in a line that is rewritten, with its seconds; what is done stays."""
    toy.stages({"slow": {"cmd": "sleep 1.3; echo x > build/x", "outs": ["build/x"]}})
    ours, theirs = pty.openpty()
    running = subprocess.Popen([COMMAND, "run"], cwd=toy.folder, stdout=subprocess.DEVNULL, stderr=theirs)
    os.close(theirs)
    shown = b""
    with contextlib.suppress(OSError):  # the other end is closed
        while part := os.read(ours, 4096):
            shown += part
    os.close(ours)
    text = shown.decode()

    assert running.wait() == 0
    assert "\r\033[Kslow 1 s" in text
    assert re.search(r"slow: .*ran.* in 1\.[0-9] s \(not run before\)", text)
