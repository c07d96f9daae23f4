"""What `roadworthy metrics diff` compares in a project whose metrics are measured by `roadworthy test` alone."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from proving_toy import change, make, proven

if TYPE_CHECKING:
    from pathlib import Path

    from toy_pipeline import Toy


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A project of one commit, whose stages declare no metrics."""
    return make(tmp_path / "toy", monkeypatch)


def test_the_metrics_of_two_proofs_are_compared(toy: Toy) -> None:
    """A better model has a better AUC than the revision before it; a commit that changes no file has the same."""
    proven(toy)
    change(toy, "params.yaml", "learner: baseline", "learner: logistic")
    proven(toy)
    rows = {row["name"]: row for row in json.loads(toy.cli("metrics", "diff", "HEAD~1", "--json").stdout)}
    same = toy.cli("metrics", "diff")

    assert rows["roc_auc"]["file"] == "proof"
    assert rows["roc_auc"]["change"] > 0
    assert same.stdout == "The metrics are those of HEAD.\n"


def test_a_side_without_metrics_is_named(toy: Toy) -> None:
    """Before any test there is nothing to compare: which side lacks it is said, and the command."""
    before_all = toy.cli("metrics", "diff")
    proven(toy)
    change(toy, "params.yaml", "learner: baseline", "learner: logistic")
    here = toy.cli("metrics", "diff", "HEAD~1")
    proven(toy)
    change(toy, "params.yaml", "seed: 1", "seed: 2")
    toy.git("switch", "-q", "HEAD~1", "--detach")
    there = toy.cli("metrics", "diff", "main")

    assert [done.returncode for done in (before_all, here, there)] == [1, 1, 1]
    assert "HEAD holds no metrics" in before_all.stderr
    assert "no metrics here to compare with those of HEAD~1" in here.stderr
    assert "main holds no metrics" in there.stderr
    assert all("roadworthy test" in done.stderr for done in (before_all, here, there))


def test_changes_since_the_test_are_told(toy: Toy) -> None:
    """What was changed after the test is not in its metrics, and that is said; the proof of a changed tree is."""
    proven(toy)
    toy.write("params.yaml", toy.read("params.yaml").replace("learner: baseline", "learner: logistic"))
    stale = toy.cli("metrics", "diff")
    proven(toy)
    fresh = toy.cli("metrics", "diff")

    assert "Files have changed since the test" in stale.stderr
    assert "The metrics are those of HEAD." in stale.stdout
    assert fresh.stderr == ""
    assert "roc_auc" in fresh.stdout
