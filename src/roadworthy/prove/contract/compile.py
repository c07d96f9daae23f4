"""A contract's rules as probes: plain numbers that one scan of the table answers."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.prove.contract import sql
from roadworthy.prove.contract.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.declare.contract import ColumnRule, Contract, TableRule

_FLOATS = ("FLOAT", "DOUBLE")
_TWICE = "GROUP BY ALL HAVING count(*) > 1"


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
    label = contract.label
    if label is not None and label.share is not None and label.column in types:
        found.append(
            Probe(
                f"label {label.column}: share",
                f"avg(CAST({sql.name(label.column)} AS DOUBLE))",
                "positive share",
                label.share.get("at_least"),
                label.share.get("at_most"),
                "share",
            )
        )
    return tuple(found)


def _column(name: str, rule: ColumnRule, kind: str) -> Iterator[Probe]:
    column = sql.name(name)
    gone = f"({column} IS NULL OR isnan({column}))" if kind in _FLOATS else f"{column} IS NULL"
    yield Probe(
        f"{name}: has values",
        f"count(*) FILTER (NOT ({gone}))",
        "rows with a value",
        at_least=1,
    )
    if rule.missing is not None:
        share = f"count(*) FILTER ({gone}) / nullif(count(*), 0)"
        yield Probe(f"{name}: missing", share, "missing", at_most=rule.missing, unit="share", wrong=gone)
    yield from _wrong_values(name, rule, f"NOT ({gone})")
    if rule.unique:
        twice = f"{column} IN ({sql.select(column, tail=_TWICE)})"
        again = f"count({column}) - count(DISTINCT {column})"
        yield Probe(f"{name}: unique", again, "values that stand again", at_most=0, wrong=twice)
    if rule.mean is not None:
        mean = f"avg(CAST({column} AS DOUBLE)) FILTER (NOT ({gone}))"
        yield Probe(f"{name}: mean", mean, "mean", rule.mean.get("at_least"), rule.mean.get("at_most"), "value")
    if rule.distinct is not None:
        low, high = rule.distinct.get("at_least"), rule.distinct.get("at_most")
        yield Probe(f"{name}: distinct", f"count(DISTINCT {column})", "distinct values", low, high)


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
    for word, fault, what in faults:
        wrong = f"({present}) AND ({fault})"
        yield Probe(f"{name}: {word}", f"count(*) FILTER ({wrong})", what, at_most=0, wrong=wrong)


def _table(rule: TableRule) -> Iterator[Probe]:
    bounds = rule.rows or {}
    yield Probe("table: rows", "count(*)", "rows", max(1, bounds.get("at_least", 1)), bounds.get("at_most"))
    if rule.key:
        key = sql.names(rule.key)
        distinct = sql.select(f"DISTINCT {key}")
        again = f"count(*) - ({sql.select('count(*)', f'({distinct})')})"
        twice = f"({key}) IN ({sql.select(f'({key})', tail=_TWICE)})"
        yield Probe(f"table: key {', '.join(rule.key)}", again, "rows whose key stands again", at_most=0, wrong=twice)
    if rule.duplicates is not None:
        share = "1 - (SELECT count(*) FROM (SELECT DISTINCT * FROM rows)) / nullif(count(*), 0)"
        what = "rows that stand again"
        yield Probe("table: duplicates", share, what, at_most=rule.duplicates, unit="share")
    for relation in rule.relations:
        wrong = f"({relation}) IS FALSE"  # as in SQL's CHECK: unknown, because a value is missing, is no fault
        yield Probe(
            f"table: {relation}", f"count(*) FILTER ({wrong})", "rows where it is false", at_most=0, wrong=wrong
        )
