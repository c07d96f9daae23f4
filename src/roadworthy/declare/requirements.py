"""`requirements.yaml`: what must hold; read by tests, gates, the guard, monitors and the red team."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from roadworthy.declare.form import Disturbance, Dotted, Duration, Inside, Positive, Predicate, Share, Size

Task = Literal["binary_classification", "regression", "multiclass"]
HOW_TO_BEGIN = (  # the remedy where there is no such file
    "Write one: docs/how-to/write-requirements.md begins with six lines that do, and `roadworthy schema requirements` "
    "says what else it may hold."
)
Kind = Literal["directional", "invariance", "minimum_functionality", "boundary", "unseen_category", "missing"]
ColumnType = Literal["number", "integer", "text", "boolean", "time"]


@dataclass(frozen=True)
class Decision:
    """How a score becomes an action: exactly one is set."""

    flag_top: Share | None = None  # a share in (0, 1]; written 15% or 0.15
    threshold: float | None = None
    costs: Mapping[str, Positive] | None = None  # miss, false_alarm
    tolerance: Positive | None = None  # regression: a share of the truth


@dataclass(frozen=True)
class InputRule:
    """What one input may be; unset means not restricted."""

    type: ColumnType | None = None
    min: float | None = None
    max: float | None = None
    allowed: tuple[str | float | bool, ...] | None = None
    unit: str | None = None
    missing: Literal["allowed", "refused"] | None = None


@dataclass(frozen=True)
class Inputs:
    """The scope: taken from the contract unless overridden here."""

    columns: tuple[str, ...]
    contract: str | None = None
    override: Mapping[str, InputRule] = field(default_factory=dict)


@dataclass(frozen=True)
class OutputRule:
    """What one output column may be."""

    type: ColumnType = "number"
    min: float | None = None
    max: float | None = None
    allowed: tuple[str | float | bool, ...] | None = None


@dataclass(frozen=True)
class Quality:
    """A metric with a bound, or held against the baseline; the first listed is the primary metric."""

    metric: str
    at_least: float | None = None
    at_most: float | None = None
    better_than: str | None = None


@dataclass(frozen=True)
class SliceRule:
    """A bound on a metric over the rows where a predicate holds."""

    name: str
    where: Predicate
    metric: str
    at_least: float | None = None
    at_most: float | None = None
    better_than: str | None = None


@dataclass(frozen=True)
class Behaviour:
    """An explicit check of behaviour.

    `change` maps a column to what is done to it: see `Disturbance`, or {set: value}. `columns`, for the kinds that know
    themselves what they do: each column is put at the ends of its scope (boundary), to a value that never occurs
    (unseen_category), or is missing (missing), one at a time.
    `expect`: for directional not_lower | not_higher | higher | lower; otherwise a predicate over inputs and outputs.
    `within`: the largest allowed absolute change of the output. `output`: the one that is to move; otherwise the first.
    `level`: the chance to fail a model that keeps exactly `share`; without it, the share of these very rows counts.
    """

    name: str
    kind: Kind
    change: Mapping[str, Disturbance | Mapping[str, object]] = field(default_factory=dict)
    columns: tuple[str, ...] = ()
    where: Predicate | None = None
    expect: str | None = None
    output: str | None = None
    within: Positive | None = None
    share: Share = 1.0
    level: Share | None = None
    capability: str | None = None


@dataclass(frozen=True)
class AgainstProduction:
    """The gate on negative flips beyond the noise floor."""

    excess: Share = 0.005
    upgrade_ratio: Positive = 0.75
    pinned: Inside | None = None


@dataclass(frozen=True)
class Noise:
    """How production's recipe is re-trained to learn what training alone changes."""

    seed: Dotted  # a parameter's dotted name
    resample: Inside  # the training table that is bootstrapped
    runs: int = 5
    budget: Duration = "2h"


@dataclass(frozen=True)
class Stress:
    """A metric that must hold while inputs are disturbed."""

    name: str
    change: Mapping[str, Disturbance | Mapping[str, object]]
    metric: str
    at_least: float | None = None
    at_most: float | None = None
    where: Predicate | None = None
    capability: str | None = None


@dataclass(frozen=True)
class Budget:
    """How large the model may be."""

    artifact: Size | None = None


@dataclass(frozen=True)
class Latency:
    """How quickly one prediction must come."""

    p99: Duration | None = None
    p50: Duration | None = None


@dataclass(frozen=True)
class Window:
    """A check on a stretch of production.

    `at_least` is the number of rows without which it is not judged; of a `quality` window it is the metric's bound, and
    `rows` the number of rows.
    """

    name: str
    check: Literal["mean_prediction", "out_of_scope_share", "frozen_input", "constant_output", "quality"]
    every: Duration
    at_least: float | None = None
    at_most: float | None = None
    metric: str | None = None
    against: str | None = None
    within: Mapping[str, Positive] | None = None
    rows: int | None = None


@dataclass(frozen=True)
class Requirements:
    """The whole of `requirements.yaml`."""

    apiVersion: Literal["roadworthy/v1alpha1"]
    model: str
    task: Task
    inputs: Inputs
    outputs: Mapping[str, OutputRule]
    purpose: str = ""
    baseline: str | None = None
    decision: Decision | None = None
    out_of_scope: Literal["flag", "refuse", "fallback"] = "flag"
    quality: tuple[Quality, ...] = ()
    slices: tuple[SliceRule, ...] = ()
    behaviour: tuple[Behaviour, ...] = ()
    against_production: AgainstProduction | None = None
    noise: Noise | None = None
    stress: tuple[Stress, ...] = ()
    latency: Latency | None = None
    size: Budget | None = None
    windows: tuple[Window, ...] = ()
