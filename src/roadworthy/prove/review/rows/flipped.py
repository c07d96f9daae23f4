"""All rows on which two models differ in being right, as columns that a page filters: groups, sureness, direction."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import where
from roadworthy.errors import UsageError
from roadworthy.prove.evaluate.decision import cutoff
from roadworthy.prove.rows import value

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from numpy.typing import NDArray

    from roadworthy.build.data.table import Bools, Floats, Table
    from roadworthy.prove.evaluate.scored import Scored
    from roadworthy.prove.measures import Pull
    from roadworthy.prove.review.rows.answers import Answers

MOST = 100_000  # flips that are kept as rows
BANDS = ("least sure quarter", "second quarter", "third quarter", "surest quarter")
_GROUPS = 30  # as many bits as a number of the page's script has for sure
_DIGITS, _OF_SCORES = 6, 4


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that a predicate picks out: a declared slice, or a rule that was found in the broken rows."""

    name: str
    where: str
    rows: int
    declared: bool = True


@dataclass(frozen=True, slots=True)
class Neighbours:
    """The training rows that are most like the first flips.

    Attributes:
        columns: The training rows that any flip is near to: column → JSON values.
        near: Of each of the first flips, which of those rows, the nearest first.
        apart: How far each is: the mean over the inputs of how much they differ, in [0, 1].
        sampled: How many training rows were looked at, of `of`.
    """

    columns: Mapping[str, Sequence[object]]
    near: tuple[tuple[int, ...], ...]
    apart: tuple[tuple[float, ...], ...]
    sampled: int
    of: int


@dataclass(frozen=True, slots=True)
class Flipped:
    """The flips against one rival, those whose score moved most first; every sequence of rows has the same length.

    Attributes:
        title: Whom the candidate is held against.
        rows: How many rows both were asked about.
        groups: Slices and found rules; bit n of `mask` says whether a row is in the n-th.
        bands: How sure the rival was, in quarters of all rows; empty where it does not say.
        cube: Of all flips, kept or not: (fixed, band or -1, mask, how many).
        key: The columns that name a row; `inputs` those that a model is given.
        columns: Values of both, and of the label.
        why_not: Why no row is shown; empty where rows are.
        because: Which inputs carry the change of a row, by its place, where that was looked into.
        pulls: The same of all broken rows together.
    """

    title: str
    rows: int
    groups: tuple[Group, ...]
    bands: tuple[str, ...]
    cube: tuple[tuple[bool, int, int, int], ...]
    key: tuple[str, ...] = ()
    inputs: tuple[str, ...] = ()
    label: str = ""
    fixed: tuple[bool, ...] = ()
    band: tuple[int, ...] = ()
    mask: tuple[int, ...] = ()
    scores: tuple[tuple[float | None, ...], tuple[float | None, ...]] = ((), ())
    decisions: tuple[tuple[object, ...], tuple[object, ...]] = ((), ())
    columns: Mapping[str, Sequence[object]] = field(default_factory=dict)
    why_not: str = ""
    because: Mapping[int, Sequence[Pull]] = field(default_factory=dict)
    pulls: tuple[Pull, ...] = ()
    neighbours: Neighbours | None = None

    def __len__(self) -> int:
        return len(self.fixed)

    @property
    def all(self) -> int:
        """How many rows flipped, kept or not."""
        return sum(many for *_, many in self.cube)


