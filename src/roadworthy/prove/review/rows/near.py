"""The training rows that are most like a row: what a model has seen of such cases."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.table import Column, Table
from roadworthy.prove.review.rows.flipped import Neighbours, values

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from numpy.typing import NDArray

    from roadworthy.build.data.table import Floats
    from roadworthy.prove.review.rows.flipped import Flipped

SAMPLE = 20_000  # training rows that are looked at
_FIRST = 200  # flips whose neighbours are sought
_NEAREST = 4
_AT_ONCE = 20


def with_neighbours(found: Flipped, training: Table, of: int, label: str) -> Flipped:
    """Return *found* with the training rows nearest to its first flips; as it is where no input is in both tables.

    Args:
        found: The flips.
        training: A sample of the training rows.
        of: How many training rows there are.
        label: The label's column of *training*.

    Source:
        Gower (1971), "A General Coefficient of Similarity and Some of Its Properties": the mean over inputs of the
        difference over the range, or of being another category; here the range without the outermost hundredths.
    """
    first = Table({name: _as_column(found.columns[name][:_FIRST]) for name in found.inputs})
    shared = [name for name in found.inputs if name in training and _alike(first, training, name)]
    if not shared or not len(first) or not len(training):
        return found
    nearest, apart = _nearest(first, training, shared)
    kept, places = np.unique(nearest, return_inverse=True)
    shown = training.take(kept)
    names = [*(name for name in found.inputs if name in training), *([label] if label in training else [])]
    return replace(
        found,
        neighbours=Neighbours(
            {name: values(shown, name) for name in dict.fromkeys(names)},
            _tuples(places.reshape(nearest.shape)),
            tuple(tuple(round(float(one), 3) for one in row) for row in apart),
            len(training),
            of,
        ),
    )


def _tuples(places: NDArray[np.int64]) -> tuple[tuple[int, ...], ...]:
    return tuple(tuple(int(one) for one in row) for row in places)


def _as_column(column: Sequence[object]) -> Column:
    gone = np.array([one is None for one in column], dtype=np.bool_)
    if all(isinstance(one, int | float | None) for one in column):
        return Column(np.array([np.nan if one is None else one for one in column], dtype=np.float64), gone)
    return Column(np.array(["" if one is None else str(one) for one in column], dtype=object), gone)


def _alike(rows: Table, training: Table, name: str) -> bool:
    return _is_number(rows[name]) == _is_number(training[name])


def _is_number(column: Column) -> bool:
    return column.values.dtype.kind in "biuf"


def _nearest(first: Table, training: Table, shared: Sequence[str]) -> tuple[NDArray[np.int64], Floats]:
    found, apart = [], []
    for start in range(0, len(first), _AT_ONCE):
        few = first.take(np.arange(start, min(start + _AT_ONCE, len(first))))
        total = sum(_differences(few, training, shared), start=np.zeros((len(few), len(training)), np.float32))
        order = np.argsort(total, axis=1, kind="stable")[:, :_NEAREST]
        found.append(order)
        apart.append(np.take_along_axis(total, order, axis=1) / len(shared))
    return np.concatenate(found).astype(np.int64), np.concatenate(apart).astype(np.float64)


def _differences(few: Table, training: Table, shared: Sequence[str]) -> Iterator[NDArray[np.float32]]:
    """Yield for each input how far the rows are apart, each in [0, 1]; what is missing on one side alone is 1 apart."""
    for name in shared:
        ours, theirs = few[name], training[name]
        gone, lacking = ours.is_missing()[:, None], theirs.is_missing()[None, :]
        apart = _of_numbers(ours, theirs) if _is_number(ours) else _of_names(ours, theirs)
        yield np.where(gone & lacking, np.float32(0), np.where(gone | lacking, np.float32(1), apart))


def _of_numbers(ours: Column, theirs: Column) -> NDArray[np.float32]:
    known = theirs.values[~theirs.is_missing()].astype(np.float64)
    low, high = np.quantile(known, (0.01, 0.99)) if len(known) else (0.0, 0.0)
    range_ = high - low or 1.0
    mine = np.nan_to_num(ours.values.astype(np.float64))[:, None]
    other = np.nan_to_num(theirs.values.astype(np.float64))[None, :]
    apart: NDArray[np.float64] = np.minimum(np.abs(mine - other) / range_, 1.0)
    return apart.astype(np.float32)


def _of_names(ours: Column, theirs: Column) -> NDArray[np.float32]:
    _, codes = np.unique(np.concatenate([ours.values.astype(str), theirs.values.astype(str)]), return_inverse=True)
    mine, other = codes[: len(ours)], codes[len(ours) :]
    apart: NDArray[np.bool_] = mine[:, None] != other[None, :]
    return apart.astype(np.float32)
