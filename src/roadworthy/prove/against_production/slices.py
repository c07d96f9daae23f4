"""Declared slices that a candidate harms: more rows newly wrong than newly right, beyond training and beyond chance."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import where
from roadworthy.prove.against_production.gate import FEWEST_TWINS
from roadworthy.prove.against_production.noise_floor import Twins
from roadworthy.prove.against_production.student import chance_above
from roadworthy.prove.gate.acceptance import DIGEST
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.build.data.table import Bools, Floats
    from roadworthy.declare.requirements import SliceRule
    from roadworthy.prove.against_production.field import Field
    from roadworthy.prove.against_production.flips import Flips
    from roadworthy.prove.against_production.noise_floor import NotMeasured
    from roadworthy.prove.measures import SliceFlips

LEVEL = 0.05  # the chance that any slice is said to be harmed when none is
FEWEST_ROWS = 30


@dataclass(frozen=True, slots=True)
class Slice:
    """A declared slice of the rows of comparison, as a mask."""

    name: str
    where: str
    rows: Bools


def slices_of(rules: Sequence[SliceRule], field: Field) -> tuple[Slice, ...]:
    """Return the declared slices of the rows of comparison.

    Raises:
        UsageError: What says which rows is no predicate over these.
    """
    return tuple(Slice(rule.name, rule.where, where(field.rows, rule.where)) for rule in rules)


def suspect(found: Flips, slices: Sequence[Slice], excess: float) -> bool:
    """Whether a slice looks harmed by chance of its rows alone: then the twins are worth their time."""
    judged = [one for one in slices if one.rows.sum() >= FEWEST_ROWS]
    chances = holm({one.name: _by_chance(found, one) for one in judged})
    return any(chances[one.name] <= LEVEL and _harm(found, one) > excess for one in judged)


def judge(
    found: Flips, slices: Sequence[Slice], twins: Twins | NotMeasured | None, excess: float
) -> tuple[SliceFlips, ...]:
    """Return each slice with its flips, and whether it is harmed.

    A slice is harmed when its share of newly wrong less newly right rows exceeds that of the twins by more than
    *excess*, and is larger than the rows' chance and than the training's spread explain; both must be refuted, and the
    larger of the two chances counts, corrected for the number of slices.

    Source:
        Rows: McNemar (1947), "Note on the Sampling Error of the Difference between Correlated Proportions or
        Percentages", in its exact form. Training: `student.one_more`. Both: Berger (1982), "Multiparameter Hypothesis
        Testing and Acceptance Sampling". Many slices: Holm (1979), "A Simple Sequentially Rejective Multiple Test
        Procedure".
    """
    floors = {one.name: _floors(twins, one) for one in slices} if isinstance(twins, Twins) else {}
    chances = {
        one.name: max(_by_chance(found, one), _by_training(_harm(found, one), floors.get(one.name)))
        for one in slices
        if one.rows.sum() >= FEWEST_ROWS
    }
    corrected = holm(chances)
    return tuple(_said(found, one, floors.get(one.name), corrected.get(one.name), excess) for one in slices)


def checks(judged: Sequence[SliceFlips], version: str, why: str, broken: str) -> tuple[Check, ...]:
    """Return a check for each slice.

    Args:
        judged: What was found of each.
        version: What is in production.
        why: Why there is no noise floor, where there is none and one was needed.
        broken: The digest of all broken rows.
    """
    return tuple(_check(one, version, why, broken) for one in judged)


def holm(chances: Mapping[str, float]) -> dict[str, float]:
    """Return each chance corrected for all of them: at most one in 1 / level sets is wrong in any of its members."""
    ordered = sorted(chances.items(), key=lambda item: item[1])
    found: dict[str, float] = {}
    least = 0.0
    for place, (name, chance) in enumerate(ordered):
        least = max(least, min(1.0, chance * (len(ordered) - place)))
        found[name] = least
    return found


def at_least(hits: int, of: int) -> float:
    """Return the chance of *hits* or more heads in *of* throws of a fair coin."""
    if hits <= 0:
        return 1.0
    logs = [math.lgamma(of + 1) - math.lgamma(k + 1) - math.lgamma(of - k + 1) for k in range(hits, of + 1)]
    return min(1.0, math.fsum(math.exp(one - of * math.log(2)) for one in logs))


def _by_chance(found: Flips, one: Slice) -> float:
    broken, mended = int(found.negative[one.rows].sum()), int(found.positive[one.rows].sum())
    return at_least(broken, broken + mended)


def _by_training(harm: float, floors: Floats | None) -> float:
    if floors is None or len(floors) < FEWEST_TWINS:
        return 0.0  # nothing is known of it: the rows alone speak, and what they say is not judged
    spread = float(floors.std(ddof=1)) * math.sqrt(1 + 1 / len(floors))
    apart = harm - float(floors.mean())
    if spread == 0:
        return 0.0 if apart > 0 else 1.0
    return chance_above(apart / spread, len(floors) - 1)


def _harm(found: Flips, one: Slice) -> float:
    rows = int(one.rows.sum())
    return (int(found.negative[one.rows].sum()) - int(found.positive[one.rows].sum())) / rows if rows else 0.0


def _floors(twins: Twins, one: Slice) -> Floats:
    rows = max(1, int(one.rows.sum()))
    apart = twins.negative[:, one.rows].sum(axis=1) - twins.positive[:, one.rows].sum(axis=1).astype(np.int64)
    shares: Floats = apart / rows
    return shares


def _said(found: Flips, one: Slice, floors: Floats | None, chance: float | None, excess: float) -> SliceFlips:
    harm, floor = _harm(found, one), None if floors is None else float(floors.mean())
    harmed = chance is not None and chance <= LEVEL and harm - (floor or 0.0) > excess
    return {
        "name": one.name,
        "where": one.where,
        "rows": int(one.rows.sum()),
        "negative": int(found.negative[one.rows].sum()),
        "positive": int(found.positive[one.rows].sum()),
        "harm": harm,
        "floor": floor,
        "chance": chance,
        "outcome": "not_judged" if chance is None or (harmed and floor is None) else "harmed" if harmed else "unharmed",
    }


def _check(one: SliceFlips, version: str, why: str, broken: str) -> Check:
    name = f"{one['name']}: not harmed against {version}"
    if one["chance"] is None:
        said = f"Too few rows: {one['rows']}, of the {FEWEST_ROWS} that a slice needs here."
        return Check("against_production", name, "not_run", said)
    counted = (
        f"Of {one['rows']:,} rows, {one['negative']:,} are newly wrong and {one['positive']:,} newly right "
        f"({100 * one['harm']:+.2f} %"
    )
    counted += ")" if one["floor"] is None else f"; by training again {100 * one['floor']:+.2f} %)"
    facts = {**one, DIGEST: broken}
    if one["outcome"] == "not_judged":
        said = f"{counted}, and the noise floor was not measured: {why or 'nobody asked for it'}."
        return Check("against_production", name, "not_run", said, facts)
    chance = f"a chance of {one['chance']:.2g}, corrected for all slices"
    if one["outcome"] == "harmed":
        return Check("against_production", name, "failed", f"{counted}: {chance}.", facts)
    return Check("against_production", name, "passed", f"{counted}: no sure harm ({chance}).", facts)
