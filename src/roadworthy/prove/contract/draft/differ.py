"""How one dataset differs from another: in its columns, in what is missing, and in how values are spread."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.prove.contract.draft.see import see
from roadworthy.prove.contract.scan import MEMORY, scan
from roadworthy.prove.contract.weigh.likeness import differences

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from pathlib import Path

    from roadworthy.prove.contract.draft.see import Column, Seen
    from roadworthy.prove.contract.scan import Scan
    from roadworthy.prove.contract.weigh.likeness import Difference

_BEFORE, _AFTER = "before", "after"
_AT_ONCE = 100  # columns in memory
_FALSE = 0.05  # of the columns that are said to differ, by chance
EFFECT = 0.1  # the smallest distance that matters
_FEW = 30  # rows, below which chance is not told from change


@dataclass(frozen=True, slots=True)
class ColumnChange:
    """A column of either table; None where it is not.

    Attributes:
        name: Its name.
        before, after: What was seen of it.
        missing: The shares of rows without a value, before and after; None where there is no such column.
        distance: How far its values moved, from 0 (not at all) to 1; None where too few rows have one.
        missing_distance: How far the share of missing values moved.
        chance: How likely chance alone makes the larger of them.
        moved: Whether that is more than chance explains, and far enough to matter.
    """

    name: str
    before: Column | None
    after: Column | None
    missing: tuple[float | None, float | None]
    distance: float | None = None
    missing_distance: float = 0.0
    chance: float | None = None
    moved: bool = False

    @property
    def schema(self) -> str | None:
        """What happened to the column as such: `added`, `removed`, or its two types; None: nothing."""
        if self.before is None:
            return "added"
        if self.after is None:
            return "removed"
        return None if self.before.kind == self.after.kind else f"{self.before.kind} → {self.after.kind}"


@dataclass(frozen=True, slots=True)
class Change:
    """How a dataset differs from another: its rows, before and after, and every column of either."""

    rows: tuple[int, int]
    columns: tuple[ColumnChange, ...]


def differ(before: Path, after: Path, memory: int = MEMORY) -> Change:
    """Return how the table in *after* differs from that in *before*, of all columns of both.

    The false discovery rate over the columns of the file is 5 %: see `weigh.chance.discoveries`.

    Raises:
        NotFound: One is not there.
        UsageError: One is no table.
    """
    with scan({_BEFORE: before, _AFTER: after}, memory) as opened:
        one, other = see(opened, _BEFORE), see(opened, _AFTER)
        both = [name for name in one.columns if name in other.columns]
        found = {(each.column, each.aspect): each for each in _differences(both, one, other, opened)}
    names = [*one.columns, *(name for name in other.columns if name not in one.columns)]
    columns = tuple(
        _change(name, one, other, found.get((name, "values")), found.get((name, "missing"))) for name in names
    )
    return Change((one.rows, other.rows), columns)


def _differences(both: Sequence[str], one: Seen, other: Seen, opened: Scan) -> Iterator[Difference]:
    for at in range(0, len(both), _AT_ONCE):
        part = both[at : at + _AT_ONCE]
        tables = opened.sample(part, one.rows, _BEFORE), opened.sample(part, other.rows, _AFTER)
        yield from differences(*tables, part, _FALSE * len(part) / len(both), _FEW)


def _change(name: str, one: Seen, other: Seen, values: Difference | None, missing: Difference | None) -> ColumnChange:
    chances = [each for each in (values, missing) if each is not None and each.chance is not None]
    return ColumnChange(
        name,
        one.columns.get(name),
        other.columns.get(name),
        missing=(
            one.missing(name) if name in one.columns else None,
            other.missing(name) if name in other.columns else None,
        ),
        distance=None if values is None else values.distance,
        missing_distance=0.0 if missing is None else missing.distance or 0.0,
        chance=min((each.chance or 0.0 for each in chances), default=None),
        moved=any(each.found and (each.distance or 0.0) >= EFFECT for each in chances),
    )
