"""A comparison: a change held against its base and against production, as values that a page can show."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

from roadworthy.prove.details import Details

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.build.data.profile import ColumnProfile
    from roadworthy.ledger.objects.address import Address
    from roadworthy.prove.gate.verdicts import Shown
    from roadworthy.prove.measures import AgainstProduction, CalibrationBin, Confusion, Histogram, Interval
    from roadworthy.prove.proof import Check, Verdict
    from roadworthy.prove.review.drawn.curves import Curve
    from roadworthy.prove.review.drawn.readiness import ReadinessChange
    from roadworthy.prove.review.rows.flipped import Flipped
    from roadworthy.prove.review.sources.files import FileDiff
    from roadworthy.prove.review.tables.between import Between

Judgement = Literal["better", "worse", "unclear", "equal", "unknown"]
Outcome = Literal["ready", "blocked"]


@dataclass(frozen=True, slots=True)
class Side:
    """One end of the change: its name as asked for, its commit, and the records about it (None: not tested)."""

    name: str
    commit: str
    subject: str = ""
    proof: Address | None = None
    run: Address | None = None


@dataclass(frozen=True, slots=True)
class Rival:
    """Whom the candidate is held against. Roles whose predictions are the same bytes are one rival.

    Attributes:
        roles: Of `base`, `production`, `baseline`: at least one.
        title: All of its names, e.g. `main = production v0.1.0`.
        name: The first of them.
        note: Why there are no paired differences, or empty.
    """

    roles: tuple[str, ...]
    title: str
    name: str
    note: str = ""


@dataclass(frozen=True, slots=True)
class Versus:
    """One measure of one rival, and the candidate's minus it; `judgement` says whether that is better or worse."""

    value: Interval | None
    difference: Interval | None = None
    judgement: Judgement = "unknown"


@dataclass(frozen=True, slots=True)
class MetricRow:
    """One metric of the candidate beside that of each rival, in the order of the rivals."""

    name: str
    better: Literal["higher", "lower"]
    primary: bool
    candidate: Interval | None
    versus: tuple[Versus, ...]
    asked: str = ""


@dataclass(frozen=True, slots=True)
class SliceRow:
    """One declared slice: its rows, and its metric for the candidate and each rival."""

    name: str
    where: str
    metric: str
    rows: int
    candidate: Interval | None
    versus: tuple[Interval | None, ...]


@dataclass(frozen=True, slots=True)
class Flips:
    """Rows on which the candidate and one rival differ in being right."""

    rival: Rival
    measure: AgainstProduction
    judged: bool


@dataclass(frozen=True, slots=True)
class Movement:
    """How scores moved from a rival's to the candidate's: rows per cell of a grid over both scores.

    Attributes:
        edges: Bounds of the cells on both axes, ascending.
        cells: (rival's cell, candidate's cell, rows), for cells with rows.
        rival_cutoff: The lowest score that the rival flags; None without a decision.
        candidate_cutoff: The same for the candidate.
    """

    rival: Rival
    edges: tuple[float, ...]
    cells: tuple[tuple[int, int, int], ...]
    rival_cutoff: float | None = None
    candidate_cutoff: float | None = None


@dataclass(frozen=True, slots=True)
class CheckRow:
    """A check of the head's proof, and its verdict at the base (None: not there, or the base is not tested).

    `verdict` is that of the list of verdicts; `note` who lives with it, where somebody does.
    """

    check: Check
    verdict: Shown
    before: Verdict | None = None
    note: str = ""


@dataclass(frozen=True, slots=True)
class Change:
    """A value that differs, as text; None: it is not there on that side."""

    name: str
    before: str | None
    after: str | None


