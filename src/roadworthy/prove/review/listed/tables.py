"""Tables of a review that stand together from several parts of it: tests by section and verdict, and slices."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.prove.gate.verdicts import ORDER, SECTIONS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.prove.review.comparison import CheckRow, Comparison, SliceRow


@dataclass(frozen=True, slots=True)
class Section:
    """A section of tests: how many have each verdict, and how many pass or say no that did not at the base.

    `worse` and `better` are None where the base has none of these tests.
    """

    name: str
    title: str
    counts: tuple[int, ...]
    worse: int | None
    better: int | None


@dataclass(frozen=True, slots=True)
class SliceOf:
    """A declared slice: its metric, how many of its rows broke and were fixed, and its number among the groups.

    `broken`, `fixed` and `group` are None where its rows were not looked at.
    """

    row: SliceRow
    broken: int | None = None
    fixed: int | None = None
    group: int | None = None


def by_verdict(checks: Sequence[CheckRow]) -> tuple[Section, ...]:
    """Return how many tests of each section have each verdict, in the order of `ORDER`."""
    return tuple(
        _section(name, title, rows)
        for name, title in SECTIONS.items()
        if (rows := [row for row in checks if row.check.section == name])
    )


def _section(name: str, title: str, rows: Sequence[CheckRow]) -> Section:
    counts = tuple(sum(row.verdict == verdict for row in rows) for verdict in ORDER)
    known = [row for row in rows if row.before is not None]
    worse = sum(row.before == "passed" and row.check.verdict == "failed" for row in known)
    better = sum(row.before == "failed" and row.check.verdict == "passed" for row in known)
    return Section(name, title, counts, worse if known else None, better if known else None)


def slices(comparison: Comparison) -> tuple[SliceOf, ...]:
    """Return the declared slices, each with the flips among its rows."""
    found = comparison.flipped
    if found is None:
        return tuple(SliceOf(row) for row in comparison.slices)
    places = {group.name: at for at, group in enumerate(found.groups) if group.declared}
    told = []
    for row in comparison.slices:
        at = places.get(row.name)
        if at is None:
            told.append(SliceOf(row))
            continue
        inside = [(fixed, many) for fixed, _, mask, many in found.cube if mask >> at & 1]
        broken, fixed = (sum(many for is_fixed, many in inside if is_fixed is wanted) for wanted in (False, True))
        told.append(SliceOf(row, broken, fixed, at if len(found) else None))
    return tuple(told)
