"""What `roadworthy learning-curve` does: learns from parts of the training rows and with other seeds, and measures."""

from __future__ import annotations

import tempfile
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
from roadworthy.errors import NotFound, UsageError
from roadworthy.prove.evaluate.detail.learning import gain, part, point
from roadworthy.prove.evaluate.evaluate import primary

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence

    from roadworthy.app.proving.bench import Bench
    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.evaluate.detail.learning import Point
    from roadworthy.prove.evaluate.scored import Scored
    from roadworthy.prove.measures import Interval

KIND = "learning_curve"  # of records
_FIRST_SEED = 1001


@dataclass(frozen=True, slots=True)
class Curve:
    """The points by rising share, by which metric, how much the last step gained, and where that is kept."""

    metric: str
    points: tuple[Point, ...]
    last_gain: Interval | None
    record: Address


def learning_curve_here(
    shares: Sequence[float], seeds: int, tell: Callable[[int, int, str], None], start: Path | None = None
) -> Curve:
    """Return what the model of the last run would be worth with fewer training rows, over a number of seeds.

    Args:
        shares: Parts of the training rows, in (0, 1].
        seeds: How many seeds each part is learned with; the first is the declared one.
        tell: Told which model is being made, of how many.
        start: A folder of the project; by default the current one.

    Raises:
        NotFound: Nothing was run; there is no dataset `training`; the reference rows have no label.
        UsageError: Seeds are asked for, and requirements.yaml does not say which parameter the seed is.
        RoadworthyError: A model cannot be made, or does not answer.
    """
    local = open_local(start)
    bench = open_bench(local, lambda _: None)
    training = _training(bench)
    seed = _seed(bench, seeds)
    metric = primary(bench.requirements)
    work = local.ledger.state / "work"
    work.mkdir(parents=True, exist_ok=True)
    points: list[Point] = []
    with ExitStack() as stack:
        candidate = open_candidate(bench, stack)
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="curve-", dir=work)))
        varied = Varied(bench, candidate, folder)
        for at, share in enumerate(sorted(set(shares))):
            table = folder / str(at) / Path(training).name
            rows = part(local.folder / training, share, table)
            scored: list[Scored] = []
            for number in range(seeds):
                tell(at * seeds + number, len(set(shares)) * seeds, f"{rows:,} rows, seed {number + 1}")
                params = {seed: _FIRST_SEED + number} if number else {}
                variation = Variation(params=params, tables={} if share == 1 else {training: table})
                plain = not params and share == 1
                scored.append(varied.whole() if plain else varied.again(variation, f"{at}-{number}"))
            points.append(point(metric, share, rows, scored))
    last = gain(metric, points[-2], points[-1]) if len(points) > 1 else None
    body = {
        "run": bench.run_address,
        "commit": bench.run.commit,
        "made": datetime.now(UTC).isoformat(timespec="microseconds"),
        "metric": metric.name,
        "points": [_document(one) for one in points],
        "last_gain": last,
    }
    return Curve(metric.name, tuple(points), last, local.ledger.keep(KIND, body, {"run": bench.run_address}))


def _document(one: Point) -> dict[str, object]:
    return {"share": one.share, "rows": one.rows, "value": one.value, "each": list(one.each)}


def _training(bench: Bench) -> str:
    dataset = bench.project.pipeline.datasets.get(TRAINING)
    if dataset is None:
        raise NotFound(
            "pipeline.yaml names no dataset `training`, so no part of it can be learned from.",
            remedy="Name the table that the model is trained on under `datasets`.",
        )
    bench.item(dataset.path)
    return dataset.path


def _seed(bench: Bench, seeds: int) -> str:
    noise = bench.requirements.noise
    if noise is not None:
        return noise.seed
    if seeds == 1:
        return ""
    raise UsageError(
        "requirements.yaml does not say which parameter the seed is.",
        remedy="Write `noise: {seed: train.seed, resample: build/train.parquet}` with yours, or ask for one seed.",
    )
