"""What a model leaves unexplained, row by row, once what it gets wrong everywhere alike is taken out."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import quoted
from roadworthy.prove.evaluate.scored import numbers

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import NDArray

    from roadworthy.build.data.table import Bools, Floats, Table
    from roadworthy.prove.redteam.target import Target

_BINS = 10
_APART = 1e-9


@dataclass(frozen=True, slots=True)
class Direction:
    """Something that a residual may go along with.

    Attributes:
        name: A column; "" for the residual's own mean.
        values: Shape (n,), finite; all 1 for the mean.
        sql: The same, as SQL over inputs and outputs.
    """

    name: str
    values: Floats
    sql: str


@dataclass(frozen=True, slots=True)
class Residual:
    """The residual of one output: shape (n,), and the same as SQL (its global part left in).

    `usual` is the share of wrong answers, where the residual says whether the one named class was wrong; else None.
    """

    output: str
    values: Floats
    sql: str
    usual: float | None = None


def residuals(target: Target, rows: Table, answers: Table, left: Bools) -> tuple[Residual, ...]:
    """Return the truth minus what the model said, for each output; for a class that is named, whether it was wrong.

    What goes along with the stated value everywhere is taken out: a model that is off everywhere alike is not weak in a
    slice, and the declared metrics say so already.

    Args:
        target: What is declared.
        rows: Labelled rows.
        answers: What the model says of them.
        left: Which rows say what holds everywhere: those of no weakness that is known already.
    """
    label = rows[str(target.label)]
    name = quoted(str(target.label))
    if target.requirements.task != "multiclass":
        said = numbers(answers[target.output])
        values = numbers(label) - said
        sql = f"CAST({name} AS DOUBLE) - {quoted(target.output)}"
        return (Residual(target.output, _local(values, said, left), sql),)
    truth = label.values.astype(str)
    outputs = answers.names
    if len(outputs) == 1:
        wrong = (answers[outputs[0]].values.astype(str) != truth).astype(np.float64)
        sql = f"CASE WHEN {quoted(outputs[0])} = {name} THEN 0 ELSE 1 END"
        return (Residual(outputs[0], wrong - wrong[left].mean(), sql, usual=float(wrong[left].mean())),)
    found = []
    for output in outputs:
        said = numbers(answers[output])
        text = output.replace("'", "''")
        sql = f"CASE WHEN CAST({name} AS VARCHAR) = '{text}' THEN 1 ELSE 0 END - {quoted(output)}"
        found.append(Residual(output, _local((truth == output) - said, said, left), sql))
    return tuple(found)


def _local(values: Floats, said: Floats, left: Bools) -> Floats:
    """Return *values* less the line that they follow over what was *said*, as most of the rows *left* have it.

    Source:
        Theil (1950), Sen (1968): the median of the slopes between points, here the means of each tenth of the rows, so
        that a slice in which the model fails does not bend the line for all.
    """
    places = np.flatnonzero(left)
    order = places[np.argsort(said[places], kind="stable")]
    parts = [part for part in np.array_split(order, _BINS) if len(part)]
    at = np.array([said[part].mean() for part in parts])
    mean = np.array([values[part].mean() for part in parts])
    one, other = np.triu_indices(len(parts), 1)
    apart = at[other] - at[one]
    far = apart > _APART
    slope = float(np.median((mean[other] - mean[one])[far] / apart[far])) if far.any() else 0.0
    return np.asarray(values - slope * said - np.median(mean - slope * at))


def without(residual: Residual, along: Sequence[Direction], left: Bools) -> Residual:
    """Return *residual* less what goes along with the inputs everywhere, as the rows *left* have it by least squares.

    Else any large region would show it, and hide with its rows what is weak in smaller ones.
    """
    inputs = [one.values for one in along if one.name not in {"", residual.output}]
    if not inputs:
        return residual
    given = np.stack([np.ones(len(residual.values)), *inputs], axis=1)
    slope, *_ = np.linalg.lstsq(given[left], residual.values[left], rcond=None)
    return replace(residual, values=np.asarray(residual.values - given[:, 1:] @ slope[1:]))


def directions(target: Target, rows: Table, answers: Table) -> tuple[Direction, ...]:
    """Return what a residual is held against in each slice: itself, what was said, and every input that is a number."""
    count = len(rows)
    found = [Direction("", np.ones(count), "1")]
    said = answers[target.output]
    if said.values.dtype.kind in "iuf":
        found.append(Direction(target.output, _finite(numbers(said)), quoted(target.output)))
        found += [
            Direction(name, _finite(numbers(rows[name])), quoted(name))
            for name in target.inputs
            if rows[name].values.dtype.kind in "iuf"
        ]
    return tuple(found)


def _finite(values: NDArray[np.float64]) -> Floats:
    known = values[np.isfinite(values)]
    filled = np.where(np.isfinite(values), values, np.median(known) if len(known) else 0.0)
    spread = filled.std()
    return np.asarray((filled - filled.mean()) / (spread if spread > 0 else 1.0))
