"""Metrics are the platform's: computed from what models said, whatever a runner or a project's process states."""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np
import pytest

from release_project import FILES, git, make, prove
from roadworthy.app.runner.hand_in import hand_in
from roadworthy.app.server.accept import accept
from roadworthy.app.server.at_commit import on_platform
from roadworthy.app.server.home import opened
from roadworthy.app.server.judging.measured import measured
from roadworthy.build.data import query
from roadworthy.build.data.table import Column, Table
from roadworthy.build.pipeline import record
from roadworthy.errors import IntegrityError
from roadworthy.ledger.objects.address import Address
from roadworthy.ledger.objects.tree import add
from roadworthy.prove import keep, remembered
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.app.server.home import Home
    from roadworthy.prove.proof import Proof

ROWS = 200
REQUIREMENTS = """quality:
  - {metric: roc_auc, at_least: 0.6, better_than: plain}
slices:
  - {name: many, where: x >= 100, metric: roc_auc, at_least: 0.6}
"""
DATASETS = "datasets:\n  reference: {path: build/reference.parquet, key: [id], label: late}\n"
NAMES = ("roc_auc at least 0.6", "roc_auc better than plain", "many: roc_auc at least 0.6")
CLAIMED = tuple(Check("evaluation", name, "passed", "0.99, as I say.") for name in NAMES)
OTHERS = (Check("evaluation", "latency p99", "passed", "1 ms."), Check("behaviour", "more", "passed", "So."))
LATE = np.arange(ROWS) % 3 == 0


@dataclass
class World:
    """The project where it is worked on, and as the server works on it."""

    home: Home
    laptop: Local

    @property
    def server(self) -> Local:
        """The project as the server works on it."""
        return on_platform(self.home, "toy", "runner")

    @property
    def commit(self) -> str:
        """What is checked out."""
        return git(self.laptop.folder, "rev-parse", "HEAD")

    def hand(self, *checks: Check, good: bool, other: bool = False, **changes: Any) -> dict[str, Any]:
        """Return what a runner sends for a model that is *good* or guesses, and whose process states *checks*."""
        ledger, folder = self.laptop.ledger, self.laptop.folder
        proof = prove(self.laptop, "a model", *checks)
        table = Table({"id": Column(np.arange(ROWS)), "x": Column(np.arange(ROWS) * 1.0), "late": Column(LATE)})
        (folder / "build").mkdir(exist_ok=True)
        query.write(table, folder / "build" / "reference.parquet")
        rows = add(folder / "build" / "reference.parquet", ledger.objects, ledger.files)
        run = record.load(ledger, proof.run)
        stage = run.stages["train"]
        outputs = {**stage.outputs, "build/reference.parquet": rows}
        run = replace(run, stages={"train": replace(stage, outputs=outputs)})
        said = {
            "candidate": said_by(LATE if good else np.ones(ROWS), backwards=other),
            "baseline": said_by(np.ones(ROWS)),
        }
        proof = replace(
            proof, run=ledger.keep(record.KIND, record.body(run)), reference=rows.address, production=None,
            predictions={role: remembered.keep(ledger, one) for role, one in said.items()},
            measures={"metrics": {"candidate": {"roc_auc": {"value": 0.99, "low": None, "high": None}}}}, **changes,
        )  # fmt: skip
        keep.write(ledger, proof)
        found: dict[str, Any] = json.loads(
            json.dumps(hand_in(self.laptop, self.commit, self.home.bucket("toy"), proved=True))
        )
        return found

    def accept(self, handed: dict[str, Any], target: str | None = None) -> tuple[Proof, tuple[Check, ...]]:
        """Return the proof that the platform states, and the checks of the target's bounds."""
        server = self.server
        found = accept(server.ledger, "toy", self.commit, handed, lambda run, one: measured(server, run, one, target))
        assert found is not None
        assert found.proof is not None
        assert keep.read(server.ledger, found.proof) == found.proved
        assert found.proved is not None
        return found.proved, found.by_target


def said_by(chances: Any, *, backwards: bool = False) -> Table:
    """Return what a model says of the rows: its chances, a little apart from each other."""
    ids = np.arange(ROWS)[::-1] if backwards else np.arange(ROWS)
    return Table(
        {"id": Column(ids.copy()), "probability": Column(0.1 + 0.5 * chances + 0.0001 * (np.arange(ROWS) % 7))}
    )


