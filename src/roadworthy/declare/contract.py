"""`contracts/NAME.yaml`: what a dataset must satisfy."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Literal

from roadworthy.declare.form import Bound, Duration, KnownAt, Pattern, Percent, Predicate, Share
from roadworthy.declare.requirements import ColumnType

PersonalKind = Literal["email", "phone", "payment_card", "iban", "ip_address", "social_security"]


@dataclass(frozen=True)
class ColumnRule:
    """What one column must satisfy; shares are in [0, 1] and may be written as 5%."""

    type: ColumnType | None = None
    unit: str | None = None
    missing: Share | None = None  # the largest share of missing values; None: not checked
    unique: bool = False
    min: float | str | None = None
    max: float | str | None = None
    allowed: tuple[str | float | bool, ...] | None = None
    pattern: Pattern | None = None
    known_at: KnownAt | None = None  # "prediction", or e.g. "-2h": when the value is known, relative to the prediction
    mean: Mapping[Bound, float] | None = None  # at_least, at_most
    median: Mapping[Bound, float] | None = None
    deviation: Mapping[Bound, float] | None = None  # the standard deviation
    quantiles: Mapping[Percent, Mapping[Bound, float]] | None = None  # e.g. 95%: {at_most: 40}
    distinct: Mapping[Bound, int] | None = None  # at_least, at_most
    length: Mapping[Bound, int] | None = None  # of each text, in characters
    description: str | None = None


@dataclass(frozen=True)
class ForeignKey:
    """Values that must stand in another dataset's column."""

    columns: tuple[str, ...]
    in_: str  # a dataset's name or path
    key: tuple[str, ...]
    share: Share = 1.0


@dataclass(frozen=True)
class TableRule:
    """What the table as a whole must satisfy."""

    rows: Mapping[Bound, int] | None = None  # at_least, at_most
    key: tuple[str, ...] = ()
    duplicates: Share | None = None  # the largest share of rows that stand twice
    fresh: Duration | None = None
    relations: tuple[Predicate, ...] = ()  # predicates that hold for every row
    foreign_keys: tuple[ForeignKey, ...] = ()


@dataclass(frozen=True)
class Splits:
    """Training and test rows stay apart."""

    training: str
    test: str
    key: tuple[str, ...] = ()
    time: str | None = None  # every training row lies before every test row
    gap: Duration | None = None  # how long before, at the least
    near_duplicates: Share | None = None  # the largest share of test rows that all but equal a training row


@dataclass(frozen=True)
class LabelRule:
    """What the label must satisfy."""

    column: str
    share: Mapping[Bound, float] | None = None  # at_least, at_most
    conflicts: Share | None = None
    leakage: Share | None = None  # the most of the label that one column may tell by itself


@dataclass(frozen=True)
class Privacy:
    """Columns that must not exist, and what must stand in none."""

    absent: tuple[str, ...] = ()
    refuse: tuple[PersonalKind, ...] = ()
    except_: tuple[str, ...] = ()  # columns in which it may stand
    share: Share = 0.0  # of a column's values, that may look so by chance


@dataclass(frozen=True)
class Likeness:
    """Columns that must be spread as they are in another dataset.

    A column differs when its distance is larger than `effect`, and larger than chance explains. Of all the tests of a
    file, at most the share `false_discovery` of those that fail is expected to fail by chance.
    """

    dataset: str
    columns: tuple[str, ...] = ()  # none: all that both have, but for keys and times
    effect: Share = 0.1
    false_discovery: Share = 0.05
    at_least: int = 100  # rows with a value, on both sides; with fewer, a column is not judged


@dataclass(frozen=True)
class SqlCheck:
    """A query over the table `rows` that returns the rows that are wrong."""

    name: str
    query: str


@dataclass(frozen=True)
class Contract:
    """The whole of a contract. `dataset` is a dataset's name, a source's name or a path."""

    apiVersion: Literal["roadworthy/v1alpha1"]
    dataset: str
    columns: Mapping[str, ColumnRule] = field(default_factory=dict)
    other_columns: Literal["allowed", "refused"] = "allowed"
    table: TableRule = field(default_factory=TableRule)
    splits: Splits | None = None
    label: LabelRule | None = None
    like: Likeness | None = None
    privacy: Privacy = field(default_factory=Privacy)
    sql: tuple[SqlCheck, ...] = ()
