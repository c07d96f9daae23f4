"""Near-duplicates across a split: test rows that a model has all but seen in training."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from roadworthy.prove.contract import sql
from roadworthy.prove.contract.between import TEST, TRAINING
from roadworthy.prove.contract.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from roadworthy.declare.contract import Splits
    from roadworthy.prove.contract.scan import Scan

_STEPS: Final = 1000  # to a standard deviation: numbers closer than about one step count as the same
_NUMBERS: Final = ("FLOAT", "DOUBLE", "DECIMAL", "TINYINT", "SMALLINT", "INTEGER", "BIGINT", "HUGEINT", "UTINYINT",
                   "USMALLINT", "UINTEGER", "UBIGINT")  # fmt: skip
NAME: Final = "splits: no near-duplicate in both"


def probe(rule: Splits, apart: Collection[str], opened: Scan) -> tuple[Probe, str] | str:
    """Return the probe and its query for test rows that all but equal a training row; or why there is none.

    Two rows are near-duplicates when their texts are the same but for case and outer spaces, and their numbers lie in
    the same cell of a grid, as wide as a thousandth of the training rows' standard deviation; in either of two grids,
    half a cell apart, so that a pair that one grid separates is found in the other. Copies are always found; of rows
    that differ a little in many columns, some are missed.

    Args:
        rule: What is said of the splits.
        apart: The columns that are not compared: the key, the time and the label.
        opened: Both sets of rows.

    Source:
        Locality-sensitive hashing by shifted grids, as in Datar, Immorlica, Indyk and Mirrokni (2004).
    """
    ours, theirs = opened.types(TEST), opened.types(TRAINING)
    compared = {name: kind for name, kind in ours.items() if name in theirs and name not in apart}
    if not compared:
        return "The two have no column in common besides key, time and label."
    steps = _steps(compared, opened)
    prints = [_print(compared, steps, shift) for shift in (0.0, 0.5)]
    near = " OR ".join(f"{one} IN ({sql.select(one, sql.name(TRAINING))})" for one in prints)
    both = sql.select("count(*)", sql.name(TRAINING))
    share = f"CASE WHEN ({both}) > 0 THEN count(*) FILTER ({near}) / nullif(count(*), 0) END"
    what = f"rows of {rule.test} that all but equal one of {rule.training}"
    found = Probe(NAME, "", what, at_most=rule.near_duplicates, unit="share", wrong=near, of=TEST)
    return found, sql.select(share, sql.name(TEST))


def _steps(compared: Mapping[str, str], opened: Scan) -> Mapping[str, float]:
    """Return the size of a cell of each column of numbers; 0 where all are the same."""
    numbers = [name for name, kind in compared.items() if kind.partition("(")[0] in _NUMBERS]
    measures = [
        (
            f"The spread of {name}",
            f"stddev_samp(CAST({sql.name(name)} AS DOUBLE)) FILTER (isfinite(CAST({sql.name(name)} AS DOUBLE)))",
        )
        for name in numbers
    ]
    found = opened.measure(measures, TRAINING)
    return {
        name: value / _STEPS if isinstance(value, float) else 0.0 for name, value in zip(numbers, found, strict=True)
    }


def _print(compared: Mapping[str, str], steps: Mapping[str, float], shift: float) -> str:
    """Return the SQL of a row's fingerprint."""
    return f"hash({', '.join(_canonical(name, kind, steps.get(name), shift) for name, kind in compared.items())})"


def _canonical(name: str, kind: str, step: float | None, shift: float) -> str:
    column = sql.name(name)
    if kind == "VARCHAR":
        return f"lower(trim({column}))"
    whole = "INT" in kind and step is not None and step <= 1  # whole numbers closer than one are equal
    if not step or whole:
        return column
    return f"floor(CAST({column} AS DOUBLE) / {step!r} + {shift!r})"
