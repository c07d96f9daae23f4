"""What a contract says of the columns as such: that they are there, of a type, known in time, or must not exist."""

from __future__ import annotations

import difflib
import re
from typing import TYPE_CHECKING

from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator, Mapping, Sequence

    from roadworthy.declare.contract import Contract
    from roadworthy.declare.requirements import ColumnType

_INTEGERS = {f"{sign}{size}INT" for sign in ("", "U") for size in ("TINY", "SMALL", "BIG", "HUGE")} | {
    "INTEGER",
    "UINTEGER",
}
_GUESSED = 20  # columns that are not there, for which another name is looked for: of thousands it would take minutes
_BEFORE = re.compile(r"prediction|-\s*\d+(\.\d+)?\s*(ms|s|m|min|h|d|w)|-?0")


def checks(name: str, contract: Contract, types: Mapping[str, str], inputs: Sequence[str] = ()) -> tuple[Check, ...]:
    """Return the checks on the columns as such.

    Args:
        name: The contract's name, with which every check's name begins.
        contract: What must hold.
        types: The table's columns and their SQL types.
        inputs: The columns that the model is given at prediction time, when this is the contract of its inputs.
    """
    return tuple(_checks(name, contract, types, inputs))


def _checks(name: str, contract: Contract, types: Mapping[str, str], inputs: Sequence[str]) -> Iterator[Check]:
    absent = 0
    for column, rule in contract.columns.items():
        if column not in types:
            absent += 1
            yield Check(
                "data", f"{name}: {column} exists", "failed", _absent(column, types if absent <= _GUESSED else ())
            )
        elif rule.type is not None:
            fits = is_of(types[column], rule.type)
            summary = f"{column} is {types[column]}; {rule.type} is asked."
            yield Check("data", f"{name}: {column}: type", "passed" if fits else "failed", summary)
        if rule.known_at is not None and column in inputs:
            yield known_in_time(name, column, rule.known_at)
    label = contract.label
    if label is not None and label.column not in types:
        yield Check("data", f"{name}: label {label.column} exists", "failed", _absent(label.column, types))
    if contract.other_columns == "refused":
        others = [column for column in types if column not in contract.columns]
        said = f"Not in the contract: {', '.join(others)}." if others else "Every column is in the contract."
        yield Check("data", f"{name}: no other columns", "failed" if others else "passed", said)
    known = {column.lower() for column in types}  # `TailNum` is what `tailnum` forbids
    for column in contract.privacy.absent:
        there = column.lower() in known
        said = f"{column} must not exist{', but it does' if there else ', and it does not'}."
        yield Check("data", f"{name}: {column} is absent", "failed" if there else "passed", said)


def known_in_time(name: str, column: str, known_at: str) -> Check:
    """Return whether an input is known when the prediction is made: `prediction`, or some time before it (`-2h`)."""
    in_time = _BEFORE.fullmatch(known_at.strip()) is not None
    said = f"{column} is an input, and is known at {known_at!r}" + ("." if in_time else ": later than the prediction.")
    return Check("data", f"{name}: {column} is known in time", "passed" if in_time else "failed", said)


def is_of(kind: str, asked: ColumnType) -> bool:
    """Whether the SQL type *kind* is of the declared type *asked*; a whole number is a number."""
    match asked:
        case "integer":
            return kind in _INTEGERS
        case "number":
            return kind in _INTEGERS or kind in {"FLOAT", "DOUBLE"} or kind.startswith("DECIMAL")
        case "text":
            return kind == "VARCHAR" or kind.startswith("ENUM")
        case "boolean":
            return kind == "BOOLEAN"
        case "time":
            return kind.startswith(("TIMESTAMP", "DATE", "TIME"))


def _absent(column: str, types: Collection[str]) -> str:
    near = difflib.get_close_matches(column, types, n=1)
    hint = f" Did it become {near[0]}?" if near else ""
    return f"{column} is not there.{hint}"