@pytest.fixture
def world(tmp_path: Path) -> Iterator[World]:
    """Give a project with bounds on metrics, on a platform."""
    with opened(tmp_path / "home") as home:
        laptop = make(tmp_path / "toy")
        for name, more in (("requirements.yaml", REQUIREMENTS), ("pipeline.yaml", DATASETS)):
            (laptop.folder / name).write_text(FILES[name] + more, encoding="utf-8")
        git(laptop.folder, "commit", "-q", "-a", "-m", "Ask for metrics")
        git(laptop.folder, "clone", "-q", "--bare", ".", str(home.repositories / "toy.git"))
        yield World(home, laptop)


def verdicts(proof: Proof) -> dict[str, str]:
    """Return the verdict of each check of metrics."""
    return {check.name: check.verdict for check in proof.checks if check.section == "evaluation"}


def test_metrics_are_computed_from_what_the_models_said(world: World) -> None:
    """A good model passes by the platform's own numbers, not by those that were stated."""
    proof, _ = world.accept(world.hand(*CLAIMED, *OTHERS, good=True))

    assert verdicts(proof) == {**dict.fromkeys(NAMES, "passed"), "latency p99": "passed"}
    assert not any("as I say" in check.summary for check in proof.checks)
    metrics: Any = proof.measures["metrics"]
    assert metrics["candidate"]["roc_auc"]["value"] == 1.0
    assert metrics["baseline"]["roc_auc"]["value"] == pytest.approx(0.5, abs=0.06)


def test_a_model_that_guesses_does_not_pass_by_stating_that_it_does(world: World) -> None:
    """Every bound is held against what its answers are worth; other checks stay as they are."""
    proof, _ = world.accept(world.hand(*CLAIMED, *OTHERS, good=False))

    assert verdicts(proof) == {**dict.fromkeys(NAMES, "failed"), "latency p99": "passed"}
    assert [check.verdict for check in proof.checks if check.section == "behaviour"] == ["passed"]
    assert not proof.passed


def test_bounds_that_are_left_out_are_judged_all_the_same(world: World) -> None:
    """A proof that says nothing of a declared bound does not pass by it."""
    proof, _ = world.accept(world.hand(*OTHERS, good=False))

    assert set(verdicts(proof)) == {*NAMES, "latency p99"}


@pytest.mark.parametrize("roles", [(), ("baseline",)])
def test_without_the_answers_no_metric_is_believed(world: World, roles: tuple[str, ...]) -> None:
    """Who hands in no predictions of the candidate has no metrics, and does not pass."""
    handed = world.hand(*CLAIMED, *OTHERS, good=True)
    handed["proof"]["predictions"] = {role: handed["proof"]["predictions"][role] for role in roles}

    proof, _ = world.accept(handed)
    assert not proof.passed
    assert proof.measures == {}


def test_a_rival_whose_answers_are_kept_back_is_not_beaten(world: World) -> None:
    """That the baseline is beaten must be shown."""
    handed = world.hand(*CLAIMED, *OTHERS, good=True)
    del handed["proof"]["predictions"]["baseline"]

    proof, _ = world.accept(handed)
    assert verdicts(proof)["roc_auc better than plain"] == "failed"
    assert verdicts(proof)["roc_auc at least 0.6"] == "passed"


def test_answers_to_other_rows_are_refused(world: World) -> None:
    """Predictions stand beside the keys of the rows: those of other rows, or in another order, count for nothing."""
    proof, _ = world.accept(world.hand(*CLAIMED, *OTHERS, good=True, other=True))

    assert not proof.passed
    assert "not of the reference rows" in next(check.summary for check in proof.checks if check.name == "evaluation")


def test_a_proof_on_other_rows_than_the_run_left_is_refused(world: World) -> None:
    """Rows that suit a model better are not the reference rows."""
    handed = world.hand(*CLAIMED, good=True)
    handed["proof"]["reference"] = str(Address.of(b"easier rows"))

    with pytest.raises(IntegrityError, match="other rows"):
        world.accept(handed)


def test_metrics_are_held_against_the_targets_bounds_too(world: World) -> None:
    """A change that lowers its own bound is told how it stands by the bound that it lowered."""
    target = world.commit
    place = world.laptop.folder / "requirements.yaml"
    place.write_text(place.read_text().replace("at_least: 0.6", "at_least: 0.1"), encoding="utf-8")
    git(world.laptop.folder, "commit", "-q", "-a", "-m", "Ask for less")
    git(world.laptop.folder, "push", "-q", str(world.home.repositories / "toy.git"), "HEAD:lower")

    proof, by_target = world.accept(world.hand(*OTHERS, good=False), target)
    assert verdicts(proof)["roc_auc at least 0.1"] == "passed"
    assert {check.name: check.verdict for check in by_target}["roc_auc at least 0.6"] == "failed"
