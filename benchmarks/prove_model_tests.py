"""Model tests: 60 of them, of a booster of 100 trees on 100,000 x 20 rows, beside their 61 predictions alone."""

from __future__ import annotations

import os
import resource
import subprocess
import tempfile
import time
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import peers
from figure import Figure, summarise

from roadworthy.build.data.table import Column, Table
from roadworthy.build.environment import kit
from roadworthy.build.model.spec import ModelSpec
from roadworthy.declare.pipeline import Model
from roadworthy.declare.requirements import Behaviour, OutputRule
from roadworthy.prove.behaviour.check import check
from roadworthy.prove.behaviour.subject import Subject
from roadworthy.prove.predictor import Predictor
from roadworthy.prove.side_by_side import made

if TYPE_CHECKING:
    from collections.abc import Callable

ROWS = int(os.environ.get("BENCH_ROWS", "100000"))  # fewer to see whether it works
TIMES = 3
COLUMNS = tuple(f"x{number}" for number in range(20))
CHANGES = ("+1", "*1.5", "missing")
MARK = 1.15
SKLEARN = ("scikit-learn==1.7.2", "pandas")
CLIENT = Path(__file__).parent / "clients" / "model_tests_client.py"
MODEL = """
import pickle, sys
import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
class Booster:
    def __init__(self, booster):
        self.booster = booster
    def predict(self, rows):
        return {"probability": self.booster.predict_proba(rows)[:, 1]}
def load(path):
    return Booster(pickle.load(open(path, "rb")))
if __name__ == "__main__":
    random = np.random.default_rng(0)
    rows = random.normal(size=(20_000, 20))
    booster = HistGradientBoostingClassifier(max_iter=100, early_stopping=False)
    booster.fit(rows, rows[:, 0] + random.normal(size=20_000) > 0)
    pickle.dump(booster, open(sys.argv[1], "wb"))
    np.save(sys.argv[2], random.normal(size=(int(sys.argv[3]), 20)))
"""


@dataclass(frozen=True)
class Spent:
    """Wall and CPU seconds of all processes."""

    wall: float
    cpu: float


def measure() -> list[Figure]:
    """Make the tests and the bare predictions in turn, and return how many times as much the tests cost."""
    python = peers.installed(*SKLEARN) / "python"
    with tempfile.TemporaryDirectory() as scratch:
        folder = Path(scratch)
        (folder / "bench.py").write_text(MODEL, encoding="utf-8")
        subprocess.run([python, "bench.py", "model", "rows.npy", str(ROWS)], cwd=folder, check=True)
        suite, bare = partial(_suite, folder, python), partial(_bare, folder, python)
        for warm in (bare, suite):
            warm()
        pairs = [(_spent(suite), _spent(bare)) for _ in range(TIMES)]
    what = f"{len(COLUMNS) * len(CHANGES)} model tests of {ROWS:,} x {len(COLUMNS)} rows"
    return [
        summarise(f"{what}, suite", [ours.wall for ours, _ in pairs], "s"),
        summarise("… their predictions alone", [alone.wall for _, alone in pairs], "s"),
        summarise("… suite ÷ predictions", [ours.wall / alone.wall for ours, alone in pairs], "", mark=MARK),
        summarise("… the same in CPU seconds", [ours.cpu / alone.cpu for ours, alone in pairs], ""),
    ]


def _suite(folder: Path, python: Path) -> None:
    given = np.load(folder / "rows.npy")
    rows = Table({name: Column(np.ascontiguousarray(given[:, place])) for place, name in enumerate(COLUMNS)})
    spec = ModelSpec(
        folder=folder,
        python=python,
        kit=kit.install(folder / "state"),
        model=Model("model", load="bench:load", frame="numpy"),
        path=folder / "model",
        inputs=COLUMNS,
        outputs={"probability": OutputRule()},
    )
    tests = [
        Behaviour(f"{name} {how}", "directional", {name: how}, expect="not_lower", share=0.1)
        for name in COLUMNS
        for how in CHANGES
    ]
    with Predictor(spec) as predictor:
        subject = Subject(rows, COLUMNS, predictor.predict(rows), predictor.predict)
        found = made([partial(check, test, subject) for test in tests])
    if any("acuous" in one.summary for one in found):
        raise RuntimeError("A test was not made.")


def _bare(folder: Path, python: Path) -> None:
    cores = str(os.cpu_count() or 1)
    environment = {**os.environ, "OMP_NUM_THREADS": "1"}
    subprocess.run([python, CLIENT, "model", "rows.npy", cores], cwd=folder, env=environment, check=True)


def _spent(work: Callable[[], None]) -> Spent:
    before, began = _cpu(), time.perf_counter()
    work()
    return Spent(time.perf_counter() - began, _cpu() - before)


def _cpu() -> float:
    used = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(one.ru_utime + one.ru_stime for one in used)