def flipped(
    old: Answers, new: Answers, title: str, predicates: Sequence[tuple[str, str, bool]], *, rows_shown: bool
) -> Flipped | None:
    """Return the flips from *old* to *new*, which are aligned; None where nothing is right or wrong.

    Args:
        old: The rival's answers.
        new: The candidate's answers about the same rows.
        title: Whom the candidate is held against.
        predicates: Name and predicate of each group, and whether it is declared.
        rows_shown: Whether the profile lets row values be shown.
    """
    if not old.scored.judged or not new.scored.judged:
        return None
    differs = np.flatnonzero(old.scored.right != new.scored.right)
    found = [(name, told, declared, rows) for name, told, declared in predicates
             if (rows := _picked(new.rows, told)) is not None][:_GROUPS]  # fmt: skip
    mask = sum(
        (rows.astype(np.int64) << at for at, (*_, rows) in enumerate(found)), start=np.zeros(len(new.rows), np.int64)
    )
    band = _bands(old.scored)
    fixed = new.scored.right
    counted = Counter(zip(fixed[differs].tolist(), band[differs].tolist(), mask[differs].tolist(), strict=True))
    moved = np.abs(new.scored.score - old.scored.score)[differs]
    order = differs[np.argsort(-moved, kind="stable")][: MOST if rows_shown else 0]
    told = Flipped(
        title=title,
        rows=len(new.rows),
        groups=tuple(Group(name, text, int(rows.sum()), declared) for name, text, declared, rows in found),
        bands=BANDS if (band >= 0).any() else (),
        cube=tuple((*kind, many) for kind, many in sorted(counted.items())),
        why_not="" if rows_shown else "profile.yaml says `review: {rows: never}`",
    )
    return _with_rows(told, old, new, order, (band, mask)) if len(order) else told


def _with_rows(
    told: Flipped, old: Answers, new: Answers, order: NDArray[np.int64], kinds: tuple[NDArray[np.int64], ...]
) -> Flipped:
    key = tuple(name for name in new.key if name in new.rows)
    inputs = tuple(name for name in new.inputs if name in new.rows and name not in key)
    names = dict.fromkeys((*key, *inputs, new.label))
    return Flipped(
        told.title, told.rows, told.groups, told.bands, told.cube, key, inputs, new.label,
        tuple(new.scored.right[order].tolist()),
        tuple(kinds[0][order].tolist()),
        tuple(kinds[1][order].tolist()),
        (_scores(old.scored, order), _scores(new.scored, order)),
        (_decisions(old, order), _decisions(new, order)),
        {name: values(new.rows.take(order), name) for name in names},
        told.why_not,
    )  # fmt: skip


def values(rows: Table, name: str) -> list[object]:
    """Return the values of a column as JSON, numbers with few digits."""
    column = rows[name]
    if column.values.dtype.kind == "f":
        gone = column.is_missing() | ~np.isfinite(column.values.astype(np.float64))
        return [
            None if is_gone else _few(float(one)) for one, is_gone in zip(column.values.tolist(), gone, strict=True)
        ]
    return [value(column, at) for at in range(len(column))]


def _few(number: float, digits: int = _DIGITS) -> float | int:
    few = float(f"{number:.{digits}g}")
    return int(few) if few.is_integer() and abs(few) < 10**_DIGITS else few


def _picked(rows: Table, predicate: str) -> Bools | None:
    try:
        return where(rows, predicate)
    except UsageError:
        return None  # about columns that these rows do not have: what it says is told by its own check


def _bands(scored: Scored) -> NDArray[np.int64]:
    """Return in which quarter of all rows each lies by how far its score is from the cutoff; -1 where nothing says."""
    nowhere = np.full(len(scored), -1, dtype=np.int64)
    if len(scored) < len(BANDS) or not np.isin(scored.decided, (0.0, 1.0)).all():
        return nowhere
    lowest = cutoff(scored.score, scored.decided == 1.0)
    if lowest is None:
        return nowhere
    order = np.argsort(np.abs(scored.score - lowest), kind="stable")
    for band, part in enumerate(np.array_split(order, len(BANDS))):
        nowhere[part] = band
    return nowhere


def _scores(scored: Scored, order: NDArray[np.int64]) -> tuple[float | None, ...]:
    said: Floats = scored.score[order]
    return tuple(_few(one, _OF_SCORES) if np.isfinite(one) else None for one in said.tolist())


def _decisions(side: Answers, order: NDArray[np.int64]) -> tuple[object, ...]:
    if side.words is not None:
        return tuple(side.words[order].tolist())
    return tuple(_decision(one) for one in side.scored.decided[order].tolist())


def _decision(decided: float) -> object:
    return bool(decided) if decided in {0.0, 1.0} else _few(decided)
