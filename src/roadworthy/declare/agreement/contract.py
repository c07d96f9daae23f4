"""Whether a contract agrees with itself, and speaks of datasets that there are."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from roadworthy.declare.agreement.report import Report
from roadworthy.declare.fault import quoted

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

    from roadworthy.declare.agreement.report import Path
    from roadworthy.declare.contract import ColumnRule, Contract
    from roadworthy.declare.fault import Fault
    from roadworthy.declare.read.file import Document

_OF_NUMBERS = ("mean", "median", "deviation")
_QUERY = re.compile(r"\s*(?:select|with|from)\b", re.IGNORECASE)


def faults(document: Document[Contract], data: Collection[str] | None) -> tuple[Fault, ...]:
    """Return what does not agree in a contract; *data* are the datasets and sources, None when nobody can tell."""
    report, contract = Report(document), document.partial
    if contract is None:
        return ()
    _columns(report, contract)
    _bounds(report, ("table", "rows"), contract.table.rows)
    if contract.label is not None:
        _bounds(report, ("label", "share"), contract.label.share)
    _splits(report, contract)
    if contract.other_columns == "refused":
        _spoken_of(report, contract)
    _queries(report, contract)
    _datasets(report, contract, data)
    return report.all()


def _columns(report: Report, contract: Contract) -> None:
    for name, rule in contract.columns.items():
        _column(report, ("columns", name), rule)
    for name in contract.privacy.absent:
        if name in contract.columns:
            problem = f"{quoted(name)} must not exist, says `privacy`, and is declared all the same."
            report.at(("columns", name), problem, "Remove one of the two.")


def _queries(report: Report, contract: Contract) -> None:
    for number, check in enumerate(contract.sql):
        if not _QUERY.match(check.query):
            problem = "A check is a query that returns the rows that are wrong."
            report.at(("sql", number, "query"), problem, "Begin it with `SELECT`; the dataset is called `rows`.")


def _column(report: Report, path: Path, rule: ColumnRule) -> None:
    report.unless_ordered(path, rule.min, rule.max)
    for key in (*_OF_NUMBERS, "distinct", "length"):
        _bounds(report, (*path, key), getattr(rule, key))
    for share, bounds in (rule.quantiles or {}).items():
        _bounds(report, (*path, "quantiles", share), bounds)
    measured = rule.quantiles is not None or any(getattr(rule, key) is not None for key in _OF_NUMBERS)
    if rule.type == "text" and (measured or isinstance(rule.min, float)):
        report.at(path, "Text has no mean, and no number as a bound.", "Remove it, or mend `type`.")
    if rule.type not in {"text", None} and rule.length is not None:
        report.at((*path, "length"), "Only text has a length.", "Remove it, or mend `type`.")
    if rule.pattern is not None:
        try:
            re.compile(rule.pattern)
        except re.error as error:
            report.at((*path, "pattern"), f"This is not a regular expression: {error.msg}.", "Mend it, or escape it.")
    if rule.allowed is not None and not rule.allowed:
        report.at((*path, "allowed"), "No value is allowed.", "List the values, or remove the key.")


def _splits(report: Report, contract: Contract) -> None:
    splits = contract.splits
    if splits is None:
        return
    if splits.gap is not None and splits.time is None:
        report.at(("splits", "gap"), "A gap is measured in time, and no `time` is named.", "Name the column as `time`.")
    if splits.training == splits.test and not (report.lacks("splits", "training") or report.lacks("splits", "test")):
        report.at(("splits", "test"), "The training rows and the test rows are the same.", "Name two datasets.")


def _bounds(report: Report, path: Path, bounds: Mapping[str, float] | None) -> None:
    if bounds is not None:
        report.unless_ordered(path, bounds.get("at_least"), bounds.get("at_most"))


def _spoken_of(report: Report, contract: Contract) -> None:
    """Tell each column that a rule names although it is refused."""
    named: list[tuple[Path, str]] = [(("table", "key"), column) for column in contract.table.key]
    if contract.label is not None:
        named.append((("label", "column"), contract.label.column))
    if contract.splits is not None:
        named += [(("splits", "key"), column) for column in contract.splits.key]
    for path, column in named:
        known = None if report.lacks("columns") else contract.columns
        report.unless_known(path, column, known, "a declared column, and others are refused")


def _datasets(report: Report, contract: Contract, data: Collection[str] | None) -> None:
    named: list[tuple[Path, str]] = [(("dataset",), contract.dataset)]
    if contract.splits is not None:
        named += [(("splits", "training"), contract.splits.training), (("splits", "test"), contract.splits.test)]
    if contract.like is not None:
        named.append((("like", "dataset"), contract.like.dataset))
    for number, foreign in enumerate(contract.table.foreign_keys):
        named.append((("table", "foreign_keys", number, "in"), foreign.in_))
    for path, name in named:
        if "/" not in name and "." not in name:
            report.unless_known(path, name, data, "a dataset or source of the pipeline")
