"""Batches without waiting: a lane asks its model about all that queued while the last answer was on its way.

scikit-learn costs the same half millisecond for one row and for a hundred. Nobody is held back for a fuller batch.
"""

from __future__ import annotations

import queue
import threading
import traceback
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Protocol

import numpy as np

from roadworthy.build.data.table import Column, Table
from roadworthy.errors import ModelError, WorkerDied, WorkerHung
from roadworthy.operate.serve import refusal
from roadworthy.operate.serve.guard import Answer, Guard, Predictor, answer
from roadworthy.operate.serve.refusal import Refusal

_ROWS = 4096  # of a batch, unless one request holds more
_JOBS, _QUEUED_ROWS = 2048, 1_000_000  # that may wait
_QUIET = 1.0  # seconds after which it is seen whether the workers still live
_LONGEST_PAUSE = 30.0  # between two attempts to start a model that does not


class Workers(Protocol):
    """What answers in a lane: a crew. For one thread at a time."""

    @property
    def model(self) -> Predictor:
        """The version's model."""

    @property
    def baseline(self) -> Predictor | None:
        """What the guard may fall back to."""

    @property
    def usable(self) -> bool:
        """Whether all of them can be asked."""

    def start(self) -> None:
        """Have all of them running. Raises ModelError. May be repeated."""

    def close(self) -> None:
        """End all of them. May be repeated."""


@dataclass(eq=False, slots=True)
class Job:
    """Rows to be answered, and for whom: the lane gives back the job with what came of it."""

    table: Table
    ticket: object


Outcome = Answer | Refusal
Deliver = Callable[[Sequence[tuple[Job, Outcome]]], None]


class Closed(Exception):
    """The lane takes no more jobs: another version has taken over."""


@dataclass(slots=True)
class _Waiting:
    jobs: queue.SimpleQueue[Job | None] = field(default_factory=queue.SimpleQueue)
    rows: int = 0


