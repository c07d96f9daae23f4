"""Columns: from tensors to the frame that a model takes, and from what it answers back to tensors.

Missing values look as they do when DuckDB or pandas reads a file: NaN in numbers (an integer column becomes float), NaT
in times, None in texts and booleans.
"""

from __future__ import annotations

import array
import math
from dataclasses import dataclass
from datetime import datetime, timedelta, timezone
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

_FORMATS = {"FP64": "d", "INT64": "q", "BOOL": "?"}
_TIME = "datetime_us"  # INT64 microseconds since 1970 in UTC
_EPOCH = datetime(1970, 1, 1)  # noqa: DTZ001 - a column's times carry no zone
_LARGEST = 2**63


class BadAnswer(Exception):
    """A model's answer is no frame, or a column of it holds what cannot cross."""


@dataclass
class Column:
    """One column as it came: `values` is a list of texts, or a view of the raw buffer; `missing` a view of bytes."""

    name: str
    datatype: str
    time: bool
    values: Any
    missing: Any = None

    def plain(self) -> list[Any]:
        """Return the values as a list of Python objects; None where one is missing."""
        values = self.values if self.datatype == "BYTES" else self.values.cast(_FORMATS[self.datatype]).tolist()
        if self.missing is not None:
            values = [None if gone else value for value, gone in zip(values, self.missing)]  # noqa: B905 - Python 3.9
        if self.time:
            return [None if value is None else _EPOCH + timedelta(microseconds=value) for value in values]
        return list(values)


def decode(tensors: Iterable[dict[str, Any]], body: memoryview) -> list[Column]:
    """Return the columns of a frame. A tensor with `missing_of` marks what is missing in the column before it."""
    columns: list[Column] = []
    start = 0
    for tensor in tensors:
        parameters = tensor.get("parameters", {})
        values: Any = tensor.get("data")
        if values is None:
            size = parameters["binary_data_size"]
            values, start = body[start : start + size], start + size
        if "missing_of" in parameters:
            columns[-1].missing = values
        else:
            time = parameters.get("content_type") == _TIME
            columns.append(Column(tensor["name"], tensor["datatype"], time, values))
    return columns


def build(kind: str, columns: Sequence[Column]) -> Any:
    """Return the frame of *kind* (pandas, polars, numpy or dict) that holds *columns*."""
    if kind == "pandas":
        return _pandas(columns)
    if kind == "polars":
        import polars as pl

        return pl.DataFrame({column.name: column.plain() for column in columns})
    if kind == "numpy":
        return _matrix(columns)
    return {column.name: column.plain() for column in columns}


def _pandas(columns: Sequence[Column]) -> Any:
    import numpy as np
    import pandas as pd

    if all(column.datatype == "FP64" and column.missing is None for column in columns):
        matrix = np.column_stack([np.frombuffer(column.values) for column in columns])
        return pd.DataFrame(matrix, columns=[column.name for column in columns])  # five times as fast
    data: dict[str, Any] = {}
    text = pd.Series(["a"]).dtype  # `object` before pandas 3, `str` since
    for column in columns:
        if column.datatype == "BYTES":
            data[column.name] = pd.Series(column.plain(), dtype=text)
        elif column.datatype == "BOOL" and column.missing is not None:
            data[column.name] = pd.Series(column.plain(), dtype=object)
        else:
            data[column.name] = _array(np, column)
    return pd.DataFrame(data)


def _array(np: Any, column: Column) -> Any:
    """Return a writable array of a column of numbers, booleans or times."""
    values = np.frombuffer(column.values, dtype=np.dtype(_FORMATS[column.datatype])).copy()
    gone = None if column.missing is None else np.frombuffer(column.missing, dtype=bool)
    if column.time:
        values = values.astype("datetime64[us]")
        if gone is not None:
            values[gone] = np.datetime64("NaT")
    elif gone is not None:
        values = values.astype(float)
        values[gone] = np.nan
    return values


