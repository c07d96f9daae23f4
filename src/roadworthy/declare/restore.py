"""Checked declarations as JSON and back: what a cache keeps, so that nothing is read or checked twice.

A dataclass is an object with its module and name under `@`; a tuple is an array; a list is marked. No type hint is
looked at, and a module is imported only when something of it is restored: this stands on the path of every command.
"""

from __future__ import annotations

import json
from importlib import import_module
from typing import Any

_MARK = "@"
_LIST, _PLAIN = "list", "plain"
_PACKAGE = "roadworthy.declare."
_MODULES = frozenset({"profile", "pipeline", "requirements", "contract", "failure_mode", "pin"})


def dump(value: object) -> bytes:
    """Return *value*, made of declared dataclasses, mappings, tuples, lists and scalars, as JSON."""
    return json.dumps(_mark(value), ensure_ascii=False, separators=(",", ":"), allow_nan=False).encode()


def restored(value: Any) -> Any:
    """Return what was dumped, given the parsed JSON of it or of a part, which is used up.

    Raises:
        ValueError: It is not from `dump`.
    """
    if isinstance(value, list):
        return tuple([restored(item) for item in value])
    if not isinstance(value, dict):
        return value
    mark = value.pop(_MARK, None)
    if mark is None:
        return {key: restored(item) for key, item in value.items()}
    if mark == _LIST:
        return [restored(item) for item in value["items"]]
    if mark == _PLAIN:
        return {key: restored(item) for key, item in value["items"].items()}
    return _owner(mark)(**{key: restored(item) for key, item in value.items()})


def _mark(value: object) -> object:
    if isinstance(value, tuple):
        return [_mark(item) for item in value]
    if isinstance(value, list):
        return {_MARK: _LIST, "items": [_mark(item) for item in value]}
    if isinstance(value, dict):
        marked = {key: _mark(item) for key, item in value.items()}
        return {_MARK: _PLAIN, "items": marked} if _MARK in value else marked
    if isinstance(value, str | int | float | None):
        return value
    owner = type(value)
    fields = {name: _mark(item) for name, item in vars(value).items()}
    return {_MARK: f"{owner.__module__.removeprefix(_PACKAGE)}:{owner.__qualname__}", **fields}


def _owner(mark: str) -> Any:
    module, _, name = mark.partition(":")
    if module not in _MODULES:
        raise ValueError(f"{mark} is not declared here.")
    owner = getattr(import_module(_PACKAGE + module), name, None)
    if not isinstance(owner, type) or owner.__module__ != _PACKAGE + module:
        raise ValueError(f"{mark} is not declared here.")
    return owner
