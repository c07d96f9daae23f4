"""Projects on small real tables, one for each task: numpy learns, nothing is to be installed."""

from __future__ import annotations

import shutil
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import yaml

from toy_pipeline import Toy, make_toy

if TYPE_CHECKING:
    import pytest

TABLES = Path(__file__).parent / "data" / "tables"
PREPARE = """
import sys
import duckdb

source = sys.argv[1]
query = "SELECT row_number() OVER () AS row, * FROM read_csv('{}')".format(source)
for part, path in ((1, "build/train.parquet"), (0, "build/test.parquet")):
    duckdb.sql(f"COPY (SELECT * FROM ({query}) WHERE hash(row) % 2 = {part} ORDER BY row) TO '{path}' (FORMAT parquet)")
"""
TRAIN = """
import json
import re
import sys
from pathlib import Path

import duckdb
import numpy as np

task, label, out = sys.argv[1:4]
params = dict(re.findall(r"(\\w+): (\\w+)", Path("params.yaml").read_text()))
plain = out == "build/baseline.json" or params["learner"] == "plain"
rows = duckdb.read_parquet("build/train.parquet").fetchnumpy()
names = [name for name in rows if name not in (label, "row")]
given = np.stack([np.asarray(rows[name], dtype=float) for name in names], axis=1)
mean, spread = given.mean(axis=0), given.std(axis=0) + 1e-9
given = np.hstack([np.ones((len(given), 1)), 0 * given if plain else (given - mean) / spread])
truth = np.asarray(rows[label], dtype=float)
start = np.random.default_rng(int(params["seed"])).normal(scale=0.01, size=given.shape[1]) * (not plain)
if task == "regression":
    weights = np.linalg.solve(given.T @ given + np.eye(given.shape[1]), given.T @ truth + start)[:, None]
else:
    classes = np.unique(truth)
    came = (truth[:, None] == classes).astype(float) if task == "multiclass" else truth[:, None]
    weights = np.repeat(start[:, None], came.shape[1], axis=1)
    for _ in range(300):
        score = given @ weights
        if task == "multiclass":
            raised = np.exp(score - score.max(axis=1, keepdims=True))
            chance = raised / raised.sum(axis=1, keepdims=True)
        else:
            chance = 1 / (1 + np.exp(-score))
        weights -= 0.5 * (given.T @ (chance - came) / len(came) + 0.003 * weights)
Path(out).write_text(json.dumps({"task": task, "names": names, "mean": mean.tolist(), "spread": spread.tolist(),
    "weights": weights.tolist()}))
"""
MODEL = """
import json
from pathlib import Path

import numpy as np


class Linear:
    def __init__(self, task, names, mean, spread, weights):
        self.task, self.names, self.weights = task, names, np.array(weights)
        self.mean, self.spread = np.array(mean), np.array(spread)

    def predict(self, rows):
        given = np.stack([np.array([np.nan if one is None else one for one in rows[name]], dtype=float)
            for name in self.names], axis=1)
        given = np.where(np.isnan(given), 0.0, (given - self.mean) / self.spread)
        score = np.hstack([np.ones((len(given), 1)), given]) @ self.weights
        if self.task == "regression":
            return {"progression": score[:, 0].tolist()}
        if self.task == "binary_classification":
            return {"probability": (1 / (1 + np.exp(-score[:, 0]))).tolist()}
        raised = np.exp(score - score.max(axis=1, keepdims=True))
        chances = raised / raised.sum(axis=1, keepdims=True)
        return {str(number): chances[:, number].tolist() for number in range(chances.shape[1])}


def load(path):
    return Linear(**json.loads(Path(path).read_text()))
"""


@dataclass(frozen=True)
class Real:
    """A task on a real table: its file, its label, and what is asked."""

    task: str
    file: str
    label: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    asked: str


_NUCLEI = ("radius", "texture", "perimeter", "area", "smoothness", "compactness", "concavity", "concave_points",
           "symmetry", "fractal_dimension")  # fmt: skip
