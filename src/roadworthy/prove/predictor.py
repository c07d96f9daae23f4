"""A model that answers whole tables quickly: as many workers as processors, each given a stretch of the rows."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from typing import TYPE_CHECKING, Self

import numpy as np

from roadworthy.build.data.table import Column, Table
from roadworthy.build.model.worker import ModelWorker
from roadworthy.errors import ModelError, PredictFailed

if TYPE_CHECKING:
    from types import TracebackType

    from roadworthy.build.data.table import Bools
    from roadworthy.build.model.spec import ModelSpec

_LOADING = 120.0
_PATIENCE = 60.0
_SLOWEST = 500  # rows a second of the slowest model that is still waited for
_HEAD = 5_000  # rows that one worker is asked first, to see how long the rest would take
_WORTH_A_START = 2.0  # seconds of one worker's time: about what it costs to start another


class Predictor:
    """Answers tables by workers that are started when they are first needed. For one thread at a time.

    Workers run side by side; the rows of an answer stand in the order of the question.
    """

    def __init__(self, spec: ModelSpec, *, workers: int | None = None) -> None:
        self._spec = spec
        self._most = workers or os.cpu_count() or 1
        self._workers: list[ModelWorker] = []

    def predict(self, table: Table) -> Table:
        """Return the declared outputs for *table*, which holds at least the inputs.

        Raises:
            ModelError: It cannot be loaded, hangs, dies, raises, or answers otherwise than declared.
        """
        self._start(1)
        head, rest = table.take(np.arange(min(len(table), _HEAD))), table.take(np.arange(_HEAD, len(table)))
        began = time.monotonic()
        answers = [self._one(self._workers[0], head, 0)]
        if not len(rest):
            return answers[0]
        if (time.monotonic() - began) * len(rest) / len(head) > _WORTH_A_START:
            self._start(self._most)
        return join(answers + self._side_by_side(rest))

    def _side_by_side(self, table: Table) -> list[Table]:
        count = len(self._workers)
        edges = np.linspace(0, len(table), count + 1).astype(np.int64)
        parts = [table.take(np.arange(low, high)) for low, high in pairwise(edges)]
        with ThreadPoolExecutor(max_workers=count) as pool:
            return list(pool.map(self._one, self._workers, parts, (_HEAD + int(edge) for edge in edges)))

    def close(self) -> None:
        """End the workers; may be repeated."""
        for worker in self._workers:
            worker.close()
        self._workers = []

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _start(self, count: int) -> None:
        """Have at least *count* workers that can be asked."""
        self._workers = [worker for worker in self._workers if worker.usable]
        lacking = count - len(self._workers)
        if lacking <= 0:
            return
        with ThreadPoolExecutor(max_workers=lacking) as pool:
            starting = [pool.submit(ModelWorker.start, self._spec, timeout=_LOADING) for _ in range(lacking)]
        self._workers += [started.result() for started in starting if started.exception() is None]
        for started in starting:
            started.result()  # the first that could not be started tells why

    @staticmethod
    def _one(worker: ModelWorker, part: Table, first: int) -> Table:
        """Return the answers to *part*, the rows from *first* on; what is wrong with one is told by its number."""
        try:
            return worker.predict(part, timeout=_patience(part), first=first)
        except PredictFailed as fault:
            row = _culprit(worker, part)
            if row is None:
                raise
            said = f"Row {first + row} by itself is enough for it: {fault.problem}"
            raise PredictFailed(said, remedy=fault.remedy) from fault


def _patience(part: Table) -> float:
    return _PATIENCE + len(part) / _SLOWEST


def _culprit(worker: ModelWorker, part: Table) -> int | None:
    """Return a row that the model raises for when it is asked about that alone; None when none was found by halving."""
    low, high = 0, len(part)
    while high - low > 1:
        middle = (low + high) // 2
        if _raises(worker, part, low, middle):
            high = middle
        else:
            low = middle
    return low if high > low and _raises(worker, part, low, high) else None


def _raises(worker: ModelWorker, part: Table, low: int, high: int) -> bool:
    asked = part.take(np.arange(low, high))
    try:
        worker.predict(asked, timeout=_patience(asked))
    except PredictFailed:
        return True
    except ModelError:
        return False
    return False


def join(parts: list[Table]) -> Table:
    """Return tables of the same columns as one, their rows one after another."""
    return Table({name: _joined([part[name] for part in parts]) for name in parts[0].names})


def _joined(columns: list[Column]) -> Column:
    missing: Bools | None = None
    if any(column.missing is not None for column in columns):
        missing = np.concatenate([column.is_missing() for column in columns])
    return Column(np.concatenate([column.values for column in columns]), missing)
