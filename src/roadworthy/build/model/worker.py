"""A model in a process of its own: tables in, tables out, and every way of failing told apart."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any, NoReturn, Self

from roadworthy.build.model import check, wire
from roadworthy.build.model.process import Process
from roadworthy.build.workplace import told
from roadworthy.errors import BadPrediction, LoadFailed, PredictFailed, WorkerDied, WorkerHung

if TYPE_CHECKING:
    from pathlib import Path
    from types import TracebackType

    from roadworthy.build.data.table import Table
    from roadworthy.build.model.spec import ModelSpec

_TRACE = 24  # lines of a traceback
_MEND = "Mend the model, or try it in the project's Python environment by hand."


class ModelWorker:
    """A loaded model, ready to predict. For one thread at a time."""

    def __init__(self, spec: ModelSpec, process: Process) -> None:
        self._spec = spec
        self._process = process
        self._closed = False

    @classmethod
    def start(cls, spec: ModelSpec, *, timeout: float) -> Self:
        """Return a worker that has loaded the model of *spec* within *timeout* seconds.

        Raises:
            LoadFailed: Its `load` raised, is not there, or returned something without `predict`.
            WorkerHung: It did not load in time.
            WorkerDied: Its process ended instead.
        """
        worker = cls(spec, Process(spec))
        try:
            worker._load(timeout)
        except BaseException:
            worker.close()
            raise
        return worker

    @property
    def pid(self) -> int:
        """The id of its process."""
        return self._process.pid

    @property
    def usable(self) -> bool:
        """Whether it can still be asked: it was neither closed, nor did it hang or die."""
        return not self._closed and not self._process.has_ended()

    def predict(self, table: Table, *, timeout: float) -> Table:
        """Return the declared outputs for the rows of *table*, which holds at least the inputs.

        Raises:
            KeyError: An input is not in *table*.
            PredictFailed: The model raised.
            BadPrediction: Its answer has the wrong length, columns, order or type, or holds NaN or infinity.
            WorkerHung: No answer within *timeout* seconds; the worker has been ended.
            WorkerDied: Its process has ended.
        """
        tensors, buffers = wire.encode(table.select(self._spec.inputs))
        header, body = self._ask({"kind": "predict", "inputs": tensors}, buffers, timeout)
        if header.get("kind") == "error":
            self._complain(header)
        if isinstance(header.get("moved"), int):
            raise BadPrediction(
                f"`predict` returned its rows in another order: row {header['moved']} is the first out of place.",
                remedy="Return the rows in the order of the input.",
            )
        try:
            answer = wire.decode(header.get("outputs", ()), body)
        except wire.WireFault as fault:
            self.close()
            raise BadPrediction(str(fault), remedy=_MEND) from fault
        return check.check(answer, len(table), self._spec.outputs)

    def close(self) -> None:
        """End the worker's process; may be repeated."""
        self._closed = True
        self._process.end()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        self.close()

    def _load(self, timeout: float) -> None:
        spec = self._spec
        wanted = {
            "kind": "load",
            "load": spec.model.load,
            "format": spec.model.format,
            "frame": spec.model.frame,
            "path": str(spec.path),
            "outputs": list(spec.outputs),
        }
        header, _ = self._ask(wanted, [], timeout)
        if header.get("kind") != "ready":
            raise LoadFailed(
                f"The model {spec.called} cannot be loaded: {_told(header, spec.folder)}{self._process.last_words()}",
                remedy=f"Mend `{spec.model.load or spec.model.format}`, and see that {spec.path} is what it expects.",
            )

    def _complain(self, header: dict[str, Any]) -> NoReturn:
        if header.get("during") == "answer":
            raise BadPrediction(f"{header.get('message')}.", remedy="Return a data frame of the declared outputs.")
        raise PredictFailed(f"The model's `predict` raised {_told(header, self._spec.folder)}", remedy=_MEND)

    def _ask(
        self, header: dict[str, Any], buffers: list[wire.Buffer], timeout: float
    ) -> tuple[dict[str, Any], memoryview]:
        if self._closed:
            raise WorkerDied("The model's worker has been ended.", remedy="Start it again.")
        deadline = time.monotonic() + timeout
        try:
            wire.send(self._process.channel, header, buffers, deadline)
            return wire.receive(self._process.channel, deadline)
        except TimeoutError as fault:
            self.close()
            raise WorkerHung(
                f"The model gave no answer within {timeout:g} s, and was ended.{self._process.last_words()}",
                remedy="Find what it waits for, or give it fewer rows at once.",
            ) from fault
        except (EOFError, OSError) as fault:
            ended = self._process.how_it_ended()
            words = self._process.last_words()
            self.close()
            raise WorkerDied(f"The model's worker died: {ended}.{words}", remedy=_MEND) from fault
        except wire.WireFault as fault:
            self.close()
            raise BadPrediction(str(fault), remedy=_MEND) from fault


def _told(header: dict[str, Any], project: Path) -> str:
    """Return an exception of the project as it would be read in its own terminal."""
    trace = "".join(f"\n  {line}" for line in told.tail(str(header.get("traceback", "")), project, _TRACE))
    return f"{header.get('type')}: {header.get('message')}{trace}"
