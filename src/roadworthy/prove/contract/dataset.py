"""What pipeline.yaml says of a dataset, held against its file: the named columns are there, and a key names one row."""

from __future__ import annotations

import difflib
from typing import TYPE_CHECKING

from roadworthy.errors import RoadworthyError
from roadworthy.prove.contract import sql
from roadworthy.prove.contract.scan import Scan, scan
from roadworthy.prove.proof import ALWAYS, Check
from roadworthy.prove.rows import MOST_EXAMPLES, row

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence
    from pathlib import Path

    from roadworthy.declare.pipeline import Dataset

_COUNT = "rows"
_SHOWN = 30  # columns of the file that are listed


def check(name: str, dataset: Dataset, path: Path) -> tuple[Check, ...]:
    """Return the checks of the dataset *name*, whose file is *path*; none where it names no column."""
    if not _named(dataset):
        return ()
    try:
        with scan({"rows": path}) as opened:
            return tuple(_checks(name, dataset, opened))
    except RoadworthyError as fault:  # a stage may not have run, and not every file is a table
        return (Check("data", f"dataset {name}: columns", "not_run", str(fault), {**ALWAYS}),)


def absent(name: str, dataset: Dataset, role: str, column: str, there: Collection[str]) -> str:
    """Return that the file of the dataset has no *column*, which pipeline.yaml names as its *role*."""
    near = difflib.get_close_matches(column, there, n=1)
    hint = f" Did you mean `{near[0]}`?" if near else ""
    listed = ", ".join([*list(there)[:_SHOWN], *(["…"] if len(there) > _SHOWN else [])])
    return (
        f"pipeline.yaml names `{column}` as the {role} of `{name}`, and {dataset.path} has no such column.{hint} "
        f"It has: {listed}."
    )


def _named(dataset: Dataset) -> list[tuple[str, str]]:
    """Return the role and the name of each column that *dataset* names."""
    found = [("key", column) for column in dataset.key]
    found += [("time", dataset.time)] if dataset.time else []
    return found + ([("label", dataset.label)] if dataset.label else [])


def _checks(name: str, dataset: Dataset, opened: Scan) -> Iterator[Check]:
    types = opened.types()
    named = _named(dataset)
    wrong = [absent(name, dataset, role, column, types) for role, column in named if column not in types]
    said = "\n".join(wrong) or f"{', '.join(dict.fromkeys(column for _, column in named))}: there."
    yield Check("data", f"dataset {name}: columns", "failed" if wrong else "passed", said, {**ALWAYS})
    if dataset.key and all(column in types for column in dataset.key):
        yield _key(name, dataset.key, opened)


def _key(name: str, key: Sequence[str], opened: Scan) -> Check:
    columns, title = sql.names(tuple(key)), f"dataset {name}: key"
    groups = sql.select(f"{columns}, count(*) AS {sql.name(_count(key))}", tail="GROUP BY ALL HAVING count(*) > 1")
    shared = sql.select(f"coalesce(sum({sql.name(_count(key))}), 0)", f"({groups})")
    rows, whole = (int(str(opened.one(query, title)[0])) for query in (shared, sql.select("count(*)")))
    facts: Mapping[str, object] = {**ALWAYS, "rows": whole, "shared": rows}
    told = ", ".join(key)
    if not rows:
        return Check("data", title, "passed", f"{told}: no two of {whole:,} rows have the same.", facts)
    found = opened.some(f"{groups} ORDER BY {sql.name(_count(key))} DESC, {columns}", MOST_EXAMPLES)
    said = (
        f"{told} names no single row: {rows:,} of {whole:,} rows have the same as another one. "
        f"Name columns as the `key` of `{name}` in pipeline.yaml that together differ in every row."
    )
    return Check("data", title, "failed", said, facts, tuple(row(found, number) for number in range(len(found))))


def _count(key: Sequence[str]) -> str:
    """Return a name for the count of rows that no column of the key has."""
    return _COUNT if _COUNT not in key else f"number of {_COUNT}"
