"""Stages executed in the order of their graph, several at a time, each only when its key has no record."""

from __future__ import annotations

import math
import queue
import threading
from typing import TYPE_CHECKING

from roadworthy.build.pipeline import key as keys
from roadworthy.build.pipeline import made as records
from roadworthy.build.pipeline.inputs import Inputs, prepare
from roadworthy.build.pipeline.job import Ended, Event, Failed, Started, Ticked, Waits
from roadworthy.build.pipeline.perform import Stopped, Watch, cached, frozen, is_watched, perform
from roadworthy.build.pipeline.why import in_place, is_kept
from roadworthy.errors import RoadworthyError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.build.pipeline.executor import Lease
    from roadworthy.build.pipeline.job import Job
    from roadworthy.build.pipeline.record import StageRun
    from roadworthy.build.pipeline.stage import Stage
    from roadworthy.ledger.objects.item import Item

_TICK = 0.1  # seconds

_Answer = Event | tuple[str, BaseException]


def execute(job: Job) -> tuple[dict[str, StageRun], Mapping[str, Item]]:
    """Bring every output of *job*'s stages to its place, running only stages whose key has no record.

    Returns:
        What came of each stage, in the order of the graph; and what they read that none of them wrote.

    Raises:
        PipelineError: An input is missing; nothing was run.
        StageFailed: A stage failed; what others made is kept, and what needs it was not started.
        KeyboardInterrupt: Everything that ran was ended, and its outputs are as they were before.
    """
    prepare(job.setting)
    work = _Work(job)
    try:
        work.all()
    except BaseException:
        work.stop()
        raise
    return {name: work.done[name] for name in job.setting.graph.stages}, work.inputs.outside


class _Work:
    """The state of one execution. All but `_perform` is done by one thread."""

    def __init__(self, job: Job) -> None:
        self.done: dict[str, StageRun] = {}
        self._made: dict[str, Item] = {}
        self.inputs = Inputs(job.setting, self._made)
        self._job = job
        self._graph = job.setting.graph
        self._followers: dict[str, list[str]] = {name: [] for name in self._graph.stages}
        for name, needs in self._graph.upstream.items():
            for need in needs:
                self._followers[need].append(name)
        self._missing = {name: len(needs) for name, needs in self._graph.upstream.items()}
        self._ready = [name for name, count in self._missing.items() if count == 0]
        self._running: dict[str, int] = {}  # with the processors that each uses
        self._faults: dict[str, BaseException] = {}
        self._answers: queue.SimpleQueue[_Answer] = queue.SimpleQueue()
        self._leases: dict[str, Lease] = {}
        self._stopping = threading.Event()

    def all(self) -> None:
        """Execute every stage, or as many as can be before one fails."""
        while (self._ready and not self._faults) or self._running:
            if not self._faults:
                self._begin()
            if self._running:
                self._take()
        if self._faults:
            raise self._fault()

    def stop(self) -> None:
        """End what runs, and wait until its outputs are put back."""
        self._stopping.set()
        while self._running:
            for lease in list(self._leases.values()):
                lease.cancel()
            self._take()

    def _begin(self) -> None:
        """Take every ready stage: from the ledger at once if that needs no work, else in a thread if there is room."""
        ready, self._ready = self._ready, []
        while ready:
            name = ready.pop(0)
            stage = self._graph.stages[name]
            cpus = min(max(1, math.ceil(stage.resources.cpus)), self._job.slots)
            if (found := self._without_work(stage)) is not None:
                self._finish(name, found)
                ready.extend(self._ready)
                self._ready = []
            elif sum(self._running.values()) + cpus <= self._job.slots:
                self._running[name] = cpus
                threading.Thread(target=self._perform, args=(stage, dict(self._made)), daemon=True).start()
            else:
                self._ready = [name, *ready]
                return

    def _without_work(self, stage: Stage) -> StageRun | None:
        if stage.frozen:
            return frozen(self._job, stage)
        key = keys.digest(self.inputs.parts(stage))
        if stage.always_changed:
            return None
        made = records.find(self._job.setting.ledger, key)
        if made is None or not is_watched(self._job, made) or (self._job.strict and made.notes):
            return None
        if not in_place(self._job.setting, made):
            return None
        if not is_kept(self._job.setting.ledger, stage, made):
            return None
        return cached(key, made)

    def _finish(self, name: str, result: StageRun) -> None:
        self.done[name] = result
        self._made.update(result.outputs)
        for follower in self._followers[name]:
            self._missing[follower] -= 1
            if self._missing[follower] == 0:
                self._ready.append(follower)
        self._job.say(Ended(name, result))

    def _take(self) -> None:
        """Take one answer of a thread, if one comes within a moment."""
        try:
            answer = self._answers.get(timeout=_TICK)
        except queue.Empty:
            self._job.say(Ticked())
            return
        match answer:
            case Ended(name, result):
                del self._running[name]
                self._finish(name, result)
            case (str(name), BaseException() as fault):
                del self._running[name]
                self._faults[name] = fault
                if not isinstance(fault, Stopped):  # it was ended because somebody asked us to stop
                    self._job.say(Failed(name))
            case event:
                self._job.say(event)

    def _perform(self, stage: Stage, made: Mapping[str, Item]) -> None:
        name = stage.name
        said = threading.Event()

        def waits() -> None:
            if self._stopping.is_set():
                raise Stopped
            if not said.is_set():
                said.set()
                self._answers.put(Waits(name))

        def leased(lease: Lease) -> None:
            self._leases[name] = lease
            if self._stopping.is_set():
                lease.cancel()

        watch = Watch(waits, lambda why: self._answers.put(Started(name, why)), leased)
        try:
            self._answers.put(Ended(name, perform(self._job, stage, made, watch)))
        except BaseException as fault:  # noqa: BLE001 - carried to the thread that executes, and raised there
            self._answers.put((name, fault))
        finally:
            self._leases.pop(name, None)

    def _fault(self) -> BaseException:
        """Return what to raise: the first fault, with the others named."""
        first, *others = self._faults.values()
        if not isinstance(first, RoadworthyError):
            return first
        not_begun = [name for name in self._graph.stages if name not in self.done and name not in self._faults]
        more = [fault.problem for fault in others if isinstance(fault, RoadworthyError)]
        if not_begun:
            more.append(f"Not started, because of that: {', '.join(not_begun)}.")
        return type(first)("\n".join([first.problem, *more]), remedy=first.remedy) if more else first
