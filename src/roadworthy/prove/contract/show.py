"""Rows at fault, with their numbers, for whoever has to mend them."""

from __future__ import annotations

import contextlib
import re
from typing import TYPE_CHECKING

from roadworthy.errors import UsageError
from roadworthy.prove.contract import sql
from roadworthy.prove.rows import MOST_EXAMPLES, row

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.prove.contract.probe import Probe
    from roadworthy.prove.contract.scan import Scan

Examples = tuple["Mapping[str, object]", ...]

_TOGETHER = re.compile(r"\b(distinct|group|union|intersect|except|over|using|natural|all)\b", re.IGNORECASE)
_SHOWN = 60  # columns of a row


def examples(probe: Probe, opened: Scan) -> Examples:
    """Return the first rows at fault; none where no row in particular is, or none can be shown.

    Each begins with its number in its file, from 1, the header not counted; of a folder, its files in the order of
    their names.
    """
    if probe.wrong is None:
        return ()
    columns = tuple(opened.types(probe.of))
    number = sql.unused("row", columns)
    names = sql.names((number, *_first(columns, probe.name)))
    numbered = sql.numbered(probe.of, columns)
    try:
        # Called as the rows are, so that a predicate may say `rows.hour`.
        return _rows(sql.select(names, f"({numbered}) AS rows", f"WHERE {probe.wrong}"), opened)
    except UsageError:
        return ()


def of_query(wrong: str, columns: Sequence[str], opened: Scan) -> Examples:
    """Return the first rows of the query *wrong*; with their numbers, where it takes rows as they are.

    Raises:
        UsageError: It cannot be carried out.
    """
    if not _TOGETHER.search(wrong):
        with contextlib.suppress(UsageError):
            rows = sql.numbered("rows", columns, schema="main")
            return _rows(f"WITH rows AS ({rows}) {sql.select('*', f'({wrong})')}", opened)
    return _rows(wrong, opened)


def _first(columns: Sequence[str], name: str) -> tuple[str, ...]:
    """Return the columns that are shown: of a very wide table the first ones, and that which the check is about."""
    about = name.partition(":")[0]
    return (*columns[:_SHOWN], *((about,) if about in columns[_SHOWN:] else ()))


def _rows(query: str, opened: Scan) -> Examples:
    found = opened.some(query, MOST_EXAMPLES)
    return tuple(row(found, number) for number in range(len(found)))
