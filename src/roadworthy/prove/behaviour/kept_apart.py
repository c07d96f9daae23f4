"""Whether the examples of a failure mode, and their twins, are kept from training."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from roadworthy.build.data.query import open_tables, quoted
from roadworthy.build.data.table import Column, Table
from roadworthy.prove.proof import ALWAYS, Check
from roadworthy.prove.rows import MOST_EXAMPLES, row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

_PLACE = "the example's number"


def check(name: str, tables: Mapping[str, Table], training: Path | None, key: Sequence[str]) -> Check:
    """Return that no row of *tables* is among the *training* rows: what was trained on proves nothing.

    Args:
        name: The failure mode's.
        tables: The examples and the twins, by what they are called.
        training: The table that the model is trained on; None: pipeline.yaml names no such dataset.
        key: The columns that name a row.

    Raises:
        NotFound, UsageError: The training table cannot be read.
    """
    title = f"{name} is kept from training"
    if training is None:
        return Check("failure_modes", title, "not_run", "pipeline.yaml names no dataset `training`.", {**ALWAYS})
    named = {said: table for said, table in tables.items() if key and all(one in table for one in key)}
    if not named:
        lack = f"its examples have no column {', '.join(key)}" if key else "the dataset `training` has no key"
        return Check("failure_modes", title, "not_run", f"Nobody can tell: {lack}.", {**ALWAYS})
    inside = {said: _inside(table, training, key) for said, table in named.items()}
    found = {said: rows for said, rows in inside.items() if rows}
    if not found:
        said = f"None of {sum(len(table) for table in named.values())} rows is among those trained on."
        return Check("failure_modes", title, "passed", said, {**ALWAYS})
    listed = " and ".join(f"{len(rows)} of the {len(named[said])} {said}" for said, rows in found.items())
    shown = tuple(row(named[said], at, tuple(key)) for said, rows in found.items() for at in rows)[:MOST_EXAMPLES]
    problem = f"{listed} are among the rows trained on. Leave them out of {training.name}: what was learnt by heart is "
    return Check("failure_modes", title, "failed", problem + "no proof of a cure.", {**ALWAYS}, shown)


def _inside(table: Table, training: Path, key: Sequence[str]) -> list[int]:
    numbered = Table({_PLACE: Column(np.arange(len(table))), **{name: table[name] for name in key}})
    equal = " AND ".join(f"e.{quoted(name)} = t.{quoted(name)}" for name in key)
    with open_tables({"examples": numbered, "training": training}) as connection:
        asked = f"SELECT {quoted(_PLACE)} FROM examples e SEMI JOIN training t ON {equal} ORDER BY 1"  # noqa: S608 - quoted
        return [int(number) for (number,) in connection.execute(asked).fetchall()]
