"""Rows that are newly wrong, as readable rules over the inputs, each of them a predicate that a slice can take.

The rules are sought on one half of the rows and measured on the other: their figures are not those that chose them, and
a rule that does not hold there is not told.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.build.data.table import Bools, Column, Floats, Table
    from roadworthy.prove.measures import BrokenRule

_MOST_RULES = 3
_MOST_CONDITIONS = 3
_BEAM = 6
_CUTS = 8
_VALUES = 20  # of a column of text that are looked at, the most frequent first
_COLUMNS = 40  # looked at together, those first that tell most by themselves
_FEWEST_BROKEN = 20
_FEWEST_COVERED = 5
_MOST_ROWS = 40_000
_LIFT = 1.25
_SURE = 2.326  # one-sided 99 %
_SEED = 1997
_LONGEST = 40


@dataclass(frozen=True, slots=True)
class _Condition:
    text: str
    column: str
    rows: Bools


@dataclass(frozen=True, slots=True)
class _Found:
    conditions: tuple[_Condition, ...]
    rows: Bools
    worth: float


def rules(table: Table, broken: Bools) -> list[BrokenRule]:
    """Return up to three rules that pick out rows which are *broken* more often than others; none when none does.

    Args:
        table: The inputs.
        broken: Which rows are newly wrong, shape (n,).

    Returns:
        Each with its rows, how many of them are broken, their share, and how many times the share of all rows that is;
        measured on the half of the rows that it was not sought on.

    Source:
        Lavrač, Kavšek, Flach and Todorovski (2004), "Subgroup Discovery with CN2-SD": a beam search for conjunctions of
        the largest weighted relative accuracy, and what one rule covers is left out of the search for the next.
    """
    if int(broken.sum()) < _FEWEST_BROKEN or not table.names:
        return []
    order = np.random.default_rng(_SEED).permutation(len(broken))[:_MOST_ROWS]
    sought = np.zeros(len(order), dtype=np.bool_)
    sought[::2] = True
    conditions = _conditions(table.take(order), broken[order], sought)
    target, told = broken[order].copy(), broken[order]
    found: list[BrokenRule] = []
    for _ in range(_MOST_RULES):
        best = _best(conditions, target, sought)
        if best is None:
            break
        held = _held(best, told, ~sought)
        if held is not None:
            found.append(held)
        target &= ~best.rows
    return found


def _best(conditions: Sequence[_Condition], target: Bools, sought: Bools) -> _Found | None:
    """Return the conjunction of the largest weighted relative accuracy; None when none has any."""
    if not conditions or not target[sought].any():
        return None
    stacked = np.stack([one.rows[sought] for one in conditions]).astype(np.float32)
    beam: list[_Found] = []
    best: _Found | None = None
    whole = np.ones(len(target), dtype=np.bool_)
    front = [_Found((), whole, 0.0)]
    for _ in range(_MOST_CONDITIONS):
        beam = [longer for one in front for longer in _longer(one, conditions, stacked, target, sought)]
        beam = sorted(beam, key=lambda one: -one.worth)[:_BEAM]
        if not beam or (best is not None and beam[0].worth <= best.worth * 1.05):
            break  # a further condition must tell enough to be worth reading
        best, front = beam[0], beam
    return best


def _longer(
    one: _Found, conditions: Sequence[_Condition], stacked: np.ndarray[tuple[int, ...], np.dtype[np.float32]],
    target: Bools, sought: Bools,
) -> Iterator[_Found]:  # fmt: skip
    hit = target[sought].astype(np.float32)
    inside = one.rows[sought]
    worth = np.where(inside, hit - hit.mean(), 0.0).astype(np.float32)
    scores = np.einsum("ij,j->i", stacked, worth) / len(hit)
    covered = np.einsum("ij,j->i", stacked, (hit * inside).astype(np.float32))
    used = [condition.text for condition in one.conditions]
    for at in np.argsort(-scores, kind="stable")[: _BEAM * 2]:
        if scores[at] > 0 and covered[at] >= _FEWEST_COVERED and conditions[at].text not in used:
            condition = conditions[at]
            yield _Found((*one.conditions, condition), one.rows & condition.rows, float(scores[at]))


def _held(found: _Found, broken: Bools, other: Bools) -> BrokenRule | None:
    rows = found.rows & other
    count, hits, overall = int(rows.sum()), int(broken[rows].sum()), float(broken[other].mean())
    if not count or overall == 0 or _lowest(hits, count) < _LIFT * overall:
        return None
    share = hits / count
    where = " and ".join(condition.text for condition in sorted(found.conditions, key=lambda one: one.column))
    return {
        "where": where,
        "rows": count,
        "broken": hits,
        "share": share,
        "lift": share / overall,
        "of_broken": hits / int(broken[other].sum()),
    }


def _lowest(hits: int, rows: int) -> float:
    """Source: Wilson (1927), "Probable Inference, the Law of Succession, and Statistical Inference"."""
    share, squared = hits / rows, _SURE**2
    middle = share + squared / (2 * rows)
    width = _SURE * math.sqrt(share * (1 - share) / rows + squared / (4 * rows**2))
    return (middle - width) / (1 + squared / rows)


def _conditions(table: Table, broken: Bools, sought: Bools) -> list[_Condition]:
    """Return the conditions of the columns that tell most by themselves, on the rows *sought*."""
    hit = np.where(sought, broken - broken[sought].mean(), 0.0)
    by_worth: list[tuple[float, list[_Condition]]] = []
    for name, column in table.columns.items():
        each = list(_of_column(name, column))
        if each:
            by_worth.append((max(float(hit[one.rows].sum()) for one in each), each))
        by_worth = sorted(by_worth, key=lambda pair: -pair[0])[:_COLUMNS]  # at once: of 2,000 columns, not all fit
    return [one for _, each in by_worth for one in each]


def _of_column(name: str, column: Column) -> Iterator[_Condition]:
    said, gone = quoted(name), column.is_missing()
    if gone.any() and not gone.all():
        yield _Condition(f"{said} is null", name, gone)
        yield _Condition(f"{said} is not null", name, ~gone)
    match column.values.dtype.kind:
        case "i" | "u" | "f":
            yield from _of_numbers(name, column.values.astype(np.float64), gone)
        case "b":
            yield _Condition(said, name, ~gone & (column.values == np.True_))
            yield _Condition(f"not {said}", name, ~gone & (column.values == np.False_))
        case "O":
            yield from _of_texts(name, column, gone)


def _of_numbers(name: str, values: Floats, gone: Bools) -> Iterator[_Condition]:
    for cut in _cuts(values[~gone]):
        bound = float(f"{cut:.6g}")
        yield _Condition(f"{quoted(name)} >= {bound:.6g}", name, ~gone & (values >= bound))
        yield _Condition(f"{quoted(name)} < {bound:.6g}", name, ~gone & (values < bound))


def _of_texts(name: str, column: Column, gone: Bools) -> Iterator[_Condition]:
    names, codes, counts = np.unique(column.values.astype(str), return_inverse=True, return_counts=True)
    for at in np.argsort(-counts, kind="stable")[:_VALUES]:
        if len(str(names[at])) <= _LONGEST:
            text = str(names[at]).replace("'", "''")
            yield _Condition(f"{quoted(name)} = '{text}'", name, ~gone & (codes == at))


def _cuts(values: Floats) -> list[float]:
    if not len(values):
        return []
    cuts = np.unique(np.quantile(values, np.arange(1, _CUTS) / _CUTS, method="nearest"))
    return [float(cut) for cut in cuts if cut > values.min()]


def quoted(name: str) -> str:
    """Return *name* as it stands in a predicate."""
    plain = re.fullmatch(r"[A-Za-z_][A-Za-z0-9_]*", name)
    return name if plain else '"{}"'.format(name.replace('"', '""'))
