"""The shape of `Proof.measures`: what was measured, as JSON, for the review page and for machines.

Roles are `candidate`, `baseline` and `production`; a role that could not be measured is None in `metrics` and
`differences` and left out of `calibration`, `histogram.counts` and `confusion`. Every share is in [0, 1]; no number is
NaN or infinite (None stands for "not defined here", for example an AUC of rows of one class).

Two sets of rows are in play. The candidate and the baseline are measured on the candidate's own reference rows.
Production is measured, and held against the candidate, on the rows named in `against_production.rows_of`: production's
own frozen reference rows whenever the candidate can predict them, so that a change that damages the reference rows
cannot hide. That goes for `metrics`, `differences`, `slices`, `calibration`, `histogram` and `confusion` too. While
both have the same reference rows, it makes no difference.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

Role = Literal["candidate", "baseline", "production"]


class Interval(TypedDict):
    """A measured value and its 95 % interval by the bootstrap; None where it is not defined or was not resampled."""

    value: float | None
    low: float | None
    high: float | None


class SliceMeasure(TypedDict):
    """One declared slice: its metric for each role; a role is None when it was not measured."""

    name: str
    where: str
    metric: str
    rows: int
    candidate: Interval | None
    baseline: Interval | None
    production: Interval | None


class CalibrationBin(TypedDict):
    """Rows whose stated chance lies in [low, high): how many, what was stated on average, what was observed.

    `observed_low` and `observed_high` are the Wilson interval of the observed share. Bins without rows are left out.
    """

    low: float
    high: float
    rows: int
    stated: float
    observed: float
    observed_low: float
    observed_high: float


class Histogram(TypedDict):
    """Scores of every role in the same bins: `edges` has one more number than each list in `counts`."""

    edges: list[float]
    counts: dict[str, list[int]]


class Confusion(TypedDict):
    """Rows by decision and outcome, under the declared decision. `cutoff`: the lowest score that is flagged."""

    true_positive: int
    false_positive: int
    true_negative: int
    false_negative: int
    cutoff: float | None


class Answer(TypedDict):
    """What one model said of one row: its score, what was decided, and whether that was right."""

    score: float | str | None
    decision: bool | str | float
    right: bool


class Pull(TypedDict):
    """An input, and the share of the change between two models' answers that it carries; the shares need not add up."""

    input: str
    share: float


class Band(TypedDict):
    """The flips among the rows of which production was as sure as `name` says."""

    name: str
    rows: int
    negative: int
    positive: int


class Move(TypedDict):
    """Rows of one truth whose decision changed from `before` to `after`; `broken`: those that are newly wrong."""

    truth: str
    before: str
    after: str
    rows: int
    broken: int


class CostChange(TypedDict):
    """What decisions cost for each row on average, by the declared costs, and the candidate's minus production's."""

    before: float
    after: float
    change: Interval


class SliceFlips(TypedDict):
    """A declared slice: its flips; `harm`, the share newly wrong less the share newly right; and whether that is sure.

    `floor` is the twins' mean harm, None without twins. `chance` is that of as much harm without a cause, corrected for
    all slices; None with too few rows.
    """

    name: str
    where: str
    rows: int
    negative: int
    positive: int
    harm: float
    floor: float | None
    chance: float | None
    outcome: Literal["harmed", "unharmed", "not_judged"]


class BrokenRule(TypedDict):
    """Rows that a predicate picks out, measured on the half of the rows that it was not sought on.

    `share` of its `rows` are `broken`, `lift` times as many as of all rows; they are `of_broken` of all broken rows.
    """

    where: str
    rows: int
    broken: int
    share: float
    lift: float
    of_broken: float


class Traffic(TypedDict):
    """Requests that production answered, asked of both models: how many are decided otherwise."""

    rows: int
    since: str
    changed: int
    low: float
    high: float


class FlipExample(TypedDict):
    """One row on which the two models differ in being right; `because`: the inputs that carry the change."""

    key: dict[str, object]
    inputs: dict[str, object]
    label: object
    production: Answer
    candidate: Answer
    because: NotRequired[list[Pull]]


class Floor(TypedDict):
    """The noise floor: the negative flips of production's own recipe trained again (a new seed, bootstrapped rows).

    `twins` holds each twin's share; `value` is their mean, `low` and `high` its interval over rows and twins.
    """

    value: float
    low: float | None
    high: float | None
    twins: list[float]
    runs: int
    seconds: float
    cached: bool


class AgainstProduction(TypedDict):
    """The candidate held against the version in production, row by row.

    `negative` and `positive` are shares of `rows`: production right and candidate wrong; the other way round.
    `excess` is `negative` minus the floor, `allowed` what the requirement allows of it, `ratio` negative : positive
    (None without positive flips), `primary` the candidate's primary metric minus production's. `outcome` is
    `within_noise`, `upgrade` (the flips are paid for by a better primary metric), `blocked`, or `not_judged` (see
    `reason`).
    `broken` and `fixed` hold up to 20 rows each, those first whose score moved most; empty when the profile says
    `review: {rows: never}`.
    Broken down: `slices` as declared, `bands` by how sure production was, `moves` between decisions, `cost` where costs
    are declared. Explained: `rules` pick out broken rows, `inputs` carry their change. `digest` names the broken rows.
    `traffic` is what production answered since its deployment, where it was logged here.
    """

    version: str
    rows: int
    rows_of: Literal["production", "candidate"]
    negative: Interval
    positive: Interval
    negative_count: int
    positive_count: int
    ratio: float | None
    upgrade_ratio: float
    floor: Floor | None
    excess: Interval | None
    allowed: float
    primary_metric: str | None
    primary: Interval | None
    outcome: Literal["within_noise", "upgrade", "blocked", "not_judged"]
    reason: str
    broken: list[FlipExample]
    fixed: list[FlipExample]
    slices: NotRequired[list[SliceFlips]]
    bands: NotRequired[list[Band]]
    moves: NotRequired[list[Move]]
    cost: NotRequired[CostChange | None]
    rules: NotRequired[list[BrokenRule]]
    inputs: NotRequired[list[Pull]]
    digest: NotRequired[str]
    traffic: NotRequired[Traffic | None]


class MatrixCell(TypedDict):
    """The model tests of one kind of one capability, as a cell of their matrix.

    `rate` is the share of `rows` that fail, None where tests do not count rows (stress measures a metric). `examples`
    holds up to 3 rows of those tests that failed.
    """

    capability: str
    kind: str
    tests: list[str]
    failed: int
    not_run: int
    rows: int
    wrong: int
    rate: float | None
    examples: list[dict[str, object]]


class Measures(TypedDict):
    """All of it.

    `differences[other][metric]` is the candidate minus the other role on the same rows, by a paired bootstrap.
    `directions` says of each metric which way is better. `decision` is the declared decision in words. `slices`,
    `calibration` … are empty where the task has none.
    """

    task: str
    rows: int
    unlabelled: int
    positive_share: float | None
    primary: str | None
    directions: dict[str, Literal["higher", "lower"]]
    resamples: int
    confidence: float
    metrics: dict[str, dict[str, Interval] | None]
    differences: dict[str, dict[str, Interval] | None]
    slices: list[SliceMeasure]
    calibration: dict[str, list[CalibrationBin]]
    histogram: Histogram | None
    decision: str
    confusion: dict[str, Confusion]
    against_production: AgainstProduction | None
    seconds: NotRequired[dict[str, float]]  # how long each part of the test took
