"""Rows and columns of whatever kind of frame a project has: pandas, polars, a mapping of columns, a list."""

from __future__ import annotations

from typing import Any


def values_of(column: Any) -> list[Any]:
    """Return one column as a list.

    Raises:
        TypeError: It is a whole frame, or several columns: there is no telling which is meant.
    """
    several = isinstance(column, (dict, str)) or hasattr(column, "columns")
    plain = [] if several else column.tolist() if hasattr(column, "tolist") else list(column)
    if several or (plain and isinstance(plain[0], (list, tuple))):
        raise TypeError("One value for each row is needed, and this is something else: choose a column.")
    return plain


def names_of(frame: Any) -> list[str]:
    """Return the names of a frame's columns."""
    return list(frame.columns) if hasattr(frame, "columns") else list(frame)


def row_of(rows: Any, place: int) -> str:
    """Return one row in words."""
    if hasattr(rows, "iloc"):
        found: Any = rows.iloc[place]
        found = found.to_dict() if hasattr(found, "to_dict") else found
    elif hasattr(rows, "row"):
        found = rows.row(place, named=True)
    elif isinstance(rows, dict):
        found = {name: column[place] for name, column in rows.items()}
    else:
        found = rows[place]
    if isinstance(found, dict):
        return " ".join(f"{name}={_short(value)}" for name, value in found.items())
    return str(found)


def is_missing(value: Any) -> bool:
    """Return whether a value is none, or not a number."""
    return value is None or bool(value != value)  # noqa: PLR0124 - NaN is not itself


def _short(value: Any) -> str:
    return f"{value:.4g}" if isinstance(value, float) else str(value)
