"""Disturbances that should change nothing, or nothing much: spelling, spacing, noise, a step over a boundary."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import quoted
from roadworthy.build.data.table import Column
from roadworthy.prove.behaviour.ask import ask
from roadworthy.prove.behaviour.judge import distance
from roadworthy.prove.evaluate.scored import numbers
from roadworthy.prove.redteam.finding import MOST_PAIRS, Finding, pairs, stays
from roadworthy.prove.redteam.refused import Disturbed, refusal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from roadworthy.build.data.table import Bools, Table
    from roadworthy.prove.redteam.target import Sample, Target

_SAME = 0.1  # of the scale: an answer to the same thing written otherwise moves no further
_SMALL = 0.75  # of the scale: an answer to nearly the same thing moves no further
_FEWEST = 3  # rows that must show it, and their least share
_LEAST = 0.01
_NOISE = 0.02  # of the spread between the quarters: what an instrument or a rounding may add
_DRAWS = 4
_WHOLE = 100  # a whole number with a narrower range is counted, not measured: 1 more is another thing
_Z = 2.576  # 99 %
_STEP = 0.005  # of the range: just inside a boundary
_JUMP, _STEEP = 1.0, 5.0
_AT_BOUNDARY = 0.2  # share of rows that must jump
_BOUNDARY_ROWS = 200
_COARSE = 25  # distinct values below which neighbouring ones are different things


def spellings(target: Target, sample: Sample, name: str) -> Iterator[Finding]:
    """Yield that the letters' case, or spaces around a text, change the answer, and the guard says nothing of it."""
    column = sample.given[name]
    if column.values.dtype.kind != "O":
        return
    ways: dict[str, tuple[tuple[Callable[[str], str], str], ...]] = {
        "the case of letters": ((str.lower, f"lower({quoted(name)})"), (str.upper, f"upper({quoted(name)})")),
        "spaces around the text": ((" {}".format, f"trim({quoted(name)})"), ("{} ".format, f"trim({quoted(name)})")),
    }
    for how, writings in ways.items():
        for write, sql in writings:
            after = np.array([write(str(value)) for value in column.values], dtype=object)
            changed = sample.given.with_column(name, Column(after, column.missing))
            altered = (after != column.values) & ~column.is_missing() & target.in_scope(changed)
            exposed = f"{quoted(name)} <> {sql}"
            tried = Disturbed("invariance", name, f"{how} in {name}", sample.given, changed, exposed)
            found = judged(target, sample, tried, altered, _SAME)
            if found is not None:
                yield found
                break


def noise(target: Target, sample: Sample, name: str, seed: int) -> Iterator[Finding]:
    """Yield that noise which is small beside how the input usually varies moves answers far."""
    column = sample.given[name]
    if column.values.dtype.kind not in "if":
        return
    values, known = numbers(column), ~column.is_missing()
    if not known.any():
        return
    low, high = np.quantile(values[known], (0.25, 0.75))
    whole = column.values.dtype.kind == "i"
    size = _NOISE * float(high - low)
    if size <= 0 or (whole and np.ptp(values[known]) < _WHOLE):
        return
    random = np.random.default_rng(seed)
    for _ in range(_DRAWS):
        shift = random.uniform(-1, 1, len(values)) * size
        after = np.clip(values + shift, values[known].min(), values[known].max())
        after = np.rint(after).astype(np.int64) if whole else after
        changed = sample.given.with_column(name, Column(after, column.missing))
        altered = (after != values) & known & target.in_scope(changed)
        said = f"noise in {name}"
        tried = Disturbed("instability", name, said, sample.given, changed, f"{quoted(name)} IS NOT NULL")
        found = judged(target, sample, tried, altered, _SMALL)
        if found is not None:
            yield found
            return


def boundaries(target: Target, sample: Sample, name: str) -> Iterator[Finding]:
    """Yield that the model refuses a value at the end of the scope (or of what is known), or jumps there."""
    column = sample.given[name]
    if column.values.dtype.kind not in "if" or column.is_missing().all():
        return
    values = numbers(column)
    low, high = float(np.nanmin(values)), float(np.nanmax(values))
    limits = target.limit(name)
    ends = {limits.low if limits.low is not None else low: 1.0, limits.high if limits.high is not None else high: -1.0}
    if min(ends) < 0 < max(ends):
        ends[0.0] = 1.0
    few = sample_of(sample, _BOUNDARY_ROWS)
    for end, inward in ends.items():
        found = _boundary(target, few, name, (end, inward * max(high - low, 1e-9) * _STEP))
        if found is not None:
            yield found
            return