def _matrix(columns: Sequence[Column]) -> Any:
    import numpy as np

    if all(column.datatype == "FP64" and column.missing is None for column in columns):
        return np.column_stack([np.frombuffer(column.values) for column in columns])
    if all(column.datatype != "BYTES" and not column.time for column in columns):
        return np.column_stack([_array(np, column).astype(float) for column in columns])
    return np.array([column.plain() for column in columns], dtype=object).T


def encode(columns: Iterable[tuple[str, Any]]) -> tuple[list[dict[str, Any]], list[bytes]]:
    """Return the tensors and buffers of columns: lists of Python values, or arrays of numpy.

    Raises:
        BadAnswer: A column holds what is neither a number, a boolean, a time nor a text.
    """
    tensors: list[dict[str, Any]] = []
    buffers: list[bytes] = []
    for name, values in columns:
        datatype, raw, missing, parameters = _array_parts(values) if hasattr(values, "dtype") else _parts(name, values)
        tensor: dict[str, Any] = {"name": name, "datatype": datatype, "shape": [len(values)]}
        if isinstance(raw, bytes):
            buffers.append(raw)
            tensor["parameters"] = {"binary_data_size": len(raw), **parameters}
        else:
            tensor["data"] = raw
        tensors.append(tensor)
        if missing is not None:
            buffers.append(missing)
            mark = {"binary_data_size": len(missing), "missing_of": name}
            tensors.append({"name": f"{name}:missing", "datatype": "BOOL", "shape": [len(values)], "parameters": mark})
    return tensors, buffers


_Parts = tuple[str, "bytes | list[Any]", "bytes | None", dict[str, Any]]


def _array_parts(values: Any) -> _Parts:
    """Return the parts of a one-dimensional numpy array of numbers, booleans or times."""
    import numpy as np

    kind = values.dtype.kind
    if kind == "M":
        gone = np.isnat(values)
        raw = np.where(gone, 0, values.astype("datetime64[us]").astype(np.int64))
        return "INT64", raw.tobytes(), gone.tobytes() if gone.any() else None, {"content_type": _TIME}
    if kind == "b":
        return "BOOL", values.tobytes(), None, {}
    if kind in "iu" and (kind == "i" or not len(values) or int(values.max()) < _LARGEST):
        return "INT64", values.astype("<i8").tobytes(), None, {}
    return "FP64", values.astype("<f8").tobytes(), None, {}


def _parts(name: str, values: Sequence[Any]) -> _Parts:
    """Return the parts of a list of Python values."""
    present = [value for value in values if value is not None and not _is_nan(value)]
    missing = None if len(present) == len(values) else bytes(value is None or _is_nan(value) for value in values)
    if all(isinstance(value, str) for value in present) and present:
        return "BYTES", [value if isinstance(value, str) else None for value in values], None, {}
    if all(isinstance(value, bool) for value in present) and present:
        return "BOOL", bytes(value is True for value in values), missing, {}
    if all(isinstance(value, int) and -_LARGEST <= value < _LARGEST for value in present) and present:
        return "INT64", array.array("q", [_or(value, 0, missing) for value in values]).tobytes(), missing, {}
    if all(isinstance(value, datetime) for value in present) and present:
        times = array.array("q", [_or(value, 0, missing) and _microseconds(value) for value in values])
        return "INT64", times.tobytes(), missing, {"content_type": _TIME}
    try:
        numbers = array.array("d", [math.nan if _or(value, None, missing) is None else value for value in values])
    except TypeError:
        odd = next(value for value in present if not isinstance(value, (int, float)))
        raise BadAnswer(f"column `{name}` holds a value of type {type(odd).__name__}") from None
    return "FP64", numbers.tobytes(), missing, {}


def _or(value: Any, other: Any, missing: bytes | None) -> Any:
    return other if missing is not None and (value is None or _is_nan(value)) else value


def _is_nan(value: Any) -> bool:
    return bool(value != value)  # noqa: PLR0124 - also true of NaT and of a NaN of numpy


def _microseconds(value: datetime) -> int:
    if value.tzinfo is not None:
        value = value.astimezone(timezone.utc).replace(tzinfo=None)  # noqa: UP017 - Python 3.9
    return (value - _EPOCH) // timedelta(microseconds=1)
