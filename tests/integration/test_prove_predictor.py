"""A model asked from several threads at once: every row gets its own answer, and workers that die are replaced."""

from __future__ import annotations

import sys
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from roadworthy.build.data.table import Column, Table
from roadworthy.build.environment import kit
from roadworthy.build.model.spec import ModelSpec
from roadworthy.declare.pipeline import Model
from roadworthy.declare.requirements import OutputRule
from roadworthy.errors import WorkerDied
from roadworthy.prove.predictor import Predictor

MODEL = """
import os
import time


class Doubling:
    def predict(self, rows):
        wind = rows["wind"]
        if -1 in wind[:1]:
            os._exit(3)
        if -2 in wind[:1]:
            time.sleep(600)
        time.sleep(len(wind) / 20_000)
        return {"probability": [2.0 * one for one in wind]}


def load(path):
    return Doubling()
"""


@pytest.fixture
def spec(tmp_path: Path) -> ModelSpec:
    """Return a slow model that doubles the wind."""
    (tmp_path / "model.py").write_text(MODEL, encoding="utf-8")
    return ModelSpec(
        folder=tmp_path,
        python=Path(sys.executable),
        kit=kit.install(tmp_path / ".roadworthy"),
        model=Model("model", load="model:load", frame="dict"),
        path=tmp_path / "model",
        inputs=("wind",),
        outputs={"probability": OutputRule()},
    )


def winds(first: float, count: int) -> Table:
    """Return so many winds, from *first* on."""
    return Table({"wind": Column(np.arange(first, first + count))})


def test_every_thread_gets_the_answers_to_its_own_rows(spec: ModelSpec) -> None:
    """Tables of all sizes, asked at once of two workers, are answered in the order of their own rows."""
    sizes = [60_000, 3, 12_000, 0, 7000, 1, 30_000, 5001]
    asked = [winds(1000.0 * number, size) for number, size in enumerate(sizes)]
    with Predictor(spec, workers=2) as predictor, ThreadPoolExecutor(len(asked)) as pool:
        said = list(pool.map(predictor.predict, asked))

    for rows, answers in zip(asked, said, strict=True):
        np.testing.assert_array_equal(answers["probability"].values, 2 * rows["wind"].values.astype(np.float64))


def test_a_worker_that_dies_fails_its_question_alone(spec: ModelSpec) -> None:
    """Who asked it is told; the next question is answered by another one."""
    with Predictor(spec, workers=1) as predictor:
        with pytest.raises(WorkerDied):
            predictor.predict(winds(-1.0, 1))
        again = predictor.predict(winds(5.0, 2))

    assert again["probability"].values.tolist() == [10.0, 12.0]


def test_who_waits_for_an_answer_is_told_when_the_workers_are_ended(spec: ModelSpec) -> None:
    """Ending the workers ends questions that are being answered, and those that wait for a worker."""
    predictor, faults = Predictor(spec, workers=1), list[Exception]()

    def ask() -> None:
        try:
            predictor.predict(winds(-2.0, 1))
        except WorkerDied as fault:
            faults.append(fault)

    predictor.predict(winds(1.0, 1))
    threads = [threading.Thread(target=ask) for _ in range(3)]
    for thread in threads:
        thread.start()
    time.sleep(0.3)
    predictor.close()
    for thread in threads:
        thread.join(timeout=20)

    assert not any(thread.is_alive() for thread in threads)
    assert len(faults) == 3
    with pytest.raises(WorkerDied):
        predictor.predict(winds(1.0, 1))
