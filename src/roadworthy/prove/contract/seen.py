"""Whether the rows that a model is tested on are among those that it learned from: then nothing is shown of others."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.errors import RoadworthyError
from roadworthy.prove.contract import sql
from roadworthy.prove.contract.between import TEST, TRAINING
from roadworthy.prove.contract.scan import scan
from roadworthy.prove.proof import ALWAYS, Check
from roadworthy.prove.rows import MOST_EXAMPLES, row

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

    from roadworthy.declare.pipeline import Dataset
    from roadworthy.prove.contract.scan import Scan

NAME = "reference: no row is in the training data"
_ALLOWED = 0.01  # share of rows without a key that may happen to be equal


def check(reference: tuple[Dataset, Path], training: tuple[Dataset, Path]) -> tuple[Check, ...]:
    """Return whether rows of the reference set stand in the training data: by their key, or whole where they have none.

    Of whole rows, up to one in a hundred may be equal by chance; where rows repeat in the reference set itself, being
    equal says nothing, and it is not run.
    """
    if reference[1] == training[1]:
        said = f"{reference[0].path} is both: nothing is shown of rows that the model has not seen. Split it in two."
        return (Check("data", NAME, "failed", said, {**ALWAYS}),)
    try:
        with scan({TEST: reference[1], TRAINING: training[1]}) as opened:
            return (_checked(reference[0], training[0], opened),)
    except RoadworthyError as fault:  # what is no table is told of elsewhere
        return (Check("data", NAME, "not_run", str(fault), {**ALWAYS}),)


def _checked(reference: Dataset, training: Dataset, opened: Scan) -> Check:
    ours, theirs = opened.types(TEST), opened.types(TRAINING)
    common = [name for name in ours if name in theirs]
    key = [name for name in reference.key if name in common]
    by_key = bool(key) and tuple(reference.key) == tuple(training.key) == tuple(key)
    told = key if by_key else common
    if not told:
        return _not_run("The two have no column in common.")
    names = sql.names(tuple(told))
    rows, distinct = opened.one(
        sql.select(f"count(*), count(DISTINCT hash({names}))", sql.name(TEST)), "The reference set"
    )
    count, different = int(str(rows)), int(str(distinct))
    if not count:
        return _not_run(f"{reference.path} has no rows.")
    if not by_key and different < (1 - _ALLOWED) * count:
        return _not_run(
            f"{count - different:,} of {count:,} rows of {reference.path} repeat within it: that others are equal to "
            "them says nothing. Name a `key` of both datasets in pipeline.yaml."
        )
    again = f"hash({names}) IN ({sql.select(f'hash({names})', sql.name(TRAINING))})"
    both = int(str(opened.one(sql.select(f"count(*) FILTER ({again})", sql.name(TEST)), "The reference set")[0]))
    return _told(reference, training, (told if by_key else [], both, count), again, opened)


def _told(
    reference: Dataset, training: Dataset, found: tuple[Sequence[str], int, int], again: str, opened: Scan
) -> Check:
    key, both, count = found
    by = f"by {', '.join(key)}" if key else "equal in every column"
    facts = {**ALWAYS, "rows": count, "in_training": both, "by": list(key)}
    said = f"{both:,} of {count:,} rows of {reference.path} are in {training.path} too, {by}"
    if both <= (0 if key else _ALLOWED * count):
        return Check("data", NAME, "passed", f"{said}.", facts)
    some = opened.some(sql.select("*", sql.name(TEST), f"WHERE {again}"), MOST_EXAMPLES)
    said += ": a model that has learned them by heart looks good on them. Split the two apart, and run again."
    return Check("data", NAME, "failed", said, facts, tuple(row(some, number) for number in range(len(some))))


def _not_run(why: str) -> Check:
    return Check("data", NAME, "not_run", why, {**ALWAYS})
