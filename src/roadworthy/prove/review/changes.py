"""What differs in parameters, requirements and data: by dotted name, as text."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict
from typing import TYPE_CHECKING

from roadworthy.prove.review.comparison import Change, DataChange
from roadworthy.prove.review.text import plain, short, size

if TYPE_CHECKING:
    from roadworthy.declare.pin import Pin
    from roadworthy.declare.requirements import Requirements

_NAMES = ("name", "metric")  # what tells one item of a list from another, where there is such a thing


def flat(value: object, name: str = "") -> dict[str, object]:
    """Return nested mappings and lists of named things as dotted name → value; what is None is left out."""
    match value:
        case None:
            return {}
        case Mapping():
            parts = {str(key): part for key, part in value.items()}
        case [Mapping(), *_]:
            parts = _named([item for item in value if isinstance(item, Mapping)])
        case _:
            return {name: value}
    found: dict[str, object] = {}
    for key, part in parts.items():
        found |= flat(part, f"{name}.{key}" if name else key)
    return found


def _named(items: Sequence[Mapping[str, object]]) -> dict[str, object]:
    parts: dict[str, object] = {}
    for place, item in enumerate(items):
        mark = next((str(item[key]) for key in _NAMES if item.get(key)), str(place))
        parts[mark if mark not in parts else f"{mark} ({place})"] = item
    return parts


def parameters(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    """Return the parameters that differ, in the order of *after*, then those that are gone."""
    return _differing(flat(before), flat(after))


def requirements(before: Requirements | None, after: Requirements | None) -> tuple[Change, ...]:
    """Return what differs in what must hold."""
    old, new = (flat(_listed(asdict(one))) if one is not None else {} for one in (before, after))
    return _differing(old, new)


def data(before: Mapping[str, Pin], after: Mapping[str, Pin]) -> tuple[DataChange, ...]:
    """Return the datasets whose bytes differ, by path."""
    differing = sorted(path for path in {*before, *after} if _address(before.get(path)) != _address(after.get(path)))
    return tuple(DataChange(path, _facts(before.get(path)), _facts(after.get(path))) for path in differing)


def _differing(before: Mapping[str, object], after: Mapping[str, object]) -> tuple[Change, ...]:
    names = dict.fromkeys([*after, *before])
    return tuple(
        Change(name, _text(before, name), _text(after, name))
        for name in names
        if name not in before or name not in after or before[name] != after[name]
    )


def _text(values: Mapping[str, object], name: str) -> str | None:
    return plain(values[name]) if name in values else None


def _listed(value: object) -> object:
    match value:
        case dict():
            return {key: _listed(part) for key, part in value.items()}
        case tuple() | list():
            return [_listed(part) for part in value]
        case _:
            return value


def _address(pin: Pin | None) -> str | None:
    return None if pin is None else pin.address


def _facts(pin: Pin | None) -> Mapping[str, str] | None:
    if pin is None:
        return None
    files = {} if pin.files is None else {"files": f"{pin.files:,}"}
    return {"address": short(pin.address), "size": size(pin.size), **files, **pin.source}
