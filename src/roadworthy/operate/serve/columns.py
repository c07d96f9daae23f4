"""Values of a request as typed columns; what does not have the declared type is refused by column and row."""

from __future__ import annotations

import math
from datetime import UTC, datetime
from types import NoneType
from typing import TYPE_CHECKING, Any, Literal

import numpy as np

from roadworthy.build.data.table import Column
from roadworthy.operate.serve.refusal import bad

if TYPE_CHECKING:
    from collections.abc import Sequence

    from roadworthy.declare.requirements import ColumnType
    from roadworthy.operate.serve.refusal import Refusal

_LARGEST = 2**63
_ACCEPTED: dict[ColumnType, set[type]] = {
    "number": {int, float},
    "integer": {int, float},  # 8.0, as some clients write 8
    "text": {str},
    "boolean": {bool},
    "time": {str},
}
_CALLED = {bool: "a boolean", int: "a number", float: "a number", str: "text", list: "a list", dict: "an object"}
_ARTICLE = {"integer": "an integer"}


def called(value: Any) -> str:
    """Return what a value of JSON is called, with its article."""
    return "null" if value is None else _CALLED.get(type(value), type(value).__name__)


def column(name: str, values: Sequence[Any], wanted: ColumnType | None) -> Column:
    """Return *values*, as they are read from JSON, as a column; None is missing.

    Args:
        name: The column's name, for the refusal.
        values: Shape (n,).
        wanted: The declared type; None: whichever all the values have.

    Raises:
        Refusal: A value has another type, or is too large.
    """
    types = set(map(type, values))
    if types <= {int, float} and wanted in {"number", None}:
        return Column(np.array(values, dtype=np.float64))  # JSON holds neither NaN nor infinity
    missing = None
    if NoneType in types:
        types.discard(NoneType)
        missing = np.fromiter((value is None for value in values), np.bool_, len(values))
    kind = wanted or _common(name, types)
    if not types <= _ACCEPTED[kind]:
        raise _wrong(name, kind, values)
    return Column(_typed(name, kind, values), missing)


def _typed(name: str, kind: ColumnType, values: Sequence[Any]) -> np.ndarray[Any, Any]:
    match kind:
        case "number":
            return np.array([math.nan if value is None else value for value in values], dtype=np.float64)
        case "integer":
            return _integers(name, values)
        case "boolean":
            return np.fromiter((value is True for value in values), np.bool_, len(values))
        case "time":
            return _times(name, values)
        case "text":
            texts = np.empty(len(values), dtype=object)
            texts[:] = ["" if value is None else value for value in values]
            return texts


def _common(name: str, types: set[type]) -> Literal["number", "text", "boolean"]:
    if types <= {int, float}:
        return "number"
    if types == {str}:
        return "text"
    if types == {bool}:
        return "boolean"
    found = " and ".join(sorted({_CALLED.get(one, one.__name__) for one in types}))
    raise bad(f"The column `{name}` holds {found}.", "Send values of one type: numbers, text or booleans.")


def _wrong(name: str, kind: ColumnType, values: Sequence[Any]) -> Refusal:
    row, value = next(
        (row, value) for row, value in enumerate(values) if type(value) not in {*_ACCEPTED[kind], NoneType}
    )
    called = _ARTICLE.get(kind, f"a {kind}" if kind != "text" else "text")
    found = _CALLED.get(type(value), type(value).__name__)
    return bad(f"The column `{name}` holds {found} at row {row}, and must be {called}.", f"Send {called}, or null.")


def _integers(name: str, values: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.int64]]:
    for row, value in enumerate(values):
        if value is not None and (value != value // 1 or abs(value) >= _LARGEST):
            raise bad(
                f"The column `{name}` holds {value} at row {row}, and must be an integer.", "Send an integer, or null."
            )
    return np.array([0 if value is None else int(value) for value in values], dtype=np.int64)


def _times(name: str, values: Sequence[Any]) -> np.ndarray[Any, np.dtype[np.datetime64]]:
    return np.array([_time(name, row, value) for row, value in enumerate(values)], dtype="datetime64[us]")


def _time(name: str, row: int, value: str | None) -> datetime | None:
    if value is None:
        return None
    try:
        time = datetime.fromisoformat(value)
    except ValueError:
        problem = f"The column `{name}` holds {value[:40]!r} at row {row}, which is no time."
        raise bad(problem, "Send an ISO 8601 time, e.g. 2013-06-01T08:30:00.") from None
    return time if time.tzinfo is None else time.astimezone(UTC).replace(tzinfo=None)