class Lane:
    """One version's queue, and the thread that asks its workers."""

    def __init__(
        self, crew: Workers, guard: Guard, deliver: Deliver, *, timeout: float, say: Callable[[str], None]
    ) -> None:
        """Take over *crew*, which has been started. *deliver* and *say* are called from the lane's thread."""
        self._crew = crew
        self._guard = guard
        self._deliver = deliver
        self._timeout = timeout
        self._say = say
        self._said = ""
        self._waiting = _Waiting()
        self._lock = threading.Lock()
        self._closed = threading.Event()
        self._trouble: str | None = None
        self.restarts = 0
        self._thread = threading.Thread(target=self._work, name="lane", daemon=True)
        self._thread.start()

    @property
    def trouble(self) -> str | None:
        """Why nothing can be answered just now; None when all is well."""
        return self._trouble

    def submit(self, job: Job) -> None:
        """Put *job* at the end of the queue.

        Raises:
            Closed: The lane has been closed.
            Refusal: The model is down, or too much is waiting.
        """
        if self._trouble is not None:
            raise _down(self._trouble)
        with self._lock:
            if self._closed.is_set():
                raise Closed
            waiting = self._waiting
            if waiting.jobs.qsize() >= _JOBS or waiting.rows > _QUEUED_ROWS:
                raise Refusal(refusal.BUSY, "Too many requests are waiting.", "Try again in a second.")
            waiting.rows += len(job.table)
            waiting.jobs.put(job)

    def close(self) -> None:
        """Answer what is queued, then end the workers. Returns when that is done; may be repeated."""
        with self._lock:
            if not self._closed.is_set():
                self._closed.set()
                self._waiting.jobs.put(None)
        self._thread.join()

    def _work(self) -> None:
        try:
            while (jobs := self._take()) is not None:
                if jobs:
                    self._deliver([pair for group in _alike(jobs) for pair in self._settle(group)])
                if not self._crew.usable:
                    self._revive()
        finally:
            self._crew.close()

    def _take(self) -> list[Job] | None:
        """Wait for a job, and take with it all that is there; none when it is quiet, None at the end."""
        try:
            first = self._waiting.jobs.get(timeout=_QUIET)
        except queue.Empty:
            return []
        if first is None:
            return None
        jobs, rows = [first], len(first.table)
        while rows < _ROWS and not self._waiting.jobs.empty():
            job = self._waiting.jobs.get()
            if job is None:
                self._waiting.jobs.put(None)  # the end, to be met again
                break
            jobs.append(job)
            rows += len(job.table)
        with self._lock:
            self._waiting.rows -= rows
        return jobs

    def _settle(self, jobs: list[Job]) -> list[tuple[Job, Outcome]]:
        try:
            whole = self._ask(_joined([job.table for job in jobs]))
        except ModelError as fault:
            if len(jobs) > 1 and not isinstance(fault, WorkerHung | WorkerDied):
                return [pair for job in jobs for pair in self._settle([job])]  # the others need not suffer for one
            self._tell(fault.problem)
            return [(job, refusal.of(fault)) for job in jobs]
        except Exception:  # noqa: BLE001 - the outermost handler of this thread, which must live on
            traceback.print_exc()
            ours = Refusal(refusal.OURS, "This is a bug in Roadworthy.", "Please report what the service printed.")
            return [(job, ours) for job in jobs]
        ends = np.cumsum([len(job.table) for job in jobs]).tolist()
        return [(job, whole.part(end - len(job.table), end)) for job, end in zip(jobs, ends, strict=True)]

    def _ask(self, table: Table) -> Answer:
        crew = self._crew
        if not crew.usable:
            raise WorkerDied("The model's worker has ended.", remedy="Try again.")
        return answer(self._guard, table, crew.model, crew.baseline, timeout=self._timeout)

    def _revive(self) -> None:
        """Start the workers again, however often it takes; meanwhile every request is told why it must wait."""
        self._trouble, pause = "The model is being started anew.", 1.0
        while not self._crew.usable and not self._closed.is_set():
            self._turn_away()
            try:
                self._crew.start()
            except ModelError as fault:
                self._trouble = f"The model does not start: {refusal.cause(fault)}"
                self._tell(f"The model does not start: {fault.problem}")
                self._closed.wait(pause)
                pause = min(pause * 2, _LONGEST_PAUSE)
        self._turn_away()
        self.restarts += 1
        self._trouble = None

    def _tell(self, problem: str) -> None:
        """Tell who runs the service, once for the same problem after the other."""
        if problem != self._said:
            self._said = problem
            self._say(problem)

    def _turn_away(self) -> None:
        told = []
        while not self._waiting.jobs.empty():
            job = self._waiting.jobs.get()
            if job is None:
                self._waiting.jobs.put(None)
                break
            told.append((job, _down(self._trouble or "")))
        with self._lock:
            self._waiting.rows -= sum(len(job.table) for job, _ in told)
        if told:
            self._deliver(told)


def _down(trouble: str) -> Refusal:
    return Refusal(refusal.BUSY, trouble, "Try again in a few seconds.")


def _alike(jobs: Sequence[Job]) -> list[list[Job]]:
    """Return the jobs in groups whose columns have the same types: requests may differ where none is declared."""
    if len(jobs) == 1:
        return [list(jobs)]
    groups: dict[str, list[Job]] = {}
    for job in jobs:
        kinds = "".join(column.values.dtype.kind for column in job.table.columns.values())
        groups.setdefault(kinds, []).append(job)
    return list(groups.values())


def _joined(tables: Sequence[Table]) -> Table:
    if len(tables) == 1:
        return tables[0]
    columns = {}
    for name in tables[0].names:
        parts = [table[name] for table in tables]
        values = np.concatenate([part.values for part in parts])
        missing = None
        if any(part.missing is not None for part in parts):
            missing = np.concatenate([part.is_missing() for part in parts])
        columns[name] = Column(values, missing)
    return Table(columns)
