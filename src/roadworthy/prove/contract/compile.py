"""A contract's rules as probes: plain numbers that one scan of the table answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.prove.contract import sql
from roadworthy.prove.contract.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.declare.contract import ColumnRule, Contract, LabelRule, TableRule
    from roadworthy.prove.contract.probe import Unit

_TYPES = {"number": "DOUBLE", "integer": "BIGINT", "boolean": "BOOLEAN", "time": "TIMESTAMP"}


def probes(contract: Contract, types: Mapping[str, str]) -> tuple[Probe, ...]:
    """Return the probes of the rules about values.

    Args:
        contract: What must hold.
        types: The table's columns and their SQL types; rules on columns that are not there have no probe (see
            `structure`).
    """
    found: list[Probe] = list(_table(contract.table))
    for name, rule in contract.columns.items():
        if name in types:
            found += _column(name, rule, types[name])
    if contract.label is not None and contract.label.column in types:
        found += _label(contract.label, types[contract.label.column])
    return tuple(found)


def misfits(name: str, kind: str, asked: str) -> Probe | None:
    """Return the probe for values of the text column *name* that are not of the type *asked*; None: all text is."""
    if kind != "VARCHAR" or asked not in _TYPES:
        return None
    column = sql.name(name)
    wrong = f"{column} IS NOT NULL AND TRY_CAST({column} AS {_TYPES[asked]}) IS NULL"
    return Probe(f"{name}: type", f"count(*) FILTER ({wrong})", f"values that are no {asked}", at_most=0, wrong=wrong)


def _column(name: str, rule: ColumnRule, kind: str) -> Iterator[Probe]:
    column, gone = sql.name(name), sql.gone(name, kind)
    present = sql.present(name, kind)
    yield Probe(f"{name}: has values", present, "rows with a value", at_least=1)
    if rule.missing is not None:
        share = f"(count(*) - {present}) / nullif(count(*), 0)"  # not 1 - …: 5 % of 700 must be no more than 5 %
        yield Probe(f"{name}: missing", share, "missing", at_most=rule.missing, unit="share", wrong=gone)
    yield from _wrong_values(name, rule, "" if kind not in sql.FLOATS else f"NOT ({gone}) AND ")
    yield from _statistics(name, rule, gone)
    if rule.distinct is not None:
        yield _bounded(f"{name}: distinct", f"count(DISTINCT {column})", "distinct values", rule.distinct)


def _statistics(name: str, rule: ColumnRule, gone: str) -> Iterator[Probe]:
    number, given = f"CAST({sql.name(name)} AS DOUBLE)", f"FILTER (NOT ({gone}))"
    if rule.mean is not None:
        yield _bounded(f"{name}: mean", f"avg({number}) {given}", "mean", rule.mean, "value")
    if rule.median is not None:
        yield _bounded(f"{name}: median", f"median({number}) {given}", "median", rule.median, "value")
    if rule.deviation is not None:
        measure = f"stddev_samp({number}) {given}"
        yield _bounded(f"{name}: deviation", measure, "standard deviation", rule.deviation, "value")
    for percent, bounds in (rule.quantiles or {}).items():
        share = float(percent.rstrip("%")) / 100
        measure = f"quantile_cont({number}, {share!r}) {given}"
        yield _bounded(f"{name}: {percent} quantile", measure, f"{percent} quantile", bounds, "value")


def _bounded(name: str, measure: str, what: str, bounds: Mapping[str, float], unit: Unit = "rows") -> Probe:
    return Probe(name, measure, what, bounds.get("at_least"), bounds.get("at_most"), unit)


def _wrong_values(name: str, rule: ColumnRule, present: str) -> Iterator[Probe]:
    """Yield the probes that count values at fault; a missing value is no fault here."""
    column = sql.name(name)
    faults: list[tuple[str, str, str]] = []
    if rule.min is not None:
        faults.append(("min", f"{column} < {sql.literal(rule.min)}", f"values below {rule.min}"))
    if rule.max is not None:
        faults.append(("max", f"{column} > {sql.literal(rule.max)}", f"values above {rule.max}"))
    if rule.allowed is not None:
        listed = ", ".join(sql.literal(value) for value in rule.allowed)
        faults.append(("allowed", f"{column} NOT IN ({listed})", "values that are not allowed"))
    if rule.pattern is not None:
        matches = f"regexp_full_match(CAST({column} AS VARCHAR), {sql.literal(rule.pattern)})"
        faults.append(("pattern", f"NOT {matches}", f"values that do not match {rule.pattern}"))
    for word, sign in (("at_least", "<"), ("at_most", ">")):
        if word in (rule.length or {}):
            bound = (rule.length or {})[word]
            what = f"texts {'shorter' if sign == '<' else 'longer'} than {bound}"
            faults.append((f"length {word.replace('_', ' ')}", f"length({column}) {sign} {bound:d}", what))
    for word, fault, what in faults:
        wrong = f"{present}({fault})"
        yield Probe(f"{name}: {word}", f"count(*) FILTER ({wrong})", what, at_most=0, wrong=wrong)


def _label(rule: LabelRule, kind: str) -> Iterator[Probe]:
    column = sql.name(rule.column)
    several = f"CASE WHEN min({column}) = max({column}) THEN 1 WHEN min({column}) IS NOT NULL THEN 2 END"
    yield Probe(f"label {rule.column}: varies", several, "different labels (2 stands for more, too)", at_least=2)
    if rule.share is not None:
        share = f"avg(CAST({column} AS DOUBLE)) FILTER (NOT ({sql.gone(rule.column, kind)}))"
        yield _bounded(f"label {rule.column}: share", share, "positive share", rule.share, "share")


def _table(rule: TableRule) -> Iterator[Probe]:
    bounds = rule.rows or {}
    yield Probe("table: rows", "count(*)", "rows", max(1, bounds.get("at_least", 1)), bounds.get("at_most"))
    for relation in rule.relations:
        wrong = f"({relation}) IS FALSE"  # as in SQL's CHECK: unknown, because a value is missing, is no fault
        yield Probe(
            f"table: {relation}", f"count(*) FILTER ({wrong})", "rows where it is false", at_most=0, wrong=wrong
        )
