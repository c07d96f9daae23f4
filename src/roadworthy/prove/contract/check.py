"""Data tests: a contract held against a dataset's file, in one scan for all plain rules and a query for each other."""

from __future__ import annotations

import math
from dataclasses import dataclass, field
from decimal import Decimal
from typing import TYPE_CHECKING

from roadworthy.declare.form import seconds
from roadworthy.errors import RoadworthyError, UsageError
from roadworthy.prove.contract import between, near, personal, repeated, sql, structure
from roadworthy.prove.contract.compile import misfits, probes
from roadworthy.prove.contract.probe import Probe
from roadworthy.prove.contract.scan import MEMORY, Scan, scan
from roadworthy.prove.contract.show import examples, of_query
from roadworthy.prove.contract.weigh import judge
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from roadworthy.declare.contract import Contract, Splits


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


def check(name: str, contract: Contract, data: Data, memory: int = MEMORY) -> tuple[Check, ...]:
    """Return a check for each rule of the contract *name*; a file that cannot be read is one failed check.

    *memory* is how many bytes of the data are held at once; what needs more lies on the disk meanwhile.
    """
    try:
        with scan(_files(contract, data), memory) as opened:
            return tuple(_checks(name, contract, data, opened))
    except RoadworthyError as fault:
        return (Check("data", f"{name}: can be read", "failed", str(fault)),)


def _files(contract: Contract, data: Data) -> dict[str, Path]:
    files = {"rows": data.path}
    wanted = {foreign.in_: foreign.in_ for foreign in contract.table.foreign_keys}
    if contract.splits is not None:
        wanted |= {between.TRAINING: contract.splits.training, between.TEST: contract.splits.test}
    if contract.like is not None:
        wanted[judge.LIKE] = contract.like.dataset
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
    for made in structure.checks(name, contract, types, data.inputs):
        yield _with_misfits(made, name, contract, types, opened)
    plain = [*probes(contract, types), *_fresh(contract, data)]
    answers = opened.measure([(f"`{probe.name}` of the contract {name}", probe.measure) for probe in plain])
    rows = 0 if isinstance(answers[0], UsageError) else int(str(answers[0]))
    for probe, answer in zip(plain, answers, strict=True):
        yield _judge(name, probe, answer, opened)
    for probe, apart in repeated.probes(contract, tuple(types)):
        yield _judge(name, probe, _repeated(probe, apart, types, rows, opened), opened)
    apart = _apart(contract, data)
    for probe, query in between.queries(contract, tuple(types), apart):
        yield _judge(name, probe, _ask(name, probe, query, opened), opened)
    if contract.splits is not None and contract.splits.near_duplicates is not None:
        label = () if contract.label is None else (contract.label.column,)
        yield _near(name, contract.splits, {*apart, *label}, opened)
    yield from judge.leakage(name, contract, apart, rows, opened)
    yield from judge.likeness(name, contract, apart, rows, opened)
    yield from personal.checks(name, contract.privacy, types, opened)
    for rule in contract.sql:
        yield _sql(name, rule.name, rule.query, types, opened)


def _apart(contract: Contract, data: Data) -> tuple[str, ...]:
    """Return the columns that tell rows apart and say nothing of them: keys and the time."""
    splits = contract.splits
    of_splits = () if splits is None else (*splits.key, *((splits.time,) if splits.time else ()))
    return (*data.key, *contract.table.key, *((data.time,) if data.time else ()), *of_splits)


def _with_misfits(made: Check, name: str, contract: Contract, types: Mapping[str, str], opened: Scan) -> Check:
    """Return the check *made* of a column's type with the rows whose values are of another one."""
    if made.verdict != "failed":
        return made
    asked = {f"{name}: {column}: type": column for column in types}.get(made.name)
    kind = None if asked is None else contract.columns[asked].type
    probe = None if asked is None or kind is None else misfits(asked, types[asked], kind)
    if probe is None:
        return made
    (found,) = opened.measure([(probe.name, probe.measure)])
    said = "" if isinstance(found, UsageError) else f" {probe.say(_number(found))}"
    return Check("data", made.name, "failed", made.summary + said, made.facts, examples(probe, opened))


def _repeated(
    probe: Probe, apart: tuple[str, ...], types: Mapping[str, str], rows: int, opened: Scan
) -> float | UsageError | None:
    try:
        return repeated.count(probe, apart, tuple(types), rows, opened)
    except UsageError as fault:
        return fault


def _near(name: str, splits: Splits, apart: set[str], opened: Scan) -> Check:
    try:
        found = near.probe(splits, apart, opened)
    except UsageError as fault:
        return Check("data", f"{name}: {near.NAME}", "failed", str(fault))
    if isinstance(found, str):
        return Check("data", f"{name}: {near.NAME}", "not_run", found)
    probe, query = found
    return _judge(name, probe, _ask(name, probe, query, opened), opened)


def _ask(name: str, probe: Probe, query: str, opened: Scan) -> object:
    try:
        return opened.one(query, f"`{probe.name}` of the contract {name}")[0]
    except UsageError as fault:
        return fault


def _judge(name: str, probe: Probe, answer: object, opened: Scan) -> Check:
    title = f"{name}: {probe.name}"
    if isinstance(answer, UsageError):
        return Check("data", title, "failed", str(answer))
    found = _number(answer)
    facts = {"found": found, "at_least": probe.at_least, "at_most": probe.at_most, "unit": probe.unit}
    if probe.holds(found):
        return Check("data", title, "passed", probe.say(found), facts)
    return Check("data", title, "failed", probe.say(found), facts, examples(probe, opened))


def _sql(name: str, rule: str, query: str, types: Mapping[str, str], opened: Scan) -> Check:
    title = f"{name}: {rule}"
    wrong = query.strip().removesuffix(";")
    if not opened.is_query(wrong):
        said = f"This is not one query that only reads: {query.strip()[:200]!r}."
        return Check("data", title, "failed", said)
    try:
        count = _number(opened.one(sql.select("count(*)", f"({wrong}\n)"), title)[0])
        shown = of_query(wrong, tuple(types), opened) if count else ()
    except UsageError as fault:
        return Check("data", title, "failed", str(fault))
    said = f"{count or 0:,.0f} rows are wrong; none may be."
    return Check("data", title, "failed" if count else "passed", said, {"found": count}, shown)


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
