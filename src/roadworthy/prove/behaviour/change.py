"""What a test does to the inputs: `+20`, `missing 20%`, `shuffled`, {set: value} …, on the columns that it names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, assert_never

import numpy as np

from roadworthy.build.data.table import Column
from roadworthy.errors import UsageError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from numpy.typing import NDArray

    from roadworthy.build.data.table import Bools, Table

_NUMBER = re.compile(r"([+\-*/])\s*(\d+(?:\.\d*)?(?:[eE][+-]?\d+)?)")
_SHARE = re.compile(r"(missing|noise) (\d+(?:\.\d+)?)%")
_FORMS = (
    '"+20", "-5", "*1.6", "/2", "missing", "missing 20%", "noise 10%", "shuffled", "lower_case", "upper_case" '
    "or {set: value}"
)
_SEED = 1815


@dataclass(frozen=True, slots=True)
class Add:
    """Add a number."""

    amount: float


@dataclass(frozen=True, slots=True)
class Times:
    """Multiply by a number."""

    factor: float


@dataclass(frozen=True, slots=True)
class Put:
    """Put one value in every row."""

    value: float | str | bool


@dataclass(frozen=True, slots=True)
class Missing:
    """Make a share of the values missing: by default all."""

    share: float = 1.0


@dataclass(frozen=True, slots=True)
class Noise:
    """Add normal noise: of a share of the column's standard deviation."""

    share: float


@dataclass(frozen=True, slots=True)
class Shuffled:
    """Give each row another row's value, as a stale or a wrong join does."""


@dataclass(frozen=True, slots=True)
class Case:
    """Write text in lower or upper case."""

    upper: bool


Step = Add | Times | Put | Missing | Noise | Shuffled | Case
_WORDS: dict[str, Step] = {
    "missing": Missing(),
    "shuffled": Shuffled(),
    "lower_case": Case(upper=False),
    "upper_case": Case(upper=True),
}


@dataclass(frozen=True, slots=True)
class Changed:
    """A table after a change, and which of its rows the change altered: shape (n,)."""

    table: Table
    altered: Bools


def parse(written: str | Mapping[str, object], column: str) -> Step:
    """Return what *written* does to *column*.

    Raises:
        UsageError: It is not one of the forms that there are.
    """
    match written:
        case str() if written in _WORDS:
            return _WORDS[written]
        case str() if found := _SHARE.fullmatch(written.strip()):
            share = float(found[2]) / 100
            return Missing(share) if found[1] == "missing" else Noise(share)
        case str() if found := _NUMBER.fullmatch(written.strip()):
            sign, number = found[1], float(found[2])
            if sign in "+-":
                return Add(number if sign == "+" else -number)
            if sign == "*" or number != 0:
                return Times(number if sign == "*" else 1 / number)
            raise UsageError(f"requirements.yaml divides `{column}` by zero.", remedy="Write another number.")
        case {"set": bool() | int() | float() | str() as value}:
            return Put(value)
        case _:
            raise UsageError(
                f"requirements.yaml changes `{column}` by {written!r}, which is not a change.",
                remedy=f"Write {_FORMS}.",
            )


def apply(change: Mapping[str, str | Mapping[str, object]], table: Table, where: Bools | None = None) -> Changed:
    """Return *table* with *change* made to the rows *where* (all of them by default).

    A missing value stays missing under arithmetic and case, so such a row is not altered by them.

    Raises:
        UsageError: A column is not there, or is not of the kind that the change needs.
    """
    rows = np.ones(len(table), dtype=np.bool_) if where is None else where
    altered = np.zeros(len(table), dtype=np.bool_)
    for name, written in change.items():
        if name not in table:
            raise UsageError(
                f"requirements.yaml changes the column `{name}`, which the rows do not have.",
                remedy=f"They have: {', '.join(table.names)}.",
            )
        before = table[name]
        after = _merge(before, _step(parse(written, name), before, name), rows)
        altered |= _differs(before, after)
        table = table.with_column(name, after)
    return Changed(table, altered)


