"""Slices on which the model loses more than elsewhere, sought so that a false alarm has a known chance.

The rows are split in two. On one half every region of one input is looked at, and what is strongest in pairs; the few
strongest are measured on the other half, which had no say in their choice. There, the losses are dealt anew among the
rows again and again: only a slice that stands out more than the strongest of all tried does in all but one of twenty
such deals is named.
"""

from __future__ import annotations

from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.prove.evaluate.detail.regions import both, of_table

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.build.data.table import Bools, Floats, Table
    from roadworthy.prove.details import Weakness, WeakSlice
    from roadworthy.prove.evaluate.detail.regions import Region
    from roadworthy.prove.evaluate.scored import Scored

LEVEL = 0.05
DEALS = 999
FEWEST_ROWS = 200
_MOST_ROWS, _MOST_COLUMNS = 20_000, 100
_FEWEST_INSIDE = 30  # rows of a region, in either half
_TRIED, _PAIRED, _OF_ONE = 10, 6, 2
_EFFECT = 0.1  # standard deviations of the loss: less is not worth telling
_SAME = 0.3  # share of the rows of two slices, from which on they are one
_SEED = 1993
_LOSSES = {
    "binary_classification": "squared error of the stated chance",
    "multiclass": "share of wrong answers",
    "regression": "absolute error",
}


@dataclass(frozen=True, slots=True)
class _Halves:
    """The losses of either half, and which rows of the table they are of."""

    sought: Floats
    held: Floats
    one: np.ndarray[tuple[int], np.dtype[np.int64]]
    other: np.ndarray[tuple[int], np.dtype[np.int64]]


def search(rows: Table, inputs: Sequence[str], scored: Scored, task: str, *, deals: int = DEALS) -> Weakness:
    """Return the slices of *inputs* on which the loss is surely higher than on the other rows.

    When no input has to do with the loss, the chance that any slice is named is at most `LEVEL`.

    Args:
        rows: The labelled rows.
        inputs: The columns that slices may speak of; the first 100 of them.
        scored: The candidate's answers on *rows*.
        task: What the loss is, follows from it.
        deals: How often the losses are dealt anew.

    Source:
        The search: Chung et al. (2019), "Slice Finder: Automated Data Slicing for Model Validation". All tried
        together: Westfall and Young (1993), "Resampling-Based Multiple Testing", the single-step maximum. The chance of
        a deal: Phipson and Smyth (2010), "Permutation P-values Should Never Be Zero".
    """
    if len(rows) < FEWEST_ROWS:
        why = f"Too few rows: {len(rows)}, of the {FEWEST_ROWS} that a search needs."
        return _nothing(task, len(rows), why)
    shuffled = np.random.default_rng(_SEED).permutation(len(rows))[:_MOST_ROWS]
    loss = _loss(scored, task)[shuffled]
    middle = len(shuffled) // 2
    halves = _Halves(loss[:middle], loss[middle:], np.arange(middle), np.arange(middle, len(shuffled)))
    searched, tried = _seek(rows.take(shuffled), list(inputs)[:_MOST_COLUMNS], halves)
    found = _weigh(tried, halves, deals) if tried else []
    left = len(inputs) - _MOST_COLUMNS
    why = f"{left:,} of {len(inputs):,} inputs were not looked at." if left > 0 else ""
    return {**_nothing(task, len(shuffled), why), "searched": searched, "tried": len(tried), "found": found}


def _nothing(task: str, rows: int, why: str) -> Weakness:
    return {
        "level": LEVEL,
        "loss": _LOSSES[task],
        "rows": rows,
        "searched": 0,
        "tried": 0,
        "found": [],
        "reason": why,
    }


def _loss(scored: Scored, task: str) -> Floats:
    if task == "multiclass":
        return np.asarray(~scored.right, dtype=np.float64)
    apart = scored.score - scored.truth
    return np.asarray(apart**2 if task == "binary_classification" else np.abs(apart))


