"""Predicates and queries in declared files: whether they are SQL, about columns that there are."""

from __future__ import annotations

import difflib
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.declare.agreement.report import Report
from roadworthy.declare.fault import did_you_mean, quoted
from roadworthy.declare.predicate import objection
from roadworthy.declare.written import is_file

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from roadworthy.build.data.saying import Reader, Wrong
    from roadworthy.declare.contract import Contract
    from roadworthy.declare.fault import Fault
    from roadworthy.declare.read.whole import Reading

_Place = tuple[str | int, ...]
_REFERENCE = "reference"
_WORDS = {None, "label", "flagged"}  # in the place of a predicate
_NEAR = 0.7  # two letters of `hour` exchanged


@dataclass(frozen=True, slots=True)
class _Said:
    """A predicate, or a query, in a declared file.

    Attributes:
        file, at: Where it stands.
        text: What it says.
        dataset: The name or path of the rows that it is about.
        outputs: Whether it may name the outputs of the model too.
        is_query: Whether it is a whole query.
    """

    file: str
    at: _Place
    text: str
    dataset: str = _REFERENCE
    outputs: bool = False
    is_query: bool = False


@dataclass(frozen=True, slots=True)
class _Columns:
    """The columns of a dataset that are known, and whether these are all."""

    names: frozenset[str]
    all: bool


def faults(folder: Path, reading: Reading) -> tuple[Fault, ...]:
    """Return the predicates in *reading* that are no SQL, or name columns that there are not."""
    said = [one for one in _all(reading) if one.is_query or objection(one.text) is None]
    if not said:
        return ()
    from roadworthy.build.data.saying import reader  # DuckDB costs more than all else: loaded when it is needed

    reports = {one.file: Report(reading.documents[one.file]) for one in said}
    datasets = {one.dataset: _path(folder, reading, one.dataset) for one in said}
    with reader(path for path in datasets.values() if is_file(path)) as asked:
        known = {name: _columns(asked, reading, name, path) for name, path in datasets.items()}
        for one in said:
            _judge(reports[one.file], one, known[one.dataset], _outputs(reading), asked)
    return tuple(fault for report in reports.values() for fault in report.all())


def _judge(report: Report, said: _Said, known: _Columns, outputs: frozenset[str] | None, asked: Reader) -> None:
    if said.is_query:
        wrong = asked.query(said.text)
        if wrong is not None:
            _tell(report, said, wrong)
        return
    found = asked.predicate(said.text)
    if not isinstance(found, tuple):
        _tell(report, said, found)
        return
    names = known.names | (outputs or frozenset() if said.outputs else frozenset())
    complete = known.all and not (said.outputs and outputs is None)
    folded = {name.lower() for name in names}
    for name in {one.name.lower(): one.name for one in found}.values():
        if name.lower() in folded:
            continue
        near = did_you_mean(name, names) if complete else _very_near(name, names)
        if complete or near:
            problem = f"{quoted(name)} is no column of {said.dataset}."
            fix = f"Did you mean {quoted(near)}?" if near else f"Name one of: {', '.join(sorted(names)[:20])}."
            report.at_word(said.at, name, problem, fix)


def _very_near(name: str, names: frozenset[str]) -> str | None:
    """Return what *name* is a misspelling of, although there may be a column of that name, too."""
    return next(iter(difflib.get_close_matches(name.lower(), names, n=1, cutoff=_NEAR)), None)


def _tell(report: Report, said: _Said, wrong: Wrong) -> None:
    fix = f"Did you mean {quoted(wrong.near)}?" if wrong.near else "Write SQL, as DuckDB reads it: `wind_speed < 5`."
    problem = f"{quoted(said.text)} cannot be read. {wrong.problem}."
    report.at_text(said.at, said.text, wrong.at, problem.replace("..", "."), fix)


def _all(reading: Reading) -> Iterator[_Said]:
    yield from _of_requirements(reading)
    for file, document in reading.documents.items():
        if document.partial is None:
            continue
        if file.startswith("contracts/"):
            contract: Contract = document.partial
            for number, relation in enumerate(contract.table.relations):
                yield _Said(file, ("table", "relations", number), relation, contract.dataset)
            for number, check in enumerate(contract.sql):
                yield _Said(file, ("sql", number, "query"), check.query, contract.dataset, is_query=True)
        elif file.startswith("failure_modes/") and document.partial.expect not in _WORDS:
            yield _Said(file, ("expect",), document.partial.expect, document.partial.examples, outputs=True)


def _of_requirements(reading: Reading) -> Iterator[_Said]:
    requirements, file = reading.requirements, "requirements.yaml"
    if requirements is None:
        return
    for number, rule in enumerate(requirements.slices):
        yield _Said(file, ("slices", number, "where"), rule.where)
    for group in ("behaviour", "stress"):
        for number, test in enumerate(getattr(requirements, group)):
            if test.where is not None:
                yield _Said(file, (group, number, "where"), test.where)
    for number, test in enumerate(requirements.behaviour):
        if test.kind == "minimum_functionality" and test.expect is not None:
            yield _Said(file, ("behaviour", number, "expect"), test.expect, outputs=True)


def _path(folder: Path, reading: Reading, dataset: str) -> Path:
    pipeline = reading.pipeline
    if pipeline is not None and dataset in pipeline.datasets:
        return folder / pipeline.datasets[dataset].path
    if pipeline is not None and dataset in pipeline.sources:
        return folder / pipeline.sources[dataset].to
    return folder / dataset


def _columns(asked: Reader, reading: Reading, dataset: str, path: Path) -> _Columns:
    """Return the columns that declared files give a dataset, and those that its rows here have."""
    found = set(asked.columns(path)) if is_file(path) else set()
    complete = bool(found)
    for name, contract in reading.folder("contracts").items():
        if contract.dataset == dataset:
            found |= {*contract.columns, *contract.table.key}
            closed = contract.other_columns == "refused" and not reading.documents[f"contracts/{name}.yaml"].faults
            complete = complete or closed
    definition = reading.pipeline.datasets.get(dataset) if reading.pipeline is not None else None
    if definition is not None:
        found |= {*definition.key, *(name for name in (definition.time, definition.label) if name is not None)}
    if reading.requirements is not None:
        found |= set(reading.requirements.inputs.columns)
    return _Columns(frozenset(found), complete)


def _outputs(reading: Reading) -> frozenset[str] | None:
    document = reading.documents.get("requirements.yaml")
    return None if document is None else document.names("outputs")
