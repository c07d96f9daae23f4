"""Whether the columns of two tables are spread alike: an effect that matters, beyond what chance explains."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

import numpy as np

from roadworthy.prove.contract.weigh.chance import between_counts, between_numbers, discoveries

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.build.data.table import Column, Table

Aspect = Literal["values", "missing"]


@dataclass(frozen=True, slots=True)
class Difference:
    """How one column of a table differs from the same column of another.

    Attributes:
        column: Its name.
        aspect: What is compared: how the values are spread, or how many are missing.
        distance: From 0, the same, to 1, nothing in common; None where too few rows have a value.
        chance: How likely chance makes it so large; None where too few rows have a value.
        rows: The rows compared, of the one and of the other.
        found: Whether it is larger than chance explains, of all that were compared.
    """

    column: str
    aspect: Aspect
    distance: float | None
    chance: float | None
    rows: tuple[int, int]
    found: bool = False


def differences(one: Table, other: Table, names: Sequence[str], share: float, few: int) -> tuple[Difference, ...]:
    """Return how each of the columns *names* differs: in its values, and in how many are missing.

    Rows are taken to be independent of each other. Rows that follow each other in time are not, so that chance moves
    them further than is said here: an effect should be asked for besides.

    Args:
        one: A sample of the one table.
        other: A sample of the other.
        names: Columns of both.
        share: The false discovery rate over all that are judged.
        few: The fewest rows, on both sides, on which anything is judged.
    """
    found = [each for name in names for each in _of(name, one[name], other[name], few)]
    judged = [each for each in found if each.chance is not None]
    over = iter(discoveries([each.chance or 0.0 for each in judged], share))
    return tuple(
        each
        if each.chance is None
        else Difference(each.column, each.aspect, each.distance, each.chance, each.rows, next(over))
        for each in found
    )


def _of(name: str, one: Column, other: Column, few: int) -> Iterator[Difference]:
    ours, theirs = ~one.is_missing(), ~other.is_missing()
    sizes, present = (len(one), len(other)), (int(ours.sum()), int(theirs.sum()))
    if min(present) < few:
        yield Difference(name, "values", None, None, present)
    else:
        yield Difference(name, "values", *_values(one.values[ours], other.values[theirs]), present)
    if min(sizes) < few:
        yield Difference(name, "missing", None, None, sizes)
    elif present != sizes:
        tables = [np.array([had, size - had], dtype=float) for had, size in zip(present, sizes, strict=True)]
        yield Difference(name, "missing", *between_counts(*tables), sizes)


def _values(one: np.ndarray, other: np.ndarray) -> tuple[float, float]:
    if one.dtype.kind in "OUb" or other.dtype.kind in "OUb":
        ours, theirs = Counter(map(str, one.tolist())), Counter(map(str, other.tolist()))
        every = [*{**ours, **theirs}]
        return between_counts(
            np.array([ours[value] for value in every], float), np.array([theirs[value] for value in every], float)
        )
    return between_numbers(_as_number(one), _as_number(other))


def _as_number(values: np.ndarray) -> np.ndarray:
    return (values.astype("datetime64[us]").astype(np.int64) if values.dtype.kind == "M" else values).astype(float)
