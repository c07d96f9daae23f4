"""The scope: on which inputs the model may be used, and what it may answer; a pure function of rows."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from roadworthy.declare.contract import ColumnRule
from roadworthy.declare.requirements import InputRule

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.build.data.table import Column, Table
    from roadworthy.declare.contract import Contract
    from roadworthy.declare.requirements import ColumnType, OutputRule, Requirements

_SHOWN = 60  # characters of a value in a reason


@dataclass(frozen=True, slots=True)
class Rule:
    """What one column may hold; None: not restricted."""

    type: ColumnType | None = None
    min: float | str | None = None
    max: float | str | None = None
    allowed: frozenset[str | float | bool] | None = None
    pattern: re.Pattern[str] | None = None
    unit: str | None = None
    missing: bool = True

    @property
    def kind(self) -> ColumnType | None:
        """The type of its values: the declared one, or what its bounds betray."""
        if self.type is not None:
            return self.type
        if any(isinstance(bound, int | float) for bound in (self.min, self.max)):
            return "number"
        texts = self.allowed and all(isinstance(value, str) for value in self.allowed)
        return "text" if texts or self.pattern is not None else None


def of_inputs(requirements: Requirements, contracts: Mapping[str, Contract]) -> dict[str, Rule]:
    """Return the rule of each input, in order: the contract's, where the requirements do not say otherwise."""
    contract = contracts.get(requirements.inputs.contract or "")
    columns = contract.columns if contract is not None else {}
    override = requirements.inputs.override
    return {
        name: _merged(columns.get(name) or ColumnRule(), override.get(name) or InputRule())
        for name in requirements.inputs.columns
    }


def of_outputs(outputs: Mapping[str, OutputRule]) -> dict[str, Rule]:
    """Return the rule of each output, in order."""
    return {name: Rule(rule.type, rule.min, rule.max, _set(rule.allowed)) for name, rule in outputs.items()}


def _merged(contract: ColumnRule, own: InputRule) -> Rule:
    allowed = own.allowed if own.allowed is not None else contract.allowed
    return Rule(
        type=own.type or contract.type,
        min=own.min if own.min is not None else contract.min,
        max=own.max if own.max is not None else contract.max,
        allowed=_set(allowed),
        pattern=None if contract.pattern is None else re.compile(contract.pattern),
        unit=own.unit or contract.unit,
        missing=contract.missing != 0 if own.missing is None else own.missing == "allowed",
    )


def _set(allowed: tuple[str | float | bool, ...] | None) -> frozenset[str | float | bool] | None:
    return None if allowed is None else frozenset(allowed)


def reasons(table: Table, rules: Mapping[str, Rule]) -> list[tuple[str, ...]]:
    """Return for each row why it is out of scope; an empty tuple when it is not."""
    found: dict[int, list[str]] = {}
    numbers = [name for name in rules if table[name].values.dtype.kind in "fi"]
    outside = _columns_outside(table, numbers, rules)
    for name, rule in rules.items():
        column = table[name]
        if name in outside or (name not in numbers and not rule.missing):
            _judge_missing(found, name, column, rule)
        if name in outside or column.values.dtype.kind == "M":
            _judge_range(found, name, column, rule)
        if rule.allowed is not None or rule.pattern is not None:
            _judge_values(found, name, column, rule)
    return [tuple(found[row]) if row in found else () for row in range(len(table))]


def _columns_outside(table: Table, names: Sequence[str], rules: Mapping[str, Rule]) -> set[str]:
    """Return which columns of numbers hold a value out of range, or miss one: seen all at once, for most have none."""
    if not names:
        return set()
    matrix = np.column_stack([table[name].values for name in names])
    low = [_number(rules[name].min, -math.inf) for name in names]
    high = [_number(rules[name].max, math.inf) for name in names]
    # False for NaN, too.
    inside: list[bool] = np.logical_and.reduce((matrix >= low) & (matrix <= high)).tolist()
    return {name for name, good in zip(names, inside, strict=True) if not good or table[name].missing is not None}


def _number(bound: float | str | None, otherwise: float) -> float:
    return bound if isinstance(bound, int | float) else otherwise


def _judge_missing(found: dict[int, list[str]], name: str, column: Column, rule: Rule) -> None:
    if not rule.missing:
        for row in np.flatnonzero(column.is_missing()).tolist():
            found.setdefault(row, []).append(f"{name} is missing")


def _judge_range(found: dict[int, list[str]], name: str, column: Column, rule: Rule) -> None:
    values, missing = column.values, column.is_missing()
    unit = f" {rule.unit}" if rule.unit else ""
    for bound, word in ((rule.min, "below"), (rule.max, "above")):
        limit = _limit(bound, values)
        if limit is None:
            continue
        beyond = np.less(values, limit) if word == "below" else np.greater(values, limit)
        for row in np.flatnonzero(beyond & ~missing).tolist():
            found.setdefault(row, []).append(f"{name} is {_shown(values[row])}{unit}, {word} {_shown(bound)}")


def _limit(bound: float | str | None, values: np.ndarray[tuple[int], np.dtype[np.generic]]) -> Any:
    """Return what values of this type are compared with; None when they cannot be."""
    kind = values.dtype.kind
    if kind == "M" and isinstance(bound, str):
        return np.datetime64(bound, "us")
    return bound if kind in "fi" and isinstance(bound, int | float) else None


def _judge_values(found: dict[int, list[str]], name: str, column: Column, rule: Rule) -> None:
    missing = None if column.missing is None else column.missing.tolist()
    for row, value in enumerate(column.values.tolist()):
        if missing is not None and missing[row]:
            continue
        if rule.allowed is not None and value not in rule.allowed:
            found.setdefault(row, []).append(f"{name} is {_shown(value)}, which is not among the values allowed")
        elif rule.pattern is not None and isinstance(value, str) and not rule.pattern.fullmatch(value):
            found.setdefault(row, []).append(
                f"{name} is {_shown(value)}, which is not of the form {rule.pattern.pattern}"
            )


def _shown(value: object) -> str:
    if isinstance(value, str):
        return repr(value if len(value) <= _SHOWN else value[:_SHOWN] + "…")
    return f"{value:g}" if isinstance(value, int | float | np.number) and not isinstance(value, bool) else str(value)
