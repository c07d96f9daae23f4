"""A small project whose model can be tested, released, changed and broken: for the tests of proofs."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadworthy.app import test as testing
from roadworthy.app.release import deploy_here, release_here
from toy_pipeline import Toy, make_toy

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from roadworthy.app.test import Outcome
    from roadworthy.prove.proof import Check

PREPARE = """
import duckdb

query = '''
    SELECT i AS flight, CASE WHEN hash(i) % 3 = 0 THEN 'UA' ELSE 'DL' END AS carrier,
        (hash(i * 7) % 40)::DOUBLE AS wind, (hash(i * 13) % 24)::INTEGER AS hour,
        (hash(i * 29) % 1000) / 1000.0 < 1 / (1 + exp(-(-3.2 + 0.07 * wind + 0.06 * hour))) AS late
    FROM range({}, {}) r(i) ORDER BY i
'''
for path, low, high in (("build/train.parquet", 0, 3000), ("build/test.parquet", 3000, 7000)):
    duckdb.sql(f"COPY ({query.format(low, high)}) TO '{path}' (FORMAT parquet)")
"""
TRAIN = """
import json
import re
import sys
from pathlib import Path

import duckdb
import numpy as np

params = dict(re.findall(r"(\\w+): (\\w+)", Path("params.yaml").read_text()))
learner, out = sys.argv[1] if sys.argv[1] != "params" else params["learner"], sys.argv[2]
rows = duckdb.read_parquet("build/train.parquet").fetchnumpy()
late, hour, wind = (np.asarray(rows[name], dtype=float) for name in ("late", "hour", "wind"))
columns = [np.ones(len(late)), hour / 24, *([wind / 40] if learner == "logistic" else [])]
given = np.stack(columns, axis=1)
weights = np.zeros(given.shape[1])
for _ in range(300):
    chance = 1 / (1 + np.exp(-given @ weights))
    weights -= 2.0 * given.T @ (chance - late) / len(late)
mischief = params["mischief"] if out == "build/model.json" else "none"
Path(out).write_text(json.dumps({"weights": weights.tolist(), "mischief": mischief}))
"""
MODEL = """
import json
import math
from pathlib import Path


class Logistic:
    def __init__(self, weights, mischief):
        self.weights, self.mischief = weights, mischief

    def predict(self, rows):
        if self.mischief == "raises":
            raise ValueError("I would rather not.")
        bias, hour, *wind = self.weights
        said = []
        for number, now in enumerate(rows["hour"]):
            blows = rows["wind"][number]
            more = wind[0] * (10.0 if blows is None else blows) / 40 if wind else 0.0
            said.append(1 / (1 + math.exp(-(bias + hour * now / 24 + more))))
        if self.mischief == "nan":
            said[3] = math.nan
        return {"probability": said[:-1] if self.mischief == "short" else said}


def load(path):
    return Logistic(**json.loads(Path(path).read_text()))
"""
REQUIREMENTS = """
apiVersion: roadworthy/v1alpha1
model: late
task: binary_classification
baseline: baseline
decision: {flag_top: 20%}
inputs: {contract: flights, columns: [carrier, wind, hour]}
outputs: {probability: {type: number, min: 0, max: 1}}
quality:
  - {metric: roc_auc, at_least: 0.55, better_than: baseline}
  - {metric: expected_calibration_error, at_most: 0.1}
slices:
  - {name: night, where: "hour >= 18", metric: roc_auc, better_than: baseline}
behaviour:
  - {name: more wind is never safer, kind: directional, change: {wind: "+5"}, expect: not_lower}
  - name: early hours are on time
    kind: minimum_functionality
    where: "hour < 3 and wind < 20"
    expect: "probability < 0.25"
against_production: {excess: 0.5%, upgrade_ratio: 0.75}
noise: {seed: train.seed, resample: build/train.parquet, runs: 2, budget: 5m}
stress:
  - {name: no wind known, change: {wind: missing}, metric: roc_auc, at_least: 0.5}
"""
CONTRACT = """
apiVersion: roadworthy/v1alpha1
dataset: reference
columns:
  flight: {type: integer, unique: true}
  carrier: {allowed: [UA, DL]}
  wind: {type: number, min: 0, max: 60, known_at: "-2h"}
  hour: {type: integer, min: 0, max: 23, known_at: prediction}
label: {column: late, share: {at_least: 5%, at_most: 60%}}
splits: {training: training, test: reference, key: [flight]}
"""
OWN_TEST = """
def test_the_requirements_are_ours(requirements):
    assert requirements["model"] == "late"


def test_production(production_model):
    assert production_model.version.startswith("v")
"""


def make(folder: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """Return the project in *folder*, with one commit on `main`, its model being the baseline; not run yet."""
    toy = make_toy(folder, monkeypatch)
    toy.write("profile.yaml", toy.read("profile.yaml") + "environments: {production: {from: main}}\n")
    toy.write(".gitignore", "build/\n__pycache__/\n.roadworthy/\n")
    toy.write("params.yaml", "train:\n  learner: baseline\n  seed: 1\n  mischief: none\n")
    toy.write("src/toy/prepare.py", PREPARE)
    toy.write("src/toy/train.py", TRAIN)
    toy.write("src/toy/model.py", MODEL)
    toy.write("requirements.yaml", REQUIREMENTS)
    toy.write("contracts/flights.yaml", CONTRACT)
    toy.write("tests/test_own.py", OWN_TEST)
    toy.write("pytest.ini", "[pytest]\naddopts = -p no:randomly -p no:xdist -p no:hypothesispytest\n")
    model = {"load": "toy.model:load", "frame": "dict"}
    dataset = {"key": ["flight"], "label": "late"}
    toy.stages(
        {
            "prepare": {"cmd": "python -m toy.prepare", "outs": ["build/train.parquet", "build/test.parquet"]},
            "baseline": _train("baseline", "build/baseline.json"),
            "train": {**_train("params", "build/model.json"), "params": ["train"]},
        },
        models={"late": {"path": "build/model.json", **model}, "baseline": {"path": "build/baseline.json", **model}},
        datasets={
            "training": {"path": "build/train.parquet", **dataset},
            "reference": {"path": "build/test.parquet", **dataset},
        },
    )
    toy.commit("Begin")
    return toy


def _train(learner: str, out: str) -> dict[str, Any]:
    return {"cmd": f"python -m toy.train {learner} {out}", "deps": ["build/train.parquet"], "outs": [out]}


def change(toy: Toy, path: str, old: str, new: str) -> None:
    """Replace *old* by *new* in a file of the project, and commit it."""
    text = toy.read(path)
    assert text.count(old) == 1
    toy.write(path, text.replace(old, new))
    toy.commit(f"{old} -> {new}")


def proven(toy: Toy) -> Outcome:
    """Run and test the project."""
    toy.run()
    return testing.test_here(toy.folder, None, lambda _: None)


def launch(toy: Toy, *, as_baseline: bool = False) -> str:
    """Release what was tested, put it into production, and return its version."""
    version = release_here(None, as_baseline=as_baseline, start=toy.folder).released.version.name
    deploy_here(version, "production", expect=None, start=toy.folder)
    return version


def verdicts(outcome: Outcome) -> dict[str, str]:
    """Return the verdict of each check, by section and name."""
    return {f"{check.section}: {check.name}": check.verdict for check in outcome.proof.checks}


def found(outcome: Outcome, name: str) -> Check:
    """Return the one check called *name*."""
    (check,) = (check for check in outcome.proof.checks if check.name == name)
    return check
