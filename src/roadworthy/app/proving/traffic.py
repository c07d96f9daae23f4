"""What production was asked, as far as it was logged here: a sample of the requests, to ask both models again."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any

import numpy as np

from roadworthy.app.proving.production import ENVIRONMENT
from roadworthy.build.data.table import Column, Table
from roadworthy.ledger.predictions.segment import read
from roadworthy.prove.against_production.traffic import MOST_ROWS

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.app.proving.bench import Bench
    from roadworthy.app.proving.production import Production

_NEWEST = 4  # segments that are read
_SEED = 2014
_ANSWERED = {"in_scope", "flagged"}


def sampled(bench: Bench, production: Production, inputs: Sequence[str], like: Table) -> tuple[Table, str]:
    """Return requests that the version in production answered, and since when; without rows where none were logged.

    Args:
        bench: The project here.
        production: The version.
        inputs: What both models are given; requests that were logged without one of them are left out.
        like: Rows whose columns say of which type each input is.

    Raises:
        IntegrityError: The log is damaged.
    """
    draw = random.Random(_SEED)  # noqa: S311 - a sample, and no secret
    kept: list[dict[str, Any]] = []
    seen, since = 0, ""
    for row in read(bench.local.ledger.state / "predictions" / ENVIRONMENT, _NEWEST):
        given: dict[str, Any] = row["inputs"]
        if row["version"] != production.name or row["verdict"] not in _ANSWERED or not given.keys() >= set(inputs):
            continue
        seen, since = seen + 1, min(since or row["at"], row["at"])
        if len(kept) < MOST_ROWS:
            kept.append(given)
        elif (place := draw.randrange(seen)) < MOST_ROWS:
            kept[place] = given
    return Table({name: _column([row[name] for row in kept], like[name]) for name in inputs}), since


def _column(values: Sequence[object], like: Column) -> Column:
    """Return *values* of JSON as a column of the type of *like*."""
    kind = like.values.dtype
    gone = np.array([value is None for value in values], dtype=np.bool_)
    blank: object = "" if kind.kind == "O" else np.datetime64("NaT") if kind.kind == "M" else 0
    filled = [blank if value is None else str(value) if kind.kind == "O" else value for value in values]
    return Column(np.array(filled, dtype=kind), gone if gone.any() else None)
