"""A version is made of what its commit names: written by a stage, pinned, or in git, and never just lying there."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from proving_toy import change, make, proven, verdicts
from roadworthy.app.release import release_here
from roadworthy.errors import RoadworthyError
from roadworthy.ledger.objects.address import Address

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from toy_pipeline import Toy

TWO_OUTS = "    outs:\n    - build/train.parquet\n    - build/test.parquet\n"


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """Return a project that was run once, so that everything lies in its folder."""
    toy = make(tmp_path / "toy", monkeypatch)
    toy.run()
    return toy


@pytest.mark.parametrize(
    ("outs", "less", "what", "path"),
    [
        (TWO_OUTS, "    outs:\n    - build/train.parquet\n", "dataset reference", "build/test.parquet"),
        ("    outs:\n    - build/baseline.json\n", "", "model baseline", "build/baseline.json"),
        ("    outs:\n    - build/model.json\n", "", "model late", "build/model.json"),
    ],
)
def test_what_only_lies_there_is_not_released(toy: Toy, outs: str, less: str, what: str, path: str) -> None:
    """A file that was left out of `outs` is still there from before: the test says so, and so does the release."""
    change(toy, "pipeline.yaml", outs, less)
    outcome = proven(toy)

    assert verdicts(outcome)[f"data: {what}: has an origin"] == "failed"
    with pytest.raises(RoadworthyError, match="It cannot be released") as found:
        release_here(None, as_baseline=True, start=toy.folder)
    assert f"- {path} was tested, and nothing says where it comes from" in str(found.value)
    assert f"Add {path} to the `outs` of the stage that writes it" in str(found.value)
    assert toy.git("tag") == ""


def in_a_folder(toy: Toy) -> str:
    """Let a stage write the reference into a folder, and declare the folder."""
    change(toy, "pipeline.yaml", "    - build/test.parquet\n", "    - build/rows\n")
    change(toy, "pipeline.yaml", "path: build/test.parquet", "path: build/rows/test.parquet")
    source = toy.read("src/toy/prepare.py").replace("build/test.parquet", "build/rows/test.parquet")
    toy.write("src/toy/prepare.py", f"import pathlib\npathlib.Path('build/rows').mkdir()\n{source}")
    return "build/rows/test.parquet"


def in_git(toy: Toy) -> str:
    """Let git track the reference."""
    change(toy, "pipeline.yaml", "path: build/test.parquet", "path: held/test.parquet")
    (toy.folder / "held").mkdir()
    (toy.folder / "build/test.parquet").rename(toy.folder / "held/test.parquet")
    return "held/test.parquet"


def pinned(toy: Toy) -> str:
    """Let a pin name the reference."""
    path = in_git(toy)
    assert toy.cli("data", "add", path).returncode == 0
    return path


def pinned_folder(toy: Toy) -> str:
    """Let the pin of its folder name the reference."""
    path = in_git(toy)
    assert toy.cli("data", "add", "held").returncode == 0
    return path


@pytest.mark.parametrize("place", [in_a_folder, in_git, pinned, pinned_folder])
def test_what_the_commit_names_is_kept_with_the_version(toy: Toy, place: Callable[[Toy], str]) -> None:
    """Reference rows that no stage reads, or that a stage writes into a folder, are the version's all the same."""
    path = place(toy)
    toy.commit()
    outcome = proven(toy)
    version = release_here(None, as_baseline=True, start=toy.folder).released.version
    ledger = toy.local().ledger
    reference = ledger.records.read(version.record).body["reference"]

    assert isinstance(reference, dict)
    assert (reference["path"], reference["address"]) == (path, outcome.proof.reference)
    assert ledger.objects.get(Address(reference["address"])) == (toy.folder / path).read_bytes()


def test_rows_in_a_folder_that_changed_since_the_run_are_not_tested(toy: Toy) -> None:
    """What a stage wrote into a folder is held to what it wrote, too."""
    path = in_a_folder(toy)
    toy.commit()
    proven(toy)
    (toy.folder / path).write_bytes((toy.folder / "build/train.parquet").read_bytes())
    told = toy.cli("test")

    assert told.returncode == 3
    assert f"{path} is not what the last run left" in told.stdout
