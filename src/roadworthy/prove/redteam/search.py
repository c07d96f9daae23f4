"""The whole search: every way of attack in turn, within a budget; what it found, ranked by whom it concerns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import quoted, where
from roadworthy.build.data.table import Table
from roadworthy.errors import ModelError, UsageError
from roadworthy.prove.redteam import absent, declared, disturb, slices
from roadworthy.prove.redteam.finding import ANYWHERE, FLAGGED
from roadworthy.prove.redteam.target import answered, sample

if TYPE_CHECKING:
    from roadworthy.prove.redteam.finding import Finding
    from roadworthy.prove.redteam.target import Sample, Target

SEED = 1906
_SAMPLE = 1_000  # rows that are disturbed
_EXPOSED = "the reference rows"

Attack = Callable[[], Iterator["Finding"]]


@dataclass(frozen=True, slots=True)
class Wishes:
    """How a search is made.

    Attributes:
        budget: Seconds after which no further attack begins.
        seed: What chance decides, it decides by this; equal seeds find the same, unless the budget ends the search.
        tell: Told before each attack: how many were made, how many there are, what comes.
        clock: Seconds, from any moment on.
    """

    budget: float = 120.0
    seed: int = SEED
    tell: Callable[[int, int, str], None] = lambda _made, _of, _what: None
    clock: Callable[[], float] = time.monotonic


@dataclass(frozen=True, slots=True)
class Report:
    """What a search found.

    Attributes:
        findings: Those that concern most real rows first.
        made: Attacks that were made.
        not_run: Those that the budget did not let begin, by name.
        exposed_in: Which rows the exposure was counted in.
        seconds: How long it took.
    """

    findings: tuple[Finding, ...]
    made: tuple[str, ...]
    not_run: tuple[str, ...]
    exposed_in: str
    seconds: float


def search(target: Target, wishes: Wishes | None = None, traffic: Table | None = None) -> Report:
    """Return where *target* is weak; each finding's examples fail what is to hold of them, asked once more.

    Args:
        target: What is attacked.
        wishes: The budget, the seed and whom to tell.
        traffic: The inputs of real requests; None when there are none: exposure is then counted in the rows at hand.

    Raises:
        ModelError: The model does not answer the rows as they are.
    """
    wishes = wishes or Wishes()
    began = wishes.clock()
    given, target = target.rows, replace(target, rows=answered(target))
    rows = sample(target, _SAMPLE, wishes.seed)
    found: list[Finding] = []
    made: list[str] = []
    left: list[str] = []

    def goes_on() -> bool:
        return wishes.clock() - began < wishes.budget

    def slices_elsewhere() -> Iterator[Finding]:
        return slices.search(_elsewhere(target, found), wishes.seed, goes_on)

    attacks = _attacks(target, rows, wishes.seed, slices_elsewhere)
    for number, (name, attack) in enumerate(attacks):
        if not goes_on():
            left.append(name)
            continue
        wishes.tell(number, len(attacks), name)
        found += attack()
        made.append(name)
    shown = distinct([finding for finding in found if _fails(target, finding)])
    seen = given.select(target.inputs) if traffic is None or not len(traffic) else traffic
    place = _EXPOSED if seen is not traffic else "production's requests"
    return Report(_ranked(shown, seen), tuple(made), tuple(left), place, wishes.clock() - began)


def distinct(findings: Sequence[Finding]) -> list[Finding]:
    """Return *findings* less those that show again what another shows.

    Of one kind and cause, the worst is kept. A weak slice that speaks of an input whose disturbance is a finding of its
    own is what that does to the outcome; and an answer that jumps everywhere jumps at the end of a range too.
    """
    worst: dict[tuple[str, str], Finding] = {}
    for finding in sorted(findings, key=lambda one: one.effect):
        worst[finding.kind, finding.cause] = finding
    disturbed = {name for one in worst.values() if one.kind in {"directional", "instability"} for name in one.columns}
    nervous = {name for one in worst.values() if one.kind == "instability" for name in one.columns}
    misread = {f"{quoted(name)} IS NULL" for one in worst.values() if one.kind == "missing" for name in one.columns}

    def again(one: Finding) -> bool:
        in_slice = bool(disturbed & set(one.columns)) or any(said in one.cause for said in misread)
        return (one.kind == "weak_slice" and in_slice) or (one.kind == "boundary" and bool(nervous & set(one.columns)))

    return [one for one in worst.values() if not again(one)]


def _attacks(target: Target, rows: Sample, seed: int, slices_elsewhere: Attack) -> list[tuple[str, Attack]]:
    """Return every way of attack: the cheap ones first, so that a short budget finds most."""
    inputs = target.inputs
    found: list[tuple[str, Attack]] = [
        (f"declared: {test.name}", partial(declared.behaviour, target, rows, test))
        for test in target.requirements.behaviour
    ]
    found += [(f"missing: {name}", partial(absent.missing, target, rows, name, seed)) for name in inputs]
    if target.label is not None:
        found.append(("weak slices", slices_elsewhere))
    found += [(f"beyond: {name}", partial(absent.beyond, target, rows, name)) for name in inputs]
    found += [(f"boundary: {name}", partial(disturb.boundaries, target, rows, name)) for name in inputs]
    found += [(f"spelling: {name}", partial(disturb.spellings, target, rows, name)) for name in inputs]
    found += [(f"noise: {name}", partial(disturb.noise, target, rows, name, seed)) for name in inputs]
    return found


def _elsewhere(target: Target, found: Sequence[Finding]) -> Target:
    """Return *target* without the rows of weaknesses that are known already: the outcome there tells of them again."""
    rows = target.rows
    for finding in found:
        if finding.exposed != ANYWHERE:
            rows = rows.take(~where(rows, finding.exposed))
    return replace(target, rows=rows)


def _fails(target: Target, finding: Finding) -> bool:
    """Whether the test that would be written of *finding* fails now: one that passes shows nothing."""
    given = finding.examples.select(target.inputs)
    if finding.expect == FLAGGED:
        return bool(target.in_scope(given).any())
    if finding.expect == "label":
        return True
    try:
        said = target.predict(given)
    except ModelError:
        return True
    holds = where(Table({**finding.examples.columns, **said.columns}), finding.expect)
    return not bool(holds.all())


def _ranked(findings: list[Finding], seen: Table) -> tuple[Finding, ...]:
    weighed = [replace(finding, exposure=_exposure(finding, seen)) for finding in findings]
    return tuple(sorted(weighed, key=lambda one: (-one.exposure, -one.effect, one.kind, one.cause)))


def _exposure(finding: Finding, seen: Table) -> float:
    try:
        concerned = where(seen, finding.exposed)
    except UsageError:  # a column that these requests did not keep
        return 0.0
    return float(np.mean(concerned)) if len(seen) else 0.0
