"""Make every foreign text of a comparison hostile: names, values, reasons and keys that would be HTML or script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import fields, is_dataclass, replace
from typing import Any

PAYLOAD = "\"'><img src=x onerror=alert(1)></script></title></style><script>alert(2)</script>{{7*7}}\u202egpj"
# Fields that hold one of our own words, and mappings whose keys are our own.
OURS = {"verdict", "before_verdict", "outcome", "better", "judgement", "rows_of", "task", "roles", "section"}
FOREIGN_KEYS = {"key", "inputs", "calibration", "counts", "confusion", "examples", "before", "after", "columns"}


def poisoned(value: Any, name: str = "") -> Any:
    """Return *value* with the payload at the end of every foreign text in it."""
    if isinstance(value, str):
        return value if not value or name in OURS or _is_verdict(name, value) else f"{value}{PAYLOAD}"
    if is_dataclass(value) and not isinstance(value, type):
        return replace(
            value, **{field.name: poisoned(getattr(value, field.name), field.name) for field in fields(value)}
        )
    if isinstance(value, Mapping):
        foreign = name in FOREIGN_KEYS
        return {
            f"{key}{PAYLOAD}" if foreign else key: poisoned(part, "" if foreign else key) for key, part in value.items()
        }
    if isinstance(value, list | tuple):
        return type(value)(poisoned(part, name) for part in value)
    return value


def _is_verdict(name: str, value: str) -> bool:
    return name == "before" and value in {"passed", "failed", "not_run"}
