"""A model that answers whole tables quickly: as many workers as processors, each given a stretch of the rows."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise
from threading import Condition
from typing import TYPE_CHECKING, Self

import numpy as np

from roadworthy.build.data.table import Column, Table
from roadworthy.build.model.worker import ModelWorker
from roadworthy.errors import WorkerDied

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
    """Answers tables by workers that are started when they are first needed, of one thread each.

    Any number of threads may ask; each worker is asked by one at a time. The rows of an answer stand in the order of
    the question.
    """

    def __init__(self, spec: ModelSpec, *, workers: int | None = None) -> None:
        self._spec = spec
        self._most = workers or os.cpu_count() or 1
        self._wanted = 1
        self._turn = Condition()
        self._free: list[ModelWorker] = []
        self._lent: list[ModelWorker] = []
        self._starting = 0
        self._closed = False

    def predict(self, table: Table) -> Table:
        """Return the declared outputs for *table*, which holds at least the inputs.

        Raises:
            ModelError: It cannot be loaded, hangs, dies, raises, or answers otherwise than declared.
        """
        if len(table) <= _HEAD:
            return self._one(table)
        if self._wanted == self._most:
            return join(self._side_by_side(table))
        began = time.monotonic()
        head, rest = self._one(table.part(0, _HEAD)), table.part(_HEAD, len(table))
        if (time.monotonic() - began) * len(rest) / _HEAD > _WORTH_A_START:
            self._wanted = self._most
        return join([head, *self._side_by_side(rest)])

    def _side_by_side(self, table: Table) -> list[Table]:
        count = self._wanted
        edges = np.linspace(0, len(table), count + 1).astype(np.int64)
        parts = [table.part(int(low), int(high)) for low, high in pairwise(edges)]
        if count == 1:
            return [self._one(part) for part in parts]
        with ThreadPoolExecutor(max_workers=count) as pool:
            return list(pool.map(self._one, parts))

    def close(self) -> None:
        """End the workers, also those that are being asked; may be repeated."""
        with self._turn:
            self._closed = True
            workers, self._free, self._lent = [*self._free, *self._lent], [], []
            self._turn.notify_all()
        for worker in workers:
            worker.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _one(self, part: Table) -> Table:
        worker = self._borrow()
        try:
            return worker.predict(part, timeout=_PATIENCE + len(part) / _SLOWEST)
        finally:
            self._give_back(worker)

    def _borrow(self) -> ModelWorker:
        """Return a worker that nobody else asks meanwhile: one that is free, or a new one, or the next that is free."""
        with self._turn:
            while not self._closed:
                while self._free:
                    worker = self._free.pop()
                    if worker.usable:
                        self._lent.append(worker)
                        return worker
                if len(self._lent) + self._starting < self._wanted:
                    self._starting += 1
                    break
                self._turn.wait()
            else:
                raise WorkerDied("The model's workers have been ended.", remedy="Start again.")
        return self._start()

    def _start(self) -> ModelWorker:
        worker: ModelWorker | None = None
        try:
            worker = ModelWorker.start(self._spec, timeout=_LOADING)
        finally:
            with self._turn:
                self._starting -= 1
                if worker is not None:
                    self._lent.append(worker)
                if self._closed and worker is not None:
                    worker.close()
                self._turn.notify()
        return worker

    def _give_back(self, worker: ModelWorker) -> None:
        with self._turn:
            if worker in self._lent:  # else it was ended meanwhile
                self._lent.remove(worker)
                self._free.append(worker)
            self._turn.notify()


def join(parts: list[Table]) -> Table:
    """Return tables of the same columns as one, their rows one after another."""
    return Table({name: _joined([part[name] for part in parts]) for name in parts[0].names})


def _joined(columns: list[Column]) -> Column:
    missing: Bools | None = None
    if any(column.missing is not None for column in columns):
        missing = np.concatenate([column.is_missing() for column in columns])
    return Column(np.concatenate([column.values for column in columns]), missing)