def _seek(rows: Table, names: Sequence[str], halves: _Halves) -> tuple[int, list[Region]]:
    """Return how many regions were looked at, and the strongest on the first half: few of one input, no weak ones."""
    searched = 0
    best: list[tuple[float, Region]] = []
    for name in names:
        regions = [one for one in of_table(rows, (name,), 2 * _FEWEST_INSIDE) if _enough(one, halves)]
        searched += len(regions)
        best += sorted(_strengths(regions, halves), key=_first, reverse=True)[:_OF_ONE]
    best = sorted(best, key=_first, reverse=True)[:_TRIED]
    pairs = [
        both(one, other)
        for (_, one), (_, other) in combinations(best[:_PAIRED], 2)
        if set(one.columns).isdisjoint(other.columns)
    ]
    pairs = [pair for pair in pairs if _enough(pair, halves)]
    strongest = sorted([*best, *_strengths(pairs, halves)], key=_first, reverse=True)[:_TRIED]
    return searched + len(pairs), [region for strength, region in strongest if strength > 0]


def _first(one: tuple[float, Region]) -> float:
    return one[0]


def _enough(region: Region, halves: _Halves) -> bool:
    return min(int(region.rows[half].sum()) for half in (halves.one, halves.other)) >= _FEWEST_INSIDE


def _strengths(regions: Sequence[Region], halves: _Halves) -> list[tuple[float, Region]]:
    if not regions:
        return []
    inside = np.stack([region.rows[halves.one] for region in regions]).astype(np.float64)
    return list(zip((float(one) for one in _apart(inside, halves.sought[:, None])[:, 0]), regions, strict=True))


def _apart(inside: Floats, losses: Floats) -> Floats:
    """Return by how many standard errors the mean loss inside exceeds that outside: shape (regions, deals).

    Source:
        Welch (1947), "The Generalization of 'Student's' Problem when several different population variances are
        involved".
    """
    rows = losses.shape[0]
    many = inside.sum(axis=1, keepdims=True)
    total, squares = losses.sum(axis=0), (losses**2).sum(axis=0)
    sums, inner = inside @ losses, inside @ losses**2
    mean, rest = sums / many, (total - sums) / (rows - many)
    spread = np.maximum(inner / many - mean**2, 0.0) / many
    spread = spread + np.maximum((squares - inner) / (rows - many) - rest**2, 0.0) / (rows - many)
    return np.asarray(np.where(spread > 0, (mean - rest) / np.sqrt(np.where(spread > 0, spread, 1.0)), 0.0))


def _weigh(tried: Sequence[Region], halves: _Halves, deals: int) -> list[WeakSlice]:
    inside = np.stack([region.rows[halves.other] for region in tried]).astype(np.float64)
    strength = _apart(inside, halves.held[:, None])[:, 0]
    random = np.random.default_rng(_SEED)
    above = np.zeros(len(tried), dtype=np.int64)
    for _ in range(deals):
        dealt = random.permutation(halves.held)[:, None]
        above += float(_apart(inside, dealt).max()) >= strength
    spread = float(halves.held.std())
    found: list[WeakSlice] = []
    named: list[Bools] = []
    for at in np.argsort(-strength, kind="stable"):
        region, beaten, here = tried[at], above[at], tried[at].rows[halves.other]
        if any((here & one).sum() > _SAME * (here | one).sum() for one in named):
            continue  # a stronger one has named these rows
        loss, elsewhere = float(halves.held[here].mean()), float(halves.held[~here].mean())
        chance = (1 + int(beaten)) / (1 + deals)
        if chance <= LEVEL and loss - elsewhere >= _EFFECT * spread:
            one: WeakSlice = {
                "where": region.where,
                "rows": int(here.sum()),
                "loss": loss,
                "elsewhere": elsewhere,
                "chance": chance,
            }
            found.append(one)
            named.append(here)
    return found