@dataclass(frozen=True, slots=True)
class DataChange:
    """Pinned data whose pin differs, with the facts of both pins; None: it is not there on that side."""

    path: str
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column of a dataset in which the sides differ: its type, share missing and mean; None where it is not there."""

    name: str
    before: ColumnProfile | None
    after: ColumnProfile | None


@dataclass(frozen=True, slots=True)
class DatasetChange:
    """A named dataset whose bytes differ between the two runs.

    Attributes:
        name: As pipeline.yaml calls it.
        before, after: Facts of each side: file, address, size, rows; None where there is no such dataset.
        columns: Those that differ, what differs most first; `more` of them are not listed.
        why_not: Why the columns were not compared; empty when they were.
        between: What differs in the rows; None where that was not looked at.
    """

    name: str
    before: Mapping[str, str] | None
    after: Mapping[str, str] | None
    columns: tuple[ColumnChange, ...] = ()
    more: int = 0
    why_not: str = ""
    between: Between | None = None


@dataclass(frozen=True, slots=True)
class Datasets:
    """The named datasets of both runs: which were compared by their bytes, which of them differ, and why others not."""

    compared: tuple[str, ...] = ()
    changed: tuple[DatasetChange, ...] = ()
    why_not: str = ""


@dataclass(frozen=True, slots=True)
class StageRow:
    """What a stage did in the head's run, how long it took, and in what it differs from the base.

    Attributes:
        name: The stage.
        state: What it did in the run that was tested.
        why: What its outputs depend on that differs from the base; why it ran, where the base's run is not known.
        seconds: How long it took when it last ran; `seconds_before`: in the base's run.
        differs: Whether its key is another one than the base's; None where the base's run is not known.
        after: The stages whose outputs it reads, as far as pipeline.yaml says it in plain words.
    """

    name: str
    state: str
    why: str
    seconds: float | None
    seconds_before: float | None = None
    differs: bool | None = None
    after: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Count:
    """How many there are of something on each side, and which came and went."""

    name: str
    before: int
    after: int
    added: tuple[str, ...] = ()
    removed: tuple[str, ...] = ()
    altered: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Lines:
    """Lines added and removed in files of one kind."""

    kind: str
    added: int
    removed: int


@dataclass(frozen=True, slots=True)
class Complexity:
    """What the change adds to what must be understood and kept alive, and what it takes away.

    Attributes:
        counts: Features, stages, dependencies, parameters.
        lines: By kind of file.
        deletions: What is gone, in words, as credit.
        sizes: Bytes of the model before and after; None where it is not known.
        seconds: Seconds of the whole pipeline before and after, when every stage's time is known.
    """

    counts: tuple[Count, ...] = ()
    lines: tuple[Lines, ...] = ()
    deletions: tuple[str, ...] = ()
    sizes: tuple[int | None, int | None] = (None, None)
    seconds: tuple[float | None, float | None] = (None, None)


@dataclass(frozen=True, slots=True)
class Gate:
    """A rule to pass, and why it is or is not: a whole section of tests, or each check of it that failed.

    `whole`: it is about the proof as a whole, and not about its checks.
    """

    section: str
    name: str
    verdict: Shown
    reason: str
    whole: bool = False


@dataclass(frozen=True, slots=True)
class Distributions:
    """How scores lie and how far they can be believed, by title: of the candidate and of each rival measured.

    `details` stand by title too, where the proof has them by role.
    """

    calibration: Mapping[str, tuple[CalibrationBin, ...]] = field(default_factory=dict)
    histogram: Histogram | None = None
    confusion: Mapping[str, Confusion] = field(default_factory=dict)
    details: Details = field(default_factory=Details)


@dataclass(frozen=True, slots=True)
class Comparison:
    """All that a review shows. `notes` is what a reviewer should look at though no gate refuses it.

    `declared`: what differs in how stages are declared. `flipped`: the rows behind the first of `flips`.
    `curves`: by title, as in `distributions`. `costs`: of a miss and a false alarm, where declared.
    """

    project: str
    model: str
    purpose: str
    task: str
    decision: str
    rows: int
    base: Side
    head: Side
    outcome: Outcome
    gates: tuple[Gate, ...]
    checks: tuple[CheckRow, ...]
    notes: tuple[str, ...] = ()
    rivals: tuple[Rival, ...] = ()
    metrics: tuple[MetricRow, ...] = ()
    slices: tuple[SliceRow, ...] = ()
    flips: tuple[Flips, ...] = ()
    movement: Movement | None = None
    distributions: Distributions = field(default_factory=Distributions)
    parameters: tuple[Change, ...] = ()
    requirements: tuple[Change, ...] = ()
    data: tuple[DataChange, ...] = ()
    datasets: Datasets = field(default_factory=Datasets)
    stages: tuple[StageRow, ...] = ()
    declared: tuple[Change, ...] = ()
    complexity: Complexity = field(default_factory=Complexity)
    confidence: float = 0.95
    resamples: int = 0
    flipped: Flipped | None = None
    curves: Mapping[str, Curve] = field(default_factory=dict)
    costs: tuple[float, float] | None = None
    files: tuple[FileDiff, ...] = ()
    readiness: ReadinessChange | None = None
