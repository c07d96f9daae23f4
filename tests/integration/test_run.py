"""Runs: what is run, what is not, and what is recorded."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from roadworthy.build.pipeline.record import latest, load, of_commit
from roadworthy.errors import NotARepository, NotFound
from roadworthy.ledger.objects import tree
from toy_pipeline import Toy, make_toy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A project with two stages."""
    return make_toy(tmp_path / "toy", monkeypatch)


def test_a_run_makes_every_output_and_is_recorded(toy: Toy) -> None:
    """A run of a clean commit is recorded with its commit, inputs, outputs, parameters and machine."""
    made = toy.run()
    read = load(toy.local().ledger, made.address) if made.address else None

    assert toy.read("build/model/weights") == "A,B\nA,B\n1"
    assert read == made
    assert latest(toy.local().ledger) == made
    assert made.commit == toy.git("rev-parse", "HEAD")
    assert made.clean
    assert list(made.stages) == ["prepare", "train"]
    assert list(made.inputs) == ["rows.csv"]
    assert sorted(made.outputs) == ["build/metrics.json", "build/model", "build/rows.txt"]
    assert made.params["train"] == {"seed": 1, "deep": {"rate": 0.5}}
    assert all(stage.record is not None and len(stage.key) == 64 for stage in made.stages.values())


def test_nothing_is_run_twice(toy: Toy) -> None:
    """A second run of the same commit runs nothing, and is the same record."""
    first, again = toy.run(), toy.run()

    assert [stage.state for stage in again.stages.values()] == ["cached", "cached"]
    assert again.address == first.address


def test_only_what_depends_on_a_change_runs(toy: Toy) -> None:
    """A changed parameter reruns the stage that uses it; one that nobody uses reruns nothing."""
    toy.run()
    toy.write("params.yaml", "prepare: {copies: 3}\ntrain: {seed: 2, deep: {rate: 0.5}}\n")
    stages = toy.run().stages
    toy.write("params.yaml", "prepare: {copies: 4}\ntrain: {seed: 2, deep: {rate: 0.5}}\n")

    assert stages["prepare"].state == "cached"
    assert stages["train"].state == "ran"
    assert stages["train"].why == "train.seed: 1 → 2"
    assert toy.states() == {"prepare": "cached", "train": "cached"}


def test_a_changed_module_reruns_what_imports_it(toy: Toy) -> None:
    """The code that a command imports, directly or not, is an input; code that it does not import is none."""
    toy.run()
    toy.write("src/toy/other.py", "raise SystemExit\n")
    untouched = toy.states()
    toy.write("src/toy/shared.py", "def shout(text):\n    return text.upper() + '!'\n")
    stages = toy.run().stages

    assert untouched == {"prepare": "cached", "train": "cached"}
    assert stages["prepare"].state == "cached"
    assert stages["train"].why == "src/toy/shared.py changed"


def test_an_equal_output_stops_the_change(toy: Toy) -> None:
    """When a stage runs again and writes the same, what depends on it does not run."""
    toy.run()
    toy.write("src/toy/prepare.py", toy.read("src/toy/prepare.py") + "# the same, said otherwise\n")

    assert toy.states() == {"prepare": "ran", "train": "cached"}


def test_going_back_restores_the_outputs(toy: Toy) -> None:
    """An earlier state is not computed again: its outputs come back from the ledger."""
    toy.run()
    toy.write("rows.csv", "x\n")
    toy.run()
    toy.write("rows.csv", "a,b\n")
    stages = toy.run().stages

    assert [stage.state for stage in stages.values()] == ["cached", "cached"]
    assert "restored" in stages["train"].why
    assert toy.read("build/model/weights") == "A,B\nA,B\n1"


def test_outputs_that_were_lost_or_edited_are_restored(toy: Toy) -> None:
    """What a person changed in an output, or removed, is put right without running anything."""
    toy.run()
    toy.write("build/model/weights", "edited")
    (toy.folder / "build" / "model" / "more").write_text("added")
    (toy.folder / "build" / "rows.txt").unlink()
    states = toy.states()

    assert states == {"prepare": "cached", "train": "cached"}
    assert toy.read("build/model/weights") == "A,B\nA,B\n1"
    assert not (toy.folder / "build" / "model" / "more").exists()
    assert toy.read("build/rows.txt") == "a,b\na,b\n"


def test_only_what_a_target_needs_runs(toy: Toy) -> None:
    """A target is run with what it needs, and nothing else; an output names its stage."""
    assert toy.states("build/rows.txt") == {"prepare": "ran"}
    assert toy.states("train") == {"prepare": "cached", "train": "ran"}
    with pytest.raises(NotFound, match="trian"):
        toy.run("trian")


def test_a_dirty_tree_is_recorded_as_dirty(toy: Toy) -> None:
    """Changed and untracked files are named in the run; outputs are not, tracked or not."""
    toy.write("src/toy/shared.py", "def shout(text):\n    return text\n")
    toy.write("note.txt", "untracked")
    made = toy.run()

    assert made.dirty == ("note.txt", "src/toy/shared.py")
    assert not made.clean
    with pytest.raises(NotFound, match="no clean run"):
        of_commit(toy.local().ledger, made.commit)
    assert of_commit(toy.local().ledger, made.commit, dirty=True) == made


def test_an_input_that_the_commit_does_not_name_makes_a_run_dirty(toy: Toy) -> None:
    """A file that git ignores and no pin names, or that differs from its pin, is no part of the commit."""
    toy.write(".gitignore", "build/\n__pycache__/\n*.csv\n")
    toy.git("rm", "--quiet", "--cached", "rows.csv")
    toy.commit()
    loose = toy.run()
    toy.cli("data", "add", "rows.csv")
    toy.commit()
    pinned = toy.run()
    toy.write("rows.csv", "other\n")
    changed = toy.run()

    assert loose.dirty == ("rows.csv",)
    assert pinned.dirty == ()
    assert changed.dirty == ("rows.csv",)