def _step(step: Step, column: Column, name: str) -> Column:
    match step:
        case Missing() | Noise() | Shuffled():
            return _by_chance(step, column, name)
        case Put(value):
            return Column(_full(column, value))
        case Case(upper):
            return Column(_in_case(column, name, upper=upper), column.missing)
        case Add(amount):
            values, operand = _numbers(column, name, amount)
            return Column(values + operand, column.missing)
        case Times(factor):
            values, operand = _numbers(column, name, factor)
            return Column(values * operand, column.missing)
        case _:
            assert_never(step)


def _by_chance(step: Missing | Noise | Shuffled, column: Column, name: str) -> Column:
    match step:
        case Missing(share):
            return Column(column.values, column.is_missing() | (_dice(name, column).random(len(column)) < share))
        case Noise(share):
            return _noisy(column, name, share)
        case Shuffled():
            return column.take(_elsewhere(len(column)))
        case _:
            assert_never(step)


def _dice(name: str, column: Column) -> np.random.Generator:
    """Return the same dice for the same column of as many rows: a test that is made again is the same test."""
    return np.random.default_rng([_SEED, len(column), *name.encode()])


def _noisy(column: Column, name: str, share: float) -> Column:
    values, _ = _numbers(column, name, 0.5)
    known = values[~column.is_missing()]
    noise = _dice(name, column).normal(0, share * float(np.std(known)) if len(known) else 0.0, len(column))
    whole = column.values.dtype.kind != "f"
    return Column(column.values + np.rint(noise).astype(np.int64) if whole else values + noise, column.missing)


def _elsewhere(rows: int) -> NDArray[np.int64]:
    """Return for each row another one, in one circle through all of them: the same for each column that is joined."""
    order = np.random.default_rng([_SEED, rows]).permutation(rows)
    other = np.empty_like(order)
    other[order] = np.roll(order, 1)
    return other


def _full(column: Column, value: float | str | bool) -> NDArray[np.generic]:  # noqa: FBT001 - a value, not a switch
    if column.values.dtype.kind == "M" and isinstance(value, str):
        return np.full(len(column), np.datetime64(value, "us"))
    kind = np.dtype(object) if isinstance(value, str) else np.asarray(value).dtype
    full = np.full(len(column), value, dtype=kind)
    return full.astype(column.values.dtype) if np.can_cast(kind, column.values.dtype) else full


def _numbers(column: Column, name: str, operand: float) -> tuple[NDArray[np.number[Any]], float]:
    """Return the values and the operand in one type: whole numbers stay whole under a whole operand."""
    if column.values.dtype.kind not in "iuf":
        raise UsageError(
            f"requirements.yaml does arithmetic on `{name}`, which holds {column.values.dtype}, not numbers.",
            remedy='Use "lower_case", "upper_case", "missing" or {set: value} for it.',
        )
    if column.values.dtype.kind != "f" and operand.is_integer():
        return column.values.astype(np.int64), int(operand)
    return column.values.astype(np.float64), operand


def _in_case(column: Column, name: str, *, upper: bool) -> NDArray[np.generic]:
    if column.values.dtype.kind != "O":
        raise UsageError(
            f"requirements.yaml changes the case of `{name}`, which holds {column.values.dtype}, not text.",
            remedy="Use a change for numbers, or name a column of text.",
        )
    changed = np.empty(len(column), dtype=object)
    changed[:] = [text.upper() if upper else text.lower() for text in column.values]
    return changed


def _merge(before: Column, after: Column, rows: Bools) -> Column:
    """Return *after* at *rows* and *before* elsewhere."""
    if rows.all():
        return after
    values = np.where(rows, after.values, before.values)
    return Column(values, np.where(rows, after.is_missing(), before.is_missing()))


def _differs(before: Column, after: Column) -> Bools:
    """Return in which rows the two columns hold something else; missing differs from every value."""
    was, now = before.is_missing(), after.is_missing()
    unequal: Bools = np.asarray(before.values != after.values, dtype=np.bool_)
    differs: Bools = (was != now) | (~was & ~now & unequal)
    return differs
