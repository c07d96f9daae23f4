"""What a contract says of a table beside another, or of its rows beside each other."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.form import seconds
from roadworthy.prove.contract import sql
from roadworthy.prove.contract.probe import Probe

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from roadworthy.declare.contract import Contract, ForeignKey, LabelRule, Splits

TRAINING, TEST = "training rows", "test rows"  # the views that a split's datasets are opened as


def queries(contract: Contract, columns: Sequence[str], apart: Sequence[str]) -> tuple[tuple[Probe, str], ...]:
    """Return probes with the query that answers each: its first column of its first row is the number.

    Args:
        contract: What must hold.
        columns: The table's columns.
        apart: The columns that say nothing about a row's label: its key and its time.
    """
    return tuple(_queries(contract, columns, apart))


def _queries(contract: Contract, columns: Sequence[str], apart: Sequence[str]) -> Iterator[tuple[Probe, str]]:
    for foreign in contract.table.foreign_keys:
        yield _foreign_key(foreign)
    if contract.splits is not None:
        yield from _splits(contract.splits)
    if contract.label is not None and contract.label.conflicts is not None and contract.label.column in columns:
        yield _conflicts(contract.label, [name for name in columns if name not in {*apart, contract.label.column}])


def _foreign_key(rule: ForeignKey) -> tuple[Probe, str]:
    ours, theirs = sql.names(rule.columns), sql.names(rule.key)
    known = f"({ours}) IN ({sql.select(f'({theirs})', sql.name(rule.in_))})"
    given = " AND ".join(f"{sql.name(name)} IS NOT NULL" for name in rule.columns)
    name = f"table: {', '.join(rule.columns)} in {rule.in_}"
    wrong = f"{given} AND {known} IS NOT TRUE"  # a missing value among theirs makes it unknown
    probe = Probe(name, "", f"rows found in {rule.in_}", at_least=rule.share, unit="share", wrong=wrong)
    share = f"count(*) FILTER ({known}) / nullif(count(*), 0)"
    return probe, sql.select(share, tail=f"WHERE {given}")


def _splits(rule: Splits) -> Iterator[tuple[Probe, str]]:
    training, test = sql.name(TRAINING), sql.name(TEST)
    if rule.key:
        key = sql.names(rule.key)
        common = f"({sql.select(key, training)} INTERSECT {sql.select(key, test)})"
        yield (
            Probe(
                "splits: no key in both",
                "",
                f"keys that stand in {rule.training} and in {rule.test}",
                at_most=0,
                wrong=f"hash({key}) IN ({sql.select(f'hash({key})', training)})",
                of=TEST,
            ),
            _if_both(sql.select("count(*)", common)),
        )
    if rule.time is not None:
        time = sql.name(rule.time)
        first = sql.select(f"min({time})", test)
        late, what = f"{time} >= ({first})", f"rows of {rule.training} not before {rule.test}"
        if rule.gap is not None:
            late = f"{time} > ({first}) - to_seconds({seconds(rule.gap)!r})"
            what = f"rows of {rule.training} less than {rule.gap} before {rule.test}"
        yield (
            Probe("splits: training before test", "", what, at_most=0, wrong=late, of=TRAINING),
            _if_both(sql.select("count(*)", training, f"WHERE {late}"), f"AND count({time}) > 0"),
        )


def _if_both(query: str, given: str = "") -> str:
    """Return the query for what *query* says; nothing, where one of the two has no rows: then it says nothing."""
    there = [f"({sql.select(f'count(*) > 0 {given}', sql.name(view))})" for view in (TRAINING, TEST)]
    return f"SELECT CASE WHEN {' AND '.join(there)} THEN ({query}) END"


def _conflicts(rule: LabelRule, inputs: Sequence[str]) -> tuple[Probe, str]:
    """Return the share of rows whose inputs stand elsewhere with another label."""
    label, given = sql.name(rule.column), f"hash({sql.names(tuple(inputs)) or '1'})"
    # Rows that are equal have equal hashes, of 64 bits: groups of hashes take a tenth of the memory of groups of rows.
    several = f"min({label}) <> max({label})"
    groups = sql.select(f"count(*) AS n, coalesce({several}, false) AS several", tail=f"GROUP BY {given}")
    share = "coalesce(sum(n) FILTER (several), 0) / nullif(sum(n), 0)"
    what = "rows whose other columns stand elsewhere with another label"
    wrong = f"{given} IN ({sql.select(given, tail=f'GROUP BY {given} HAVING {several}')})"
    probe = Probe(f"label {rule.column}: conflicts", "", what, at_most=rule.conflicts, unit="share", wrong=wrong)
    return probe, sql.select(share, f"({groups})")
