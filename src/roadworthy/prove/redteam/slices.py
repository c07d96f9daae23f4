"""Weak slices: regions where what the model leaves unexplained goes along with something, found and then confirmed.

One half of the rows proposes, the other half confirms: what a search over thousands of regions finds by chance in the
one is not there in the other.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.prove.evaluate.detail.regions import both, of_table
from roadworthy.prove.redteam.finding import Finding
from roadworthy.prove.redteam.residual import directions, residuals, without
from roadworthy.prove.redteam.target import labelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from roadworthy.build.data.table import Bools, Floats, Table
    from roadworthy.prove.evaluate.detail.regions import Region
    from roadworthy.prove.redteam.residual import Direction, Residual
    from roadworthy.prove.redteam.target import Target

LEVEL = 0.05  # how likely it is that a model without a weak slice is said to have any
_ROUNDS = 8
_IN_VAIN = 3  # proposals that are not confirmed, one after another, end the search
_FEWEST = 25  # rows of a region in each half
_EFFECT = 0.03  # share of a region's squared residual that must be explained: less is no weakness to act on
_SIMPLER = 0.7  # a region of one input is preferred if it shows this much of what two show
_WORTH = 12.0  # squared z from which a region is proposed, and with which another input is tried
_PAIRED = 20  # regions of one input that others are tried within, the best first
_PLAIN = 0.5
_EXAMPLES = 400
_SURE = 5.0  # examples are as few as show the weakness with this z
_ALLOWED = 3.0  # standard errors that the test of the examples allows


@dataclass(frozen=True, slots=True)
class _Seen:
    """A region, a residual and a direction, with the z of the one going along with the other."""

    region: Region
    residual: Residual
    direction: Direction
    z: float
    share: float


def search(target: Target, seed: int, goes_on: Callable[[], bool]) -> Iterator[Finding]:
    """Yield weak slices of *target*, each confirmed on rows that did not propose it.

    Args:
        target: What is attacked; its label is known.
        seed: Splits the rows.
        goes_on: Asked before each round; False ends the search.

    Raises:
        ModelError: The model does not answer.

    Source:
        The score test for an added term: Cook and Weisberg (1983), "Diagnostics for Heteroscedasticity in Regression",
        here with the residual's own variance (White, 1980); the split into proposal and confirmation: Cox (1975), "A
        note on data-splitting for the evaluation of significance levels"; Bonferroni over the rounds.
    """
    rows = labelled(target)
    answers = target.predict(rows.select(target.inputs))
    along = directions(target, rows, answers)
    chosen = np.random.default_rng(seed).permutation(len(rows)) < len(rows) // 2
    single = of_table(rows, target.inputs, 2 * _FEWEST)
    left, told = np.ones(len(rows), dtype=np.bool_), list[_Seen]()
    in_vain = 0
    for _ in range(_ROUNDS):
        if not goes_on() or in_vain == _IN_VAIN or int(left.sum()) < 4 * _FEWEST:
            return
        found = [without(one, along, left) for one in residuals(target, rows, answers, left)]
        best = _best(single, found, along, chosen & left)
        if best is None:
            return
        confirmed = _measure(best.region, best.residual, best.direction, ~chosen & left)
        left &= ~best.region.rows
        if confirmed is None or not _holds(best, confirmed) or _again(best, told):
            in_vain += 1
            continue
        in_vain = 0
        told.append(best)
        yield _finding(target, confirmed, rows, seed)


def _holds(proposed: _Seen, confirmed: _Seen) -> bool:
    chance = math.erfc(abs(confirmed.z) / math.sqrt(2))
    return chance * _ROUNDS <= LEVEL and confirmed.share >= _EFFECT and confirmed.z * proposed.z > 0


def _again(seen: _Seen, told: Sequence[_Seen]) -> bool:
    """Whether *seen* is the rest of a region that was told already, cut at other places."""
    mine = set(seen.region.columns)
    return any(
        mine <= set(other.region.columns) or (set(other.region.columns) <= mine and not other.region.exact)
        for other in told
        if not (seen.region.exact and other.region.exact)
    )


def _best(single: Sequence[Region], found: Sequence[Residual], along: Sequence[Direction], rows: Bools) -> _Seen | None:
    """Return the region that shows most: of one input, or of two where these show clearly more."""
    seen = [one for residual in found for one in _ranked(single, residual, along, rows)]
    kept = sorted(seen, key=_strength, reverse=True)[:_PAIRED]
    together = [
        replace(more, region=both(one.region, more.region))
        for one in kept
        for more in _ranked(_others(single, one.region), one.residual, along, rows & one.region.rows)
        if _worth(more)
    ]
    alone = max(filter(_worth, seen), key=_strength, default=None)
    paired = max(together, key=_strength, default=None)
    if alone is not None and paired is not None:
        return alone if alone.z**2 >= _SIMPLER * paired.z**2 else paired
    return alone or paired


def _others(single: Sequence[Region], region: Region) -> list[Region]:
    return [one for one in single if one.columns != region.columns]


def _worth(seen: _Seen) -> bool:
    return seen.share >= _EFFECT and seen.z**2 >= _WORTH


def _strength(seen: _Seen) -> float:
    return abs(seen.z)


def _ranked(regions: Sequence[Region], residual: Residual, along: Sequence[Direction], rows: Bools) -> Iterator[_Seen]:
    """Yield for each region the direction that its residual goes along with most."""
    if not regions:
        return
    places = np.flatnonzero(rows)
    inside = np.stack([region.rows[places] for region in regions]).astype(np.float64)
    left = residual.values[places]
    given = np.stack([one.values[places] for one in along], axis=1)
    z, share = _tests(inside, left, given)
    count = inside.sum(axis=1)
    for at, region in enumerate(regions):
        best = int(np.argmax(np.abs(z[at])))
        if z[at, 0] ** 2 >= _PLAIN * z[at, best] ** 2:
            best = 0  # that it is off on average is said more plainly than with what that goes along
        if residual.usual is not None and z[at, best] < 0:
            continue  # right more often than elsewhere: no weakness
        if count[at] >= _FEWEST:
            yield _Seen(region, residual, along[best], float(z[at, best]), float(share[at, best]))


def _measure(region: Region, residual: Residual, direction: Direction, rows: Bools) -> _Seen | None:
    places = np.flatnonzero(rows & region.rows)
    if len(places) < _FEWEST // 2:
        return None
    inside = np.ones((1, len(places)))
    given = np.stack([np.ones(len(places)), direction.values[places]], axis=1)
    z, share = _tests(inside, residual.values[places], given)
    at = 0 if not direction.name else 1
    return _Seen(region, residual, direction, float(z[0, at]), float(share[0, at]))


def _tests(inside: Floats, left: Floats, given: Floats) -> tuple[Floats, Floats]:
    """Return z and the share of the squared residual explained, for each region (rows) and direction (columns).

    z squared is the share times the rows: of few rows that happen to be alike, it is never large. The first direction
    is the mean; the others are centred in each region, and so is the residual against them.
    """
    one, wide = left[:, None], given.shape[1]
    sums = inside @ np.concatenate([np.ones_like(one), one, one**2, given, given**2, given * one], axis=1)
    count = np.maximum(sums[:, :1], 1.0)
    mean, square = sums[:, 1:2] / count, sums[:, 2:3] / count
    share = mean**2 / np.maximum(square, 1e-12)
    first = np.sign(mean) * np.sqrt(count * share)
    centre, squares, product = (sums[:, 3 + at * wide : 3 + (at + 1) * wide] / count for at in range(3))
    spread = np.maximum(squares - centre**2, 0.0)
    cross = product - centre * mean
    known = spread > 1e-6  # noqa: PLR2004 - a direction that is constant in a region says nothing
    variance = np.maximum(square - mean**2, 1e-12)
    correlation = np.where(known, cross / np.sqrt(np.where(known, spread, 1.0) * variance), 0.0)
    z = correlation * np.sqrt(count)
    z[:, :1], explained = first, correlation**2
    explained[:, :1] = share
    enough = count >= _FEWEST // 2
    return np.where(enough, z, 0.0), np.where(enough, explained, 0.0)


def _finding(target: Target, seen: _Seen, rows: Table, seed: int) -> Finding:
    """Return *seen* as a finding: the fewest examples that show it, and what is to hold of them."""
    places = np.random.default_rng(seed).permutation(np.flatnonzero(seen.region.rows))[:_EXAMPLES]
    used = _fewest(seen, places)
    examples = rows.take(np.sort(used)).select(target.shown)
    left = seen.residual.values[used]
    root, share = math.sqrt(len(used)), 1.0
    if not seen.direction.name:
        bound = max(_ALLOWED * float(left.std()) / root, 1e-6)
        expect = f"abs(avg({seen.residual.sql}) OVER ()) <= {bound:.4g}"
        wrong = "too low" if seen.z > 0 else "too high"
        said = f"{seen.residual.output} is {wrong} by {abs(float(left.mean())):.3g} on average"
        if seen.residual.usual is not None:
            expect, share = "label", round(1 - seen.residual.usual, 3)
            said = f"{seen.residual.output} is wrong more often than elsewhere"
    else:
        expect = f"abs(corr({seen.residual.sql}, {seen.direction.sql}) OVER ()) <= {_ALLOWED / root:.4g}"
        said = f"{seen.direction.name} is not used as the outcome asks"
        if seen.direction.name == target.output:
            said = f"{target.output} says little of the outcome"
    return Finding(
        kind="weak_slice",
        cause=seen.region.where,
        columns=seen.region.columns,
        title=f"Where {seen.region.where.replace(chr(34), '')}, {said}",
        examples=examples,
        expect=expect,
        exposed=seen.region.where,
        failed=int(seen.region.rows.sum()),
        tried=len(rows),
        effect=seen.share,
        share=share,
        chance=min(math.erfc(abs(seen.z) / math.sqrt(2)) * _ROUNDS, 1.0),
    )


def _fewest(
    seen: _Seen, places: np.ndarray[tuple[int], np.dtype[np.int64]]
) -> np.ndarray[tuple[int], np.dtype[np.int64]]:
    """Return as few of *places* as show the weakness clearly; all of them when no part does."""
    given = np.stack([np.ones(len(places)), seen.direction.values[places]], axis=1)
    at = 0 if not seen.direction.name else 1
    for count in (30, 45, 70, 100, 150, 220, 300):
        if count >= len(places):
            break
        z, _ = _tests(np.ones((1, count)), seen.residual.values[places[:count]], given[:count])
        if abs(float(z[0, at])) >= _SURE:
            return places[:count]
    return places
