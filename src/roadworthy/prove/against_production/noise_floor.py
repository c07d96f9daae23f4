"""The noise floor: what re-training production's own recipe changes by itself.

A twin is production's recipe trained again with another seed on rows bootstrapped from its training table. The negative
flips between production and its twins are nobody's fault: a candidate is blamed only for what lies above them.
"""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor, as_completed
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from roadworthy.prove.against_production.flips import flips

if TYPE_CHECKING:
    from collections.abc import Callable
    from concurrent.futures import Future

    from numpy.typing import NDArray

    from roadworthy.build.data.table import Bools
    from roadworthy.prove.evaluate.scored import Scored


class Recipe(Protocol):
    """Production's recipe, ready to be followed again."""

    def twin(self, number: int) -> Scored:
        """Train the *number*-th twin and return its answers on the rows of comparison, scored.

        May be called from several threads at once, and again. Raises RoadworthyError when the recipe fails.
        """

    def close(self) -> None:
        """End what is being trained, so that every `twin` that was asked for returns or raises soon."""


@dataclass(frozen=True, slots=True)
class Twins:
    """The negative flips of each twin, shape (twins, rows), and how many seconds they took."""

    negative: Bools
    seconds: float
    cached: bool = False


@dataclass(frozen=True, slots=True)
class NotMeasured:
    """There is no noise floor, for this reason."""

    reason: str


def measure(
    recipe: Recipe, production: Scored, *, runs: int, budget: float, say: Callable[[str], None] = lambda _: None
) -> Twins | NotMeasured:
    """Train *runs* twins, as many at once as there are processors, and return their negative flips.

    Args:
        recipe: Production's recipe.
        production: Production's answers on the rows of comparison.
        runs: How many twins.
        budget: Seconds after which no further twin is begun; fewer twins than *runs* are no noise floor.
        say: Told of each twin that is ready.

    Raises:
        RoadworthyError: The recipe fails.
    """
    began = time.monotonic()
    found: dict[int, Bools] = {}

    def one(number: int) -> Bools | None:
        return None if time.monotonic() - began > budget else flips(production, recipe.twin(number)).negative

    with ThreadPoolExecutor(max_workers=max(1, min(runs, os.cpu_count() or 1))) as pool:
        waiting: dict[Future[Bools | None], int] = {pool.submit(one, number): number for number in range(runs)}
        try:
            for done in as_completed(waiting):
                negative = done.result()
                if negative is not None:
                    found[waiting[done]] = negative
                    say(f"noise floor: {len(found)} of {runs} twins")
        except BaseException:
            pool.shutdown(wait=False, cancel_futures=True)
            recipe.close()
            raise
    if len(found) < runs:
        return NotMeasured(f"the budget of {budget:g} s was spent after {len(found)} of {runs} twins")
    return Twins(np.stack([found[number] for number in range(runs)]), time.monotonic() - began)


def bootstrap(rows: int, number: int) -> NDArray[np.int64]:
    """Return which rows of a training table the *number*-th twin is trained on: as many, drawn with replacement.

    Source:
        Efron (1979), "Bootstrap Methods: Another Look at the Jackknife".
    """
    return np.sort(np.random.default_rng([_SEED, number]).integers(0, rows, size=rows))


def seed(number: int) -> int:
    """Return the seed of the *number*-th twin: below 2³¹, as every library takes it."""
    return int(np.random.default_rng([_SEED, number, 1]).integers(1, 2**31 - 1))


_SEED = 1981
