"""The shape of `Measures.details`: what stands behind the metrics of one task, as JSON.

What a task does not have is left out. Roles are those of `Measures`.
"""

from __future__ import annotations

from typing import TypedDict


class Span(TypedDict):
    """A measured value and its 95 % interval; None where it is not defined."""

    value: float | None
    low: float | None
    high: float | None


class Cut(TypedDict):
    """What flagging from `cutoff` on would do: shares, and what it costs a row on average, where costs are declared."""

    cutoff: float
    flagged: float
    precision: float | None
    recall: float | None
    false_alarms: float | None
    cost: float | None


class Matrix(TypedDict):
    """Rows by truth (down) and decision (across); `merged` classes with the fewest rows stand together as the last."""

    classes: list[str]
    counts: list[list[int]]
    merged: int


class Remainder(TypedDict):
    """Rows whose prediction lies in [low, high]: the mean of truth minus prediction, and its middle four fifths."""

    low: float
    high: float
    rows: int
    mean: float
    mean_low: float
    mean_high: float
    tenth: float
    ninetieth: float


class Weight(TypedDict):
    """An input, and what the primary metric loses when its values are shuffled among the rows."""

    input: str
    loss: Span


class Importance(TypedDict):
    """What the model makes of each input, by `metric`; `reason` says why inputs were not asked about."""

    metric: str
    rows: int
    inputs: list[Weight]
    reason: str


class WeakSlice(TypedDict):
    """Rows on which the model loses more than on the rest: sought on one half of the rows, measured on the other.

    `loss` and `elsewhere` are means of the other half; `chance` is that of as much without a cause, for all that were
    tried together.
    """

    where: str
    rows: int
    loss: float
    elsewhere: float
    chance: float


class Weakness(TypedDict):
    """What the search for weak slices found.

    `level` is the chance that it names any when no input has to do with the loss. `searched` regions were looked at,
    `tried` of them on the other half. `reason` says why it did not search; empty when it did.
    """

    level: float
    loss: str
    rows: int
    searched: int
    tried: int
    found: list[WeakSlice]
    reason: str


class Details(TypedDict, total=False):
    """All of it: curves and matrices by role; importance and weak slices of the candidate."""

    thresholds: dict[str, list[Cut]]
    matrix: dict[str, Matrix]
    residuals: dict[str, list[Remainder]]
    importance: Importance
    weakness: Weakness
