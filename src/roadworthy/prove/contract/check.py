"""Data tests: a contract held against a dataset's file, in one scan for all plain rules and a query for each other."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from roadworthy.declare.form import seconds
from roadworthy.errors import RoadworthyError, UsageError
from roadworthy.prove.contract import between, sql, structure
from roadworthy.prove.contract.compile import probes
from roadworthy.prove.contract.probe import Probe
from roadworthy.prove.contract.scan import Scan, scan
from roadworthy.prove.proof import Check
from roadworthy.prove.rows import MOST_EXAMPLES, row

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from roadworthy.declare.contract import Contract


@dataclass(frozen=True, slots=True)
class Data:
    """The dataset of a contract.

    Attributes:
        path: Its file.
        others: The files of other datasets, by the name or path under which contracts speak of them.
        key: The columns that name a row.
        time: The column that says when a row happened.
        inputs: The model's inputs, when this is the contract of its inputs.
    """

    path: Path
    others: Mapping[str, Path] = field(default_factory=dict)
    key: tuple[str, ...] = ()
    time: str | None = None
    inputs: tuple[str, ...] = ()


def check(name: str, contract: Contract, data: Data) -> tuple[Check, ...]:
    """Return a check for each rule of the contract *name*; a file that cannot be read is one failed check."""
    try:
        with scan(_files(contract, data)) as opened:
            return tuple(_checks(name, contract, data, opened))
    except RoadworthyError as fault:
        return (Check("data", f"{name}: can be read", "failed", str(fault)),)


def _files(contract: Contract, data: Data) -> dict[str, Path]:
    files = {"rows": data.path}
    wanted = {foreign.in_: foreign.in_ for foreign in contract.table.foreign_keys}
    if contract.splits is not None:
        wanted |= {between.TRAINING: contract.splits.training, between.TEST: contract.splits.test}
    for view, dataset in wanted.items():
        if dataset not in data.others:
            raise UsageError(
                f"The contract of {contract.dataset} speaks of `{dataset}`, which is no dataset.",
                remedy=f"There are: {', '.join(data.others)}.",
            )
        files[view] = data.others[dataset]
    return files


def _checks(name: str, contract: Contract, data: Data, opened: Scan) -> Iterator[Check]:
    types = opened.types()
    yield from structure.checks(name, contract, types, data.inputs)
    plain = [*probes(contract, types), *_fresh(contract, data)]
    for probe, found in zip(plain, _answers(name, plain, opened), strict=True):
        yield _judge(name, probe, found, opened)
    apart = (*data.key, *contract.table.key, *((data.time,) if data.time else ()))
    for probe, query in between.queries(contract, tuple(types), apart):
        yield _judge(name, probe, _ask(name, probe, query, opened), opened)
    for rule in contract.sql:
        yield _sql(name, rule.name, rule.query, opened)


def _answers(name: str, plain: list[Probe], opened: Scan) -> list[float | UsageError | None]:
    """Return the number of each probe, from one scan; asked one by one only when the scan cannot be made."""
    try:
        query = sql.select(", ".join(probe.measure for probe in plain))
        return [_number(value) for value in opened.one(query, f"The contract {name}")]
    except UsageError:
        return [_ask(name, probe, sql.select(probe.measure), opened) for probe in plain]


def _ask(name: str, probe: Probe, query: str, opened: Scan) -> float | UsageError | None:
    try:
        return _number(opened.one(query, f"`{probe.name}` of the contract {name}")[0])
    except UsageError as fault:
        return fault


def _judge(name: str, probe: Probe, found: float | UsageError | None, opened: Scan) -> Check:
    title = f"{name}: {probe.name}"
    if isinstance(found, UsageError):
        return Check("data", title, "failed", str(found))
    facts = {"found": found, "at_least": probe.at_least, "at_most": probe.at_most, "unit": probe.unit}
    if probe.holds(found):
        return Check("data", title, "passed", probe.say(found), facts)
    shown: tuple[Mapping[str, object], ...] = ()
    if probe.wrong is not None:
        shown = _examples(sql.select("*", tail=f"WHERE {probe.wrong}"), opened)
    return Check("data", title, "failed", probe.say(found), facts, shown)


def _sql(name: str, rule: str, query: str, opened: Scan) -> Check:
    title = f"{name}: {rule}"
    wrong = query.strip().removesuffix(";")
    try:
        count = _number(opened.one(sql.select("count(*)", f"({wrong})"), title)[0])
        shown = _examples(wrong, opened) if count else ()
    except UsageError as fault:
        return Check("data", title, "failed", str(fault))
    said = f"{count or 0:,.0f} rows are wrong; none may be."
    return Check("data", title, "failed" if count else "passed", said, {"found": count}, shown)


def _examples(query: str, opened: Scan) -> tuple[Mapping[str, object], ...]:
    found = opened.some(query, MOST_EXAMPLES)
    return tuple(row(found, number) for number in range(len(found)))


def _fresh(contract: Contract, data: Data) -> tuple[Probe, ...]:
    if contract.table.fresh is None:
        return ()
    if data.time is None:
        raise UsageError(
            f"The contract of {contract.dataset} asks for fresh rows, but the dataset names no time.",
            remedy="Set `time` of the dataset in pipeline.yaml.",
        )
    age = f"epoch(now()) - epoch(max({sql.name(data.time)}))"
    oldest = seconds(contract.table.fresh)
    return (Probe("table: fresh", age, "age of the newest row", at_most=oldest, unit="seconds"),)


def _number(value: object) -> float | None:
    """Return what SQL found as a number; None for nothing, and for what is not finite."""
    if not isinstance(value, int | float | Decimal):
        return None
    number = float(value)
    return number if math.isfinite(number) else None
