"""A run done again with something varied: the twins of the noise floor."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

from roadworthy.app.rerun import rerun
from roadworthy.build.pipeline.record import latest
from roadworthy.build.pipeline.rerun import Variation
from roadworthy.errors import NotFound, PipelineError, StageFailed
from toy_pipeline import Toy, make_toy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A project with two stages, run once."""
    toy = make_toy(tmp_path / "toy", monkeypatch)
    toy.run()
    return toy


def weights(toy: Toy, variation: Variation) -> str:
    """Return what the model of a rerun holds."""
    local = toy.local()
    with rerun(local, latest(local.ledger), variation, ("build/model",)) as again:
        return (again.folder / "build" / "model" / "weights").read_text()


def test_only_what_lies_between_is_run_again(toy: Toy, tmp_path: Path) -> None:
    """With another seed and another table, the training runs, and what made the table does not."""
    table = tmp_path / "rows.txt"
    table.write_text("drawn\n")
    toy.write("src/toy/prepare.py", "raise SystemExit('the working tree is not used')\n")
    local = toy.local()
    run = latest(local.ledger)
    with rerun(local, run, Variation({"train.seed": 77}, {"build/rows.txt": table}), ("build/model",)) as again:
        made = (again.folder / "build/model/weights").read_text()
        outputs = set(again.outputs)

    assert made == "DRAWN\n77"
    assert outputs == {"build/model", "build/metrics.json"}
    assert not again.folder.exists()
    assert toy.read("build/model/weights") == "A,B\nA,B\n1"
    assert latest(local.ledger) == run


def test_a_rerun_takes_what_it_does_not_run_from_the_run(toy: Toy) -> None:
    """With another seed alone, the table is what the run made, though the working tree holds none."""
    (toy.folder / "build" / "rows.txt").unlink()

    assert weights(toy, Variation({"train.seed": 5})) == "A,B\nA,B\n5"


def test_a_rerun_of_data_runs_everything_after_it(toy: Toy, tmp_path: Path) -> None:
    """Another table in the place of data runs every stage that needs it."""
    table = tmp_path / "other.csv"
    table.write_text("z\n")

    assert weights(toy, Variation({}, {"rows.csv": table})) == "Z\nZ\n1"


def test_the_same_variation_is_computed_once(toy: Toy) -> None:
    """The second time, its outputs come from the ledger."""
    local = toy.local()
    logs = toy.folder / ".roadworthy" / "logs"
    weights(toy, Variation({"train.seed": 9}))
    before = len(list(logs.rglob("*.log")))
    again = weights(toy, Variation({"train.seed": 9}))

    assert again.endswith("9")
    assert len(list(logs.rglob("*.log"))) == before
    assert latest(local.ledger).stages["train"].state == "ran"


def test_several_at_once(toy: Toy) -> None:
    """Threads may each do one."""
    with ThreadPoolExecutor(3) as pool:
        made = list(pool.map(lambda seed: weights(toy, Variation({"train.seed": seed})), range(20, 25)))

    assert [text[-2:] for text in made] == ["20", "21", "22", "23", "24"]


def test_what_changes_nothing_is_refused(toy: Toy) -> None:
    """A parameter that no stage uses, one that is not there, and a stage that fails are told apart."""
    with pytest.raises(PipelineError, match="does not depend on"):
        weights(toy, Variation({"prepare.copies": 3}))
    with pytest.raises(NotFound, match=r"train\.sead"):
        weights(toy, Variation({"train.sead": 3}))
    toy.write("src/toy/train.py", "raise SystemExit(4)\n")
    toy.commit()
    broken = replace(latest(toy.local().ledger), commit=toy.git("rev-parse", "HEAD"))
    with (
        pytest.raises(StageFailed, match="exit status 4"),
        rerun(toy.local(), broken, Variation({"train.seed": 3}), ("build/model",)),
    ):
        pytest.fail("the stage fails")
