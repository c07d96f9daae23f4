"""The tabular template is the real system that its documentation says it is: rendered, run, and measured."""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any, Final

import pytest

from rendered import git, made

pytestmark = pytest.mark.slow

# Run by the project's own interpreter, which has scikit-learn and the project's code.
MEASURE: Final = """
import json, sys
import duckdb
from sklearn.metrics import roc_auc_score
from flight_delay.model import load

found = {}
for name in sys.argv[1:]:
    rows = duckdb.read_parquet("build/test.parquet").df()
    chance = load(f"build/{name}.json").predict(rows).probability
    flagged = chance.rank(method="first", ascending=False) <= 0.15 * len(rows)
    found[name] = {
        "auc": roc_auc_score(rows.late, chance), "late": float(rows.late.mean()), "rows": len(rows),
        "lowest": float(chance.min()), "highest": float(chance.max()), "right": (flagged == rows.late).tolist(),
        "weather": float(rows.wind_speed.notna().mean()),
    }
print(json.dumps(found))
"""


class Rendered:
    """A rendered project with data and a Python environment."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.roadworthy("run")
        self.python = next((folder / ".roadworthy" / "environments").glob("*/bin/python"))

    def roadworthy(self, *arguments: str) -> str:
        """Type a command of ours."""
        return self._do([str(Path(sys.executable).with_name("roadworthy")), *arguments], {})

    def stage(self, name: str, *arguments: str, threads: int = 1) -> None:
        """Do what a stage of the pipeline does."""
        self._python(threads, "-m", f"flight_delay.{name}", *arguments)

    def measure(self, *models: str) -> dict[str, dict[str, Any]]:
        """Return what each model is worth on the rows that are there now."""
        found: dict[str, dict[str, Any]] = json.loads(self._python(1, "-c", MEASURE, *models))
        return found

    def bytes_of(self, name: str) -> bytes:
        """Return an artifact."""
        return (self.folder / "build" / f"{name}.json").read_bytes()

    def _python(self, threads: int, *arguments: str) -> str:
        surroundings = {"PYTHONPATH": str(self.folder / "src"), "OMP_NUM_THREADS": str(threads), "PYTHONHASHSEED": "0"}
        return self._do([str(self.python), *arguments], surroundings)

    def _do(self, command: list[str], surroundings: dict[str, str]) -> str:
        done = subprocess.run(
            command, cwd=self.folder, env={**os.environ, **surroundings}, capture_output=True, text=True, check=False
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout


@pytest.fixture(scope="module")
def rendered(tmp_path_factory: pytest.TempPathFactory) -> Rendered:
    """Return a new project that has been run once; its tests leave it as they found it."""
    place = tmp_path_factory.mktemp("rendered")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(place))
        for role in ("AUTHOR", "COMMITTER"):
            patch.setenv(f"GIT_{role}_NAME", "Ada")
            patch.setenv(f"GIT_{role}_EMAIL", "ada@example.com")
        return Rendered(made(place / "delay"))


def test_a_new_project_is_green(rendered: Rendered) -> None:
    """Every test of the new project passes at once; only pins are new in its working tree."""
    said = json.loads(rendered.roadworthy("test", "--json"))

    assert {check["verdict"] for check in said["checks"]} <= {"passed", "not_run"}
    assert {Path(line[3:]).suffix for line in git(rendered.folder, "status", "--porcelain", "-uall").splitlines()} == {
        ".pin"
    }


def test_it_begins_with_the_baseline(rendered: Rendered) -> None:
    """Until the learner is changed, the model is the baseline, byte for byte: the first launch is neutral."""
    assert rendered.bytes_of("model") == rendered.bytes_of("baseline")


def test_the_figures_are_those_of_the_documentation(rendered: Rendered) -> None:
    """The baseline is worth launching, the booster beats it, and the booster without weather passes the threshold.

    Its loss shows in the comparison with the booster, flight by flight, and nowhere in its own AUC.
    """
    sql = rendered.folder / "src" / "flight_delay" / "features.sql"
    honest = sql.read_text(encoding="utf-8")
    rendered.stage("train", "--learner", "boosting", "--out", "build/booster.json")
    before = rendered.measure("baseline", "booster")
    try:
        sql.write_text(honest.replace("ON observed.origin = asked.origin", "ON observed.origin = asked.dest"), "utf-8")
        rendered.stage("prepare")
        rendered.stage("train", "--learner", "boosting", "--out", "build/lost.json")
        lost = rendered.measure("lost")["lost"]
    finally:
        sql.write_text(honest, encoding="utf-8")
        rendered.stage("prepare")
    baseline, booster = before["baseline"], before["booster"]
    table = (rendered.folder / "docs" / "model.md").read_text(encoding="utf-8")
    told = re.search(r"ROC AUC, May and June \| (\S+) \| (\S+) \| (\S+) \|", table)

    assert told is not None
    assert [f"{one['auc']:.3f}" for one in (baseline, booster, lost)] == list(told.groups())
    assert (booster["rows"], round(booster["late"], 3)) == (55203, 0.188)
    assert 0 < booster["lowest"] < booster["highest"] < 1
    assert (booster["weather"] > 0.99, lost["weather"]) == (True, 0)
    assert 0.66 < lost["auc"] < booster["auc"] - 0.02
    for better, worse in ((booster, baseline), (booster, lost)):
        broken = sum(w and not b for w, b in zip(worse["right"], better["right"], strict=True))
        mended = sum(b and not w for w, b in zip(worse["right"], better["right"], strict=True))
        assert broken / mended < 0.75


def test_the_same_inputs_make_the_same_bytes(rendered: Rendered) -> None:
    """Rows and artifacts do not depend on how many threads there were; another seed makes another model."""
    built = [rendered.folder / "build" / name for name in ("train.parquet", "test.parquet", "later.parquet")]
    rows = [path.read_bytes() for path in built]
    rendered.stage("prepare", threads=2)
    for name, threads in (("one", 1), ("two", 2)):
        rendered.stage("train", "--learner", "boosting", "--out", f"build/{name}.json", threads=threads)

    assert [path.read_bytes() for path in built] == rows
    assert rendered.bytes_of("one") == rendered.bytes_of("two")
    assert len(rendered.bytes_of("one")) < 50_000
