"""Serving: JSON over HTTP, guard and log on, a scikit-learn booster of 100 trees over 20 columns."""

from __future__ import annotations

import http.client
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from figure import Figure, summarise

HERE = Path(__file__).parent
TESTS = HERE.parent / "tests"
sys.path.insert(0, str(TESTS))

import served_toy  # noqa: E402 - the tests' own project, with another model
from roadworthy.declare.pipeline import Model  # noqa: E402 - as above

TIMES, SECONDS = 3, 3.0
COLUMNS = [f"x{number}" for number in range(20)]
LOADS = {(1, 1): (1000, 5), (16, 1): (5000, None), (64, 1): (6000, None), (16, 100): (1200, None)}
MODEL = """
import pickle, sys
import numpy as np
import pandas as pd
from sklearn.ensemble import HistGradientBoostingClassifier
class Booster:
    def __init__(self, booster):
        self.booster = booster
    def predict(self, rows):
        return pd.DataFrame({"probability": self.booster.predict_proba(rows.to_numpy())[:, 1]})
def load(path):
    return Booster(pickle.load(open(path, "rb")))
if __name__ == "__main__":
    random = np.random.default_rng(0)
    rows = random.normal(size=(20_000, 20))
    booster = HistGradientBoostingClassifier(max_iter=100, early_stopping=False)
    booster.fit(rows, rows[:, 0] + random.normal(size=20_000) > 0)
    pickle.dump(booster, open(sys.argv[1], "wb"))
"""
SCOPE = "\n".join(f"    {name}: {{type: number, min: -100, max: 100}}" for name in COLUMNS)
FILES = {
    "profile.yaml": "apiVersion: roadworthy/v1alpha1\nproject: bench\nenvironments: {production: {from: main}}\n",
    "pipeline.yaml": "apiVersion: roadworthy/v1alpha1\nmodels:\n  delay: {path: build/model, load: 'bench:load'}\n",
    "requirements.yaml": (
        "apiVersion: roadworthy/v1alpha1\nmodel: delay\ntask: binary_classification\n"
        f"inputs:\n  columns: [{', '.join(COLUMNS)}]\n  override:\n{SCOPE}\n"
        "outputs: {probability: {type: number, min: 0, max: 1}}\n"
    ),
    "requirements.txt": (TESTS / "integration" / "environments" / "newer.txt").read_text(encoding="utf-8"),
    "src/bench.py": MODEL,
}


def measure() -> list[Figure]:
    """Serve the booster, and ask it by several numbers of clients, on the same cores."""
    with tempfile.TemporaryDirectory() as scratch:
        os.environ["HOME"] = scratch
        project = _project(Path(scratch) / "project")
        figures = [summarise("first answer, from `roadworthy serve`", _first_answers(project.folder), "s", mark=5)]
        with served_toy.Service(project.folder) as service:
            for (clients, rows), (rate, p99) in LOADS.items():
                found = [_load(service.port, clients, rows) for _ in range(TIMES)]
                what = f"{clients} clients, {rows} row{'s' if rows > 1 else ''} a request"
                figures.append(summarise(what, [one["rate"] for one in found], "requests/s (at least)", mark=rate))
                figures.append(summarise(f"… p99, {what}", [one["p99"] for one in found], "ms", mark=p99))
            figures.append(summarise("memory of all its processes", [_memory(service.process.pid)], "MB PSS", mark=220))
    return figures


def _project(folder: Path) -> served_toy.Project:
    project = served_toy.Project.make(folder, files=FILES)
    python = project.environment()
    (folder / "build").mkdir()
    subprocess.run([python, "src/bench.py", "build/model"], cwd=folder, check=True)
    project.deploy(project.release_built(Model("build/model", load="bench:load")))
    return project


def _first_answers(folder: Path) -> list[float]:
    seconds = []
    for _ in range(TIMES):
        began = time.perf_counter()
        with served_toy.Service(folder) as service:
            connection = http.client.HTTPConnection("127.0.0.1", service.port)
            connection.request("POST", "/predict", json.dumps({"records": [dict.fromkeys(COLUMNS, 0.1)]}))
            assert connection.getresponse().status == 200
            seconds.append(time.perf_counter() - began)
            connection.close()
    return seconds


def _load(port: int, clients: int, rows: int) -> dict[str, float]:
    body = json.dumps({"records": [dict.fromkeys(COLUMNS, 0.1)] * rows})
    command = [sys.executable, HERE / "clients" / "load.py", str(port), str(clients), str(SECONDS)]
    told = subprocess.run(command, input=body, capture_output=True, text=True, check=True).stdout
    found: dict[str, float] = json.loads(told)
    assert found["failed"] == 0
    return found


def _memory(parent: int) -> float:
    """Return the proportional memory of a process and all below it, in MB."""
    total, below = 0.0, [parent]
    while below:
        process = below.pop()
        lines = Path(f"/proc/{process}/smaps_rollup").read_text(encoding="utf-8").splitlines()
        total += next(int(line.split()[1]) / 1024 for line in lines if line.startswith("Pss:"))
        for task in Path(f"/proc/{process}/task").glob("*/children"):
            below += [int(child) for child in task.read_text(encoding="utf-8").split()]
    return total
