"""Rows as CSV (RFC 4180), for spreadsheets: nested values under dotted names, and nothing in them that computes."""

from __future__ import annotations

import csv
import io
import json
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

_COMPUTES = ("=", "+", "-", "@", "\t", "\r")  # how a cell begins that a spreadsheet would carry out


def as_csv(rows: Sequence[Any]) -> str:
    """Return *rows*, JSON objects or values, as CSV with a line of titles; nothing when there are none."""
    flattened = [dict(_cells(row)) for row in rows]
    titles = list(dict.fromkeys(name for row in flattened for name in row))
    if not titles:
        return ""
    written = io.StringIO()
    writer = csv.DictWriter(written, titles)
    writer.writerow({name: _text(name) for name in titles})
    writer.writerows(flattened)
    return written.getvalue()


def _cells(value: Any, name: str = "") -> Iterator[tuple[str, str | float | None]]:
    if isinstance(value, dict):
        for key, one in value.items():
            yield from _cells(one, f"{name}.{key}" if name else key)
    elif isinstance(value, list):
        yield name or "value", _text(json.dumps(value, ensure_ascii=False)) if value else ""
    else:
        yield name or "value", _text(value) if isinstance(value, str) else value


def _text(text: str) -> str:
    return f"'{text}" if text.startswith(_COMPUTES) else text