def sample_of(sample: Sample, most: int) -> Sample:
    """Return the first rows of *sample* that are evenly spread over it, *most* at the most."""
    places = np.unique(np.linspace(0, len(sample.given) - 1, min(len(sample.given), most)).astype(np.int64))
    return type(sample)(sample.given.take(places), sample.answers.take(places), sample.scale)


def _boundary(target: Target, few: Sample, name: str, end: tuple[float, float]) -> Finding | None:
    value, step = end
    kind = few.given[name].values.dtype.kind
    if kind == "i":
        value, step = float(round(value)), float(np.sign(step)) * max(1.0, abs(round(step)))
    tables = [_put(few.given, name, value + step * times) for times in (0, 1, 2)]
    inside = target.in_scope(tables[0])
    if not inside.any():
        return None
    rows = np.flatnonzero(inside)
    at, near, further = (ask(target.predict, table.take(rows)) for table in tables)
    where = f"{quoted(name)} = {value:.12g}"
    if not at.answered.all():
        tried = Disturbed("boundary", name, f"{name} = {value:g}", few.given, tables[0], where)
        return refusal(target, tried, at, rows)
    if not (near.answered.all() and further.answered.all()):
        return None
    if len(np.unique(few.given[name].values)) < _COARSE:
        return None
    jump = distance(at.answers, near.answers) / few.scale
    slope = distance(near.answers, further.answers) / few.scale
    wrong = (jump > _JUMP) & (jump > _STEEP * slope)
    if wrong.mean() < _AT_BOUNDARY:
        return None
    shown = np.flatnonzero(wrong)[np.argsort(-jump[wrong], kind="stable")][:MOST_PAIRS]
    text = few.answers[target.output].values.dtype.kind not in "iuf"
    return Finding(
        kind="boundary",
        cause=name,
        columns=(name,),
        title=f"The answer jumps where {name} is exactly {value:g}",
        examples=pairs(tables[1].take(rows), tables[0].take(rows), shown),
        expect=stays(target.output, _SMALL * few.scale, text=text),
        exposed=where,
        failed=int(wrong.sum()),
        tried=len(rows),
        effect=float(wrong.mean()),
    )


def _put(table: Table, name: str, value: float) -> Table:
    kind = table[name].values.dtype
    return table.with_column(name, Column(np.full(len(table), value).astype(kind)))


def judged(target: Target, sample: Sample, tried: Disturbed, altered: Bools, most: float) -> Finding | None:
    """Return that the rows *altered* are answered otherwise by more than *most* (of the scale); None when few are.

    Where no chance is involved, three rows and one in a hundred must show it; of noise, the share's lower bound at
    99 % must lie above one in a hundred.
    """
    places = np.flatnonzero(altered)
    if not len(places):
        return None
    said = ask(target.predict, tried.after.take(places))
    if not said.answered.all():
        return refusal(target, tried, said, places)
    moved = distance(sample.answers.take(places), said.answers) / sample.scale
    wrong = moved > most
    share = float(wrong.mean())
    enough = lower(int(wrong.sum()), len(places)) if tried.kind == "instability" else share
    if int(wrong.sum()) < _FEWEST or enough < _LEAST:
        return None
    shown = np.flatnonzero(wrong)[np.argsort(-moved[wrong], kind="stable")][:MOST_PAIRS]
    text = sample.answers[target.output].values.dtype.kind not in "iuf"
    return Finding(
        kind=tried.kind,
        cause=tried.how,
        columns=(tried.column,),
        title=f"The answer moves far with {tried.how}"
        if tried.kind == "instability"
        else f"The answer depends on {tried.how}",
        examples=pairs(tried.before, tried.after, places[shown]),
        expect=stays(target.output, most * sample.scale, text=text),
        exposed=tried.exposed,
        failed=int(wrong.sum()),
        tried=len(places),
        effect=share,
    )


def lower(count: int, of: int) -> float:
    """Return the lower bound at 99 % of the share that *count* is *of* so many.

    Source:
        Wilson (1927), "Probable Inference, the Law of Succession, and Statistical Inference".
    """
    if not of:
        return 0.0
    share, square = count / of, _Z**2
    root = _Z * np.sqrt(share * (1 - share) / of + square / (4 * of**2))
    return float((share + square / (2 * of) - root) / (1 + square / of))
