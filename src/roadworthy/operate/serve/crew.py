"""The workers of one version: its model and, where the guard may fall back, its baseline."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.build.model.worker import ModelWorker
from roadworthy.errors import WorkerDied

if TYPE_CHECKING:
    from roadworthy.build.data.table import Table
    from roadworthy.build.model.spec import ModelSpec

START_SECONDS = 120.0


class Seat:
    """A worker's place: whoever sits there answers, and another one takes it when that one has hung or died."""

    def __init__(self, spec: ModelSpec) -> None:
        self._spec = spec
        self._worker: ModelWorker | None = None

    def start(self) -> None:
        """Have a worker that has loaded the model.

        Raises:
            ModelError: It cannot.
        """
        if not self.usable:
            self.close()
            self._worker = ModelWorker.start(self._spec, timeout=START_SECONDS)

    @property
    def usable(self) -> bool:
        """Whether a worker sits here that can be asked."""
        return self._worker is not None and self._worker.usable

    def predict(self, table: Table, *, timeout: float) -> Table:
        """Return the model's outputs for *table*."""
        if self._worker is None:
            raise WorkerDied("The model is not running.", remedy="Start it.")
        return self._worker.predict(table, timeout=timeout)

    def close(self) -> None:
        """End the worker; may be repeated."""
        if self._worker is not None:
            self._worker.close()
            self._worker = None


class Crew:
    """The workers of one version. For one thread at a time."""

    def __init__(self, model: ModelSpec, baseline: ModelSpec | None) -> None:
        self.model = Seat(model)
        self.baseline = None if baseline is None else Seat(baseline)

    @property
    def usable(self) -> bool:
        """Whether all of them can be asked."""
        return self.model.usable and (self.baseline is None or self.baseline.usable)

    def start(self) -> None:
        """Have all of them running.

        Raises:
            ModelError: One of them cannot be started.
        """
        self.model.start()
        if self.baseline is not None:
            self.baseline.start()

    def close(self) -> None:
        """End all of them; may be repeated."""
        self.model.close()
        if self.baseline is not None:
            self.baseline.close()
