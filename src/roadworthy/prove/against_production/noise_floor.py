"""The noise floor: what re-training production's own recipe changes by itself.

A twin is production's recipe trained again with another seed on rows bootstrapped from its training table. The negative
flips between production and its twins are nobody's fault: a candidate is blamed only for what lies above them.
"""

from __future__ import annotations

import os
import queue
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

import numpy as np

from roadworthy.prove.against_production.flips import flips
from roadworthy.prove.against_production.gate import FEWEST_TWINS

if TYPE_CHECKING:
    from collections.abc import Callable

    from roadworthy.build.data.table import Bools
    from roadworthy.prove.against_production.flips import Flips
    from roadworthy.prove.evaluate.scored import Scored


class Recipe(Protocol):
    """Production's recipe, ready to be followed again."""

    def twin(self, number: int) -> Scored:
        """Train the *number*-th twin and return its answers on the rows of comparison, scored.

        May be called from several threads at once, and again. Raises RoadworthyError when the recipe fails.
        """


@dataclass(frozen=True, slots=True)
class Twins:
    """The flips of each twin, shape (twins, rows), how many seconds they took, and what to say of them."""

    negative: Bools
    positive: Bools
    seconds: float
    cached: bool = False
    note: str = ""


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
        budget: Seconds after which no further twin is begun; fewer twins than *runs*, or than two, are no noise floor.
        say: Told of each twin that is ready.

    Raises:
        RoadworthyError: The recipe fails.
    """
    if runs < FEWEST_TWINS:
        return NotMeasured(f"`noise` asks for {runs} twin, and of one nobody knows how far the next may lie")
    began = time.monotonic()
    waiting = iter(range(runs))
    answers: queue.SimpleQueue[tuple[int, Flips | BaseException]] = queue.SimpleQueue()
    found: dict[int, Flips] = {}
    faults: list[BaseException] = []

    def one(number: int) -> None:
        try:
            answers.put((number, flips(production, recipe.twin(number))))
        except BaseException as fault:  # noqa: BLE001 - raised by the thread that waits
            answers.put((number, fault))

    def begin() -> int:
        """Begin one more twin if one is wanted; return how many were begun."""
        late = time.monotonic() - began > budget
        number = None if faults or late else next(waiting, None)
        if number is None:
            return 0
        # A daemon: an interrupted test does not wait for a training, whose processes end with ours.
        threading.Thread(target=one, args=(number,), daemon=True).start()
        return 1

    at_work = sum(begin() for _ in range(os.cpu_count() or 1))
    while at_work:
        number, answer = answers.get()
        if isinstance(answer, BaseException):
            faults.append(answer)
        else:
            found[number] = answer
            say(f"noise floor: {len(found)} of {runs} twins")
        at_work += begin() - 1
    return _concluded(found, faults, runs, (budget, time.monotonic() - began))


def _concluded(
    found: dict[int, Flips], faults: list[BaseException], runs: int, spent: tuple[float, float]
) -> Twins | NotMeasured:
    if faults:
        raise faults[0]
    if len(found) < runs:
        return NotMeasured(f"the budget of {spent[0]:g} s was spent after {len(found)} of {runs} twins")
    ordered = [found[number] for number in range(runs)]
    return Twins(np.stack([one.negative for one in ordered]), np.stack([one.positive for one in ordered]), spent[1])