BREAST = Real(
    "binary_classification",
    "breast.csv.gz",
    "malignant",
    _NUCLEI,
    ("probability",),
    """
decision: {costs: {miss: 5, false_alarm: 1}}
quality:
  - {metric: roc_auc, at_least: 0.9, better_than: baseline}
  - {metric: expected_calibration_error, at_most: 0.15}
slices:
  - {name: rough, where: "texture > 17", metric: roc_auc, at_least: 0.85}
""",
)
DIGITS = Real(
    "multiclass",
    "digits.csv.gz",
    "digit",
    tuple(f"p{number}" for number in range(64)),
    tuple(str(number) for number in range(10)),
    """
quality:
  - {metric: macro_f1, at_least: 0.85, better_than: baseline}
  - {metric: log_loss, at_most: 0.6}
  - {metric: expected_calibration_error, at_most: 0.2}
slices:
  - {name: dark middle, where: "p36 > 8", metric: accuracy, at_least: 0.8, better_than: baseline}
""",
)
DIABETES = Real(
    "regression",
    "diabetes.csv",
    "progression",
    ("age", "sex", "bmi", "pressure", "s1", "s2", "s3", "s4", "s5", "s6"),
    ("progression",),
    """
decision: {tolerance: 30%}
quality:
  - {metric: mean_absolute_error, at_most: 55, better_than: baseline}
  - {metric: bias, at_most: 12}
slices:
  - {name: elders, where: "age >= 50", metric: mean_absolute_error, better_than: baseline}
""",
)


def make(folder: Path, monkeypatch: pytest.MonkeyPatch, real: Real) -> Toy:
    """Return a project on the table of *real*, committed, not run yet; its first model is no baseline."""
    toy = make_toy(folder, monkeypatch)
    shutil.copy(TABLES / real.file, folder / real.file)
    toy.write("profile.yaml", toy.read("profile.yaml") + "environments: {production: {from: main}}\n")
    toy.write(".gitignore", "build/\n__pycache__/\n.roadworthy/\n")
    toy.write("params.yaml", "train:\n  learner: linear\n  seed: 1\n")
    toy.write("src/toy/prepare.py", PREPARE)
    toy.write("src/toy/train.py", TRAIN)
    toy.write("src/toy/model.py", MODEL)
    kind = {"type": "number"} if real.task == "regression" else {"type": "number", "min": 0, "max": 1}
    head = {
        "apiVersion": "roadworthy/v1alpha1",
        "model": "main",
        "task": real.task,
        "baseline": "baseline",
        "inputs": {"columns": list(real.inputs)},
        "outputs": dict.fromkeys(real.outputs, kind),
        "noise": {"seed": "train.seed", "resample": "build/train.parquet", "runs": 2},
    }
    dumper = yaml.SafeDumper
    toy.write("requirements.yaml", yaml.dump(head, Dumper=dumper, sort_keys=False) + real.asked)
    train = f"python -m toy.train {real.task} {real.label}"
    deps = ["build/train.parquet"]
    dataset = {"key": ["row"], "label": real.label}
    toy.stages(
        {
            "prepare": {"cmd": f"python -m toy.prepare {real.file}", "deps": [real.file],
                        "outs": ["build/train.parquet", "build/test.parquet"]},
            "baseline": {"cmd": f"{train} build/baseline.json", "deps": deps, "params": ["train"],
                         "outs": ["build/baseline.json"]},
            "train": {"cmd": f"{train} build/model.json", "deps": deps, "params": ["train"],
                      "outs": ["build/model.json"]},
        },
        models={
            name: {"path": path, "load": "toy.model:load", "frame": "dict"}
            for name, path in (("main", "build/model.json"), ("baseline", "build/baseline.json"))
        },
        datasets={
            "training": {"path": "build/train.parquet", **dataset},
            "reference": {"path": "build/test.parquet", **dataset},
        },
    )  # fmt: skip
    toy.commit("Begin")
    return toy
