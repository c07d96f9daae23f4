"""Whether a single column gives the label away."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from roadworthy.build.data.table import Column, Floats, Integers, Table

FEW: Final = 500  # rows, below which nothing is said
CLASSES: Final = 50
_BINS = 200
_IN_A_BIN = 10  # rows on which the label's mean is learned, at the least on average
_DIFFERENT = 256  # numbers that are taken as they are


def explained(table: Table, label: str, columns: list[str]) -> dict[str, float] | str:
    """Return how much of the label each of *columns* explains by itself on rows that it was not learned from.

    Args:
        table: Rows with the label; those without one are left out.
        label: The label's column: numbers, or at most 50 classes.
        columns: The columns to judge.

    Returns:
        For each column the share of the label's variance that the mean label of its bin explains, in [0, 1]; for
        classes, of the variance of their indicators. Means are learned on one half of the rows and held against the
        other, so that a column with many categories is not taken for a leak. Or, in a sentence, why nothing is said.

    Source:
        The correlation ratio (Pearson, 1905) and, for classes, Goodman and Kruskal's tau (1954), both estimated by
        two-fold cross-validation.
    """
    table = table.take(~table[label].is_missing())
    if len(table) < FEW:
        return f"too few rows: {len(table)} with a label, and at least {FEW} are needed"
    truth = _truth(table[label])
    if truth is None:
        return f"{label} has more than {CLASSES} classes"
    if not float(((truth - truth.mean(axis=0)) ** 2).sum()):
        return f"{label} is the same in all {len(table)} rows"
    half = np.random.default_rng(0).permutation(len(table)) % 2 == 0
    return {name: _share(_codes(table[name]), truth, half) for name in columns}


def _truth(label: Column) -> Floats | None:
    """Return the label as numbers, shape (n, k): itself, or an indicator of each class; None: too many classes."""
    if label.values.dtype.kind in "OUb":
        codes, count = _categories(label.values)
    else:
        different, codes = np.unique(label.values, return_inverse=True)
        count = len(different)
        if count > CLASSES:
            values = label.values.astype(np.float64) if label.values.dtype.kind != "M" else codes.astype(np.float64)
            return np.asarray(values.reshape(-1, 1))
    if count > CLASSES:
        return None
    return np.asarray(np.eye(count)[codes])


def _codes(column: Column) -> Integers:
    """Return the number of the bin of each row; 0 for missing values."""
    there = ~column.is_missing()
    codes = np.zeros(len(column), dtype=np.int64)
    values = column.values[there]
    if not len(values):
        return codes
    if values.dtype.kind in "OU":
        codes[there] = _categories(values)[0] + 1
        return codes
    different, found = np.unique(values, return_inverse=True)
    if len(different) > _DIFFERENT:
        bins = max(2, min(_BINS, len(values) // (2 * _IN_A_BIN)))
        ranks = np.linspace(0, len(values) - 1, bins + 1)[1:-1].astype(np.int64)
        found = np.searchsorted(np.sort(found)[ranks], found, side="right")
    codes[there] = found + 1
    return codes


def _categories(values: NDArray[np.generic]) -> tuple[Integers, int]:
    known: dict[object, int] = {}
    codes = np.array([known.setdefault(value, len(known)) for value in values.tolist()], dtype=np.int64)
    return codes, len(known)


def _share(codes: Integers, truth: Floats, half: NDArray[np.bool_]) -> float:
    """Return 1 - residual / total variance, each half predicted from the other."""
    residual = total = 0.0
    bins = int(codes.max()) + 1
    for learned, judged in ((half, ~half), (~half, half)):
        overall = truth[learned].mean(axis=0)
        counts = np.bincount(codes[learned], minlength=bins)
        for column in range(truth.shape[1]):
            sums = np.bincount(codes[learned], truth[learned, column], minlength=bins)
            means = np.where(counts > 0, sums / np.maximum(counts, 1), overall[column])
            residual += float(((truth[judged, column] - means[codes[judged]]) ** 2).sum())
            total += float(((truth[judged, column] - overall[column]) ** 2).sum())
    return max(0.0, 1 - residual / total) if total else 0.0
