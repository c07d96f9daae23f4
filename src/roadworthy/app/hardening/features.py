"""What `roadworthy features value` does: learns without each input in turn, and measures what that costs."""

from __future__ import annotations

import tempfile
import time
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.app.hardening.varied import Varied
from roadworthy.app.local import open_local
from roadworthy.app.proving.bench import open_bench
from roadworthy.app.proving.candidate import open_candidate
from roadworthy.app.proving.failure_modes import TRAINING
from roadworthy.build.pipeline.rerun import Variation
from roadworthy.errors import NotFound, RoadworthyError
from roadworthy.prove.evaluate.evaluate import primary
from roadworthy.prove.evaluate.worth import Worth, shuffled, worth

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.evaluate.metric import Metric
    from roadworthy.prove.evaluate.scored import Scored

KIND = "features"  # of records


@dataclass(frozen=True, slots=True)
class Valued:
    """What each input is worth, by which metric, and where that is kept."""

    metric: str
    worths: tuple[Worth, ...]
    record: Address

    @property
    def idle(self) -> tuple[str, ...]:
        """The inputs whose value includes zero."""
        return tuple(one.name for one in self.worths if one.idle)


def value_here(tell: Callable[[int, int, str], None], start: Path | None = None) -> Valued:
    """Return what each input of the last run's model is worth.

    Raises:
        NotFound: Nothing was run; there is no dataset `training`; the reference rows have no label.
        ModelError: The model does not answer.
    """
    local = open_local(start)
    bench = open_bench(local, lambda _: None)
    dataset = bench.project.pipeline.datasets.get(TRAINING)
    if dataset is None:
        raise NotFound(
            "pipeline.yaml names no dataset `training`, so no input can be left out of it.",
            remedy="Name the table that the model is trained on under `datasets`.",
        )
    bench.item(dataset.path)
    work = local.ledger.state / "work"
    work.mkdir(parents=True, exist_ok=True)
    with ExitStack() as stack:
        candidate = open_candidate(bench, stack)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="worth-", dir=work)))
        trial = _Trial(Varied(bench, candidate, folder), dataset.path, primary(bench.requirements))
        worths = tuple(trial.all(tell))
    body = {
        "run": bench.run_address,
        "commit": bench.run.commit,
        "made": datetime.now(UTC).isoformat(timespec="microseconds"),
        "metric": trial.metric.name,
        "values": [
            {"name": one.name, "value": one.value, "seconds": round(one.seconds, 3), "why_not": one.why_not}
            for one in worths
        ],
        "idle": [one.name for one in worths if one.idle],
    }
    return Valued(trial.metric.name, worths, local.ledger.keep(KIND, body, {"run": bench.run_address}))


@dataclass(frozen=True)
class _Trial:
    """The recipe, the table that is varied, and by which metric that is measured."""

    varied: Varied
    training: str
    metric: Metric

    def all(self, tell: Callable[[int, int, str], None]) -> Iterator[Worth]:
        """Yield what each input is worth; what cannot be measured says why."""
        whole = self.varied.whole()
        names = self.varied.bench.requirements.inputs.columns
        for number, name in enumerate(names):
            tell(number, len(names), name)
            began = time.monotonic()
            try:
                found = self._without(name)
            except RoadworthyError as fault:
                yield Worth(name, None, why_not=str(fault).splitlines()[0])
                continue
            if found is None:
                yield Worth(name, None, why_not=f"{self.training} has no column {name}.")
            else:
                yield Worth(name, worth(self.metric, whole, found), time.monotonic() - began)

    def _without(self, name: str) -> Scored | None:
        """Return the answers of a model that could learn nothing from *name*; None when it is not trained on it."""
        table = self.varied.folder / name / Path(self.training).name
        if not shuffled(self.varied.bench.local.folder / self.training, name, table):
            return None
        return self.varied.again(Variation(tables={self.training: table}), name)
