"""Where the examples of a new failure mode come from: a dataset, a request, the log of predictions."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from roadworthy.app.local import declared
from roadworthy.build.data import query
from roadworthy.build.data.table import Table
from roadworthy.declare.requirements import HOW_TO_BEGIN
from roadworthy.errors import NotFound, UsageError
from roadworthy.ledger.predictions import segment
from roadworthy.operate.serve import records, scope
from roadworthy.operate.serve.columns import column
from roadworthy.operate.serve.refusal import Refusal

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence
    from pathlib import Path

    from roadworthy.app.local import Local
    from roadworthy.operate.serve.scope import Rule

LOG = "log:"
_MOST_TWINS = 500
_LOGGED = 200_000  # rows of the log that are looked at, the newest


@dataclass(frozen=True, slots=True)
class Wanted:
    """Which rows are wanted.

    Attributes:
        source: A dataset's name, or `log:ENVIRONMENT`.
        where: A predicate that they satisfy.
        keys: Values of the (single) key column.
        request: A file with the JSON of a request, instead of a source.
        most: How many examples; what is left over becomes twins.
    """

    source: str = "reference"
    where: str | None = None
    keys: tuple[str, ...] = ()
    request: Path | None = None
    most: int = 20


@dataclass(frozen=True, slots=True)
class Chosen:
    """The rows found: examples, their twins, and whether the label is among their columns."""

    examples: Table
    twins: Table | None
    labelled: bool


def choose(local: Local, wanted: Wanted) -> Chosen:
    """Return the rows that *wanted* names.

    Raises:
        NotFound: There are none, or no such source.
        UsageError: The predicate, the keys or the request cannot be read so.
    """
    if wanted.request is not None:
        return Chosen(_of_request(local, wanted.request), None, labelled=False)
    if wanted.source.startswith(LOG):
        table, key, label = _log(local, wanted.source.removeprefix(LOG))
    else:
        table, key, label = _dataset(local, wanted.source)
    if not len(table):
        raise NotFound(f"{wanted.source} has no rows.", remedy="Name another with `--from`.")
    rows = np.flatnonzero(_chosen(table, wanted, key))
    if not len(rows):
        raise NotFound(f"No row of {wanted.source} is meant by that.", remedy="Widen `--where`, or see `--keys`.")
    left = rows[wanted.most :][:_MOST_TWINS]
    twins = table.take(left) if len(left) else None
    return Chosen(table.take(rows[: wanted.most]), twins, labelled=label in table)


def _chosen(table: Table, wanted: Wanted, key: Sequence[str]) -> np.ndarray[tuple[int], np.dtype[np.bool_]]:
    if wanted.keys:
        if len(key) != 1:
            has = "a key of several columns" if key else "no key"
            raise UsageError(
                f"{wanted.source} has {has}, so `--keys` names no rows.",
                remedy="Use `--where` instead.",
            )
        return np.isin(table[key[0]].values.astype(str), wanted.keys)
    if wanted.where is None:
        raise UsageError("Nothing says which rows are meant.", remedy="Give `--where`, `--keys` or `--request`.")
    return query.where(table, wanted.where)


def _dataset(local: Local, name: str) -> tuple[Table, tuple[str, ...], str | None]:
    datasets = declared(local).pipeline.datasets
    if name not in datasets:
        raise NotFound(
            f"pipeline.yaml names no dataset `{name}`.",
            remedy=f"It names: {', '.join(datasets) or 'none'}; the log is `{LOG}production`.",
        )
    one = datasets[name]
    return query.read(local.folder / one.path), one.key, one.label


def _log(local: Local, environment: str) -> tuple[Table, tuple[str, ...], str | None]:
    return logged(local, environment), _key(local), None


def rules_of(local: Local) -> Mapping[str, Rule]:
    """Return the rule of each input.

    Raises:
        NotFound: There are no requirements.
    """
    project = declared(local)
    if project.requirements is None:
        raise NotFound("There is no requirements.yaml, so nothing says what the inputs are.", remedy=HOW_TO_BEGIN)
    return scope.of_inputs(project.requirements, project.contracts)


def _of_request(local: Local, path: Path) -> Table:
    try:
        body = path.read_bytes()
        return records.parse(body, records.Form(rules_of(local), _key(local))).table
    except OSError as fault:
        raise NotFound(f"{path} cannot be read: {fault.strerror}.", remedy="Name a file with a request.") from fault
    except Refusal as refusal:
        raise UsageError(f"{path} holds no request. {refusal.problem}", remedy=refusal.remedy) from refusal


def _key(local: Local) -> tuple[str, ...]:
    dataset = declared(local).pipeline.datasets.get("reference")
    return () if dataset is None else dataset.key


def logged(local: Local, environment: str) -> Table:
    """Return the inputs of the newest predictions in *environment*, the key beside them; an empty table without any.

    Raises:
        IntegrityError: A segment is damaged.
    """
    rules = rules_of(local)
    kept: list[dict[str, Any]] = []
    for line in segment.read(local.ledger.state / "predictions" / environment):
        kept.append({**line.get("key", {}), **line.get("inputs", {}), "verdict": line.get("verdict")})
        if len(kept) > 2 * _LOGGED:
            del kept[:_LOGGED]
    kept = kept[-_LOGGED:]
    if not kept:
        return Table({})
    names = [name for name in (*rules, *_key(local), "verdict") if any(name in line for line in kept)]
    found = {}
    for name in dict.fromkeys(names):
        values = [line.get(name) for line in kept]
        try:
            found[name] = column(name, values, rules[name].kind if name in rules else None)
        except Refusal:  # a pseudonym stands in the place of a number
            found[name] = column(name, [None if value is None else str(value) for value in values], "text")
    return Table(found)