def test_pinned_data_comes_back_by_itself(toy: Toy) -> None:
    """Data that is pinned, kept, and not in its place is brought there by a run."""
    toy.write(".gitignore", "build/\n__pycache__/\n*.csv\n")
    toy.git("rm", "--quiet", "--cached", "rows.csv")
    toy.cli("data", "add", "rows.csv")
    toy.commit()
    (toy.folder / "rows.csv").unlink()

    assert toy.run().clean
    assert toy.read("rows.csv") == "a,b\n"


def test_only_declared_variables_are_passed_and_count(toy: Toy, monkeypatch: pytest.MonkeyPatch) -> None:
    """A declared variable is passed and is an input; any other is neither; its value is not recorded."""
    code = 'import os; open("out.txt", "w").write(str(os.environ.get("GIVEN")) + str(os.environ.get("OTHER")))'
    toy.write("src/toy/variables.py", code + "\n")
    toy.stages({"show": {"cmd": "python -m toy.variables", "env": ["GIVEN"], "outs": ["out.txt"]}})
    monkeypatch.setenv("GIVEN", "secret-one")
    monkeypatch.setenv("OTHER", "x")
    first = toy.run()
    shown = toy.read("out.txt")
    monkeypatch.setenv("OTHER", "y")
    other = toy.states()
    monkeypatch.setenv("GIVEN", "secret-two")
    changed = toy.run()
    records = [path.read_bytes() for path in (toy.folder / ".roadworthy/ledger/records").rglob("*.json")]

    assert shown == "secret-oneNone"
    assert other == {"show": "cached"}
    assert changed.stages["show"].why == "the variable GIVEN changed"
    assert first.address != changed.address
    assert not any(b"secret" in data for data in records)


def test_frozen_always_changed_and_persist(toy: Toy) -> None:
    """A frozen stage never runs, one that always changes does each time, and a persistent output goes on."""
    toy.write("build/kept.txt", "by hand")
    grows = {"cmd": "echo x >> build/log.txt", "outs": [{"build/log.txt": {"persist": True}}], "always_changed": True}
    kept = {"cmd": "exit 1", "deps": ["missing.csv"], "outs": ["build/kept.txt"], "frozen": True}
    toy.stages({"old": kept, "log": grows})
    toy.run()
    stages = toy.run().stages

    assert (stages["old"].state, stages["log"].state) == ("frozen", "ran")
    assert stages["old"].outputs["build/kept.txt"].size == 7
    assert toy.read("build/log.txt") == "x\nx\n"


def test_a_dvc_project_runs_as_it_is(toy: Toy) -> None:
    """A folder with a dvc.yaml runs: wdir, vars, foreach, matrix, params of other files, outputs with settings."""
    for name in ("profile.yaml", "pipeline.yaml", "params.yaml"):
        (toy.folder / name).unlink()
    toy.write("conf.json", json.dumps({"common": {"suffix": "s"}}))
    toy.write("sub/settings.toml", "[fit]\nrate = 0.1\n")
    toy.write(
        "dvc.yaml",
        """
        vars:
          - conf.json
          - names: [one, two]
        stages:
          split:
            foreach: ${names}
            do:
              cmd: echo ${item}-${common.suffix} > build/${item}.txt
              outs:
                - build/${item}.txt:
                    cache: false
          fit:
            matrix:
              name: [one, two]
              size: [1]
            wdir: sub
            cmd:
              - cp ../build/${item.name}.txt fit-${key}.txt
              - echo ${item.size} >> fit-${key}.txt
            deps: ["../build/${item.name}.txt"]
            params:
              - settings.toml: [fit.rate]
            outs: ["fit-${key}.txt"]
        plots:
          - sub/fit-one-1.txt
        """,
    )
    toy.commit()
    first = toy.run()
    again = toy.states()
    toy.write("sub/settings.toml", "[fit]\nrate = 0.2\n")
    changed = toy.run().stages

    assert list(first.stages) == ["split@one", "split@two", "fit@one-1", "fit@two-1"]
    assert toy.read("sub/fit-one-1.txt") == "one-s\n1\n"
    assert set(again.values()) == {"cached"}
    assert changed["fit@one-1"].why == "sub/settings.toml:fit.rate: 0.1 → 0.2"


def test_outside_of_git_is_said(toy: Toy, tmp_path: Path) -> None:
    """A project that is in no repository is refused with the command that makes one."""
    (toy.folder / ".git").rename(tmp_path / "elsewhere")

    with pytest.raises(NotARepository) as caught:
        toy.run()
    assert "git init" in caught.value.remedy


def test_an_index_that_was_deleted_costs_nothing_but_time(toy: Toy) -> None:
    """Without the index nothing is run again, and the latest run is found."""
    made = toy.run()
    for path in (toy.folder / ".roadworthy").glob("index.db*"):
        path.unlink()
    again = toy.run()
    for path in (toy.folder / ".roadworthy").glob("index.db*"):
        path.unlink()

    assert {stage.state for stage in again.stages.values()} == {"cached"}
    assert latest(toy.local().ledger).outputs == made.outputs


def test_outputs_are_kept_in_the_ledger(toy: Toy) -> None:
    """Every file of every output can be had from the ledger by the addresses of the run."""
    made = toy.run()
    ledger = toy.local().ledger
    listing = tree.listing(made.outputs["build/model"], ledger.objects)

    assert ledger.objects.get(listing["weights"].address) == b"A,B\nA,B\n1"
    assert json.loads(ledger.objects.get(made.outputs["build/metrics.json"].address)) == {"auc": 0.7, "rows": 8}
