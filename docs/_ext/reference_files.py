"""The keys of every declared file, from the dataclasses that define them and the meanings written beside them."""

from __future__ import annotations

import dataclasses
import inspect
import tomllib
import types
import typing
from collections.abc import Iterator, Mapping
from functools import cache
from importlib import resources
from typing import Any, Literal

from roadworthy.declare.contract import Contract
from roadworthy.declare.failure_mode import FailureMode
from roadworthy.declare.pin import Pin
from roadworthy.declare.pipeline import Pipeline
from roadworthy.declare.profile import Profile
from roadworthy.declare.requirements import Requirements

KINDS: dict[str, type] = {
    "profile": Profile,
    "pipeline": Pipeline,
    "requirements": Requirements,
    "contract": Contract,
    "failure_mode": FailureMode,
    "pin": Pin,
}
_PLAIN = {str: "text", int: "whole number", float: "number", bool: "`true` or `false`", object: "anything"}


@cache
def meanings() -> Mapping[str, Mapping[str, str]]:
    """Return class → key → what it means, as written in `declare/meanings.toml`."""
    text = resources.files("roadworthy.declare").joinpath("meanings.toml").read_text(encoding="utf-8")
    return tomllib.loads(text)


def sections(kind: str) -> tuple[type, ...]:
    """Return the dataclasses of a file kind, the whole first, each before what it contains."""
    found: dict[type, None] = {}
    waiting = [KINDS[kind]]
    while waiting:
        owner = waiting.pop(0)
        if owner not in found:
            found[owner] = None
            waiting += [inner for hint in hints(owner).values() for inner in _dataclasses_in(hint)]
    return tuple(found)


def hints(owner: type) -> dict[str, Any]:
    """Return the keys of a dataclass, as they are spelt in YAML, and their types."""
    resolved = typing.get_type_hints(owner)
    return {spelling(field.name): resolved[field.name] for field in dataclasses.fields(owner)}


def spelling(name: str) -> str:
    """Return how a field is spelt in YAML: Python's words carry an underscore in code alone."""
    return name.removesuffix("_")


def _dataclasses_in(hint: Any) -> Iterator[type]:
    if dataclasses.is_dataclass(hint) and isinstance(hint, type):
        yield hint
    for inner in typing.get_args(hint):
        yield from _dataclasses_in(inner)


def file_page(kind: str) -> str:
    """Return the tables of keys of a file kind: a section for the whole, and one for each part."""
    return "\n".join(line for owner in sections(kind) for line in _section(kind, owner))


def _section(kind: str, owner: type) -> list[str]:
    whole = owner is KINDS[kind]
    return [
        f"({_anchor(kind, owner)})=",
        f"## {'Keys' if whole else owner.__name__}",
        "",
        inspect.cleandoc(owner.__doc__ or ""),
        "",
        "| key | type | default | meaning |",
        "|---|---|---|---|",
        *(_row(kind, owner, field) for field in dataclasses.fields(owner)),
        "",
    ]


def _row(kind: str, owner: type, field: dataclasses.Field[Any]) -> str:
    key = spelling(field.name)
    meaning = meanings().get(owner.__name__, {}).get(key, "")
    return f"| `{key}` | {_type(kind, hints(owner)[key])} | {_default(field)} | {meaning.replace('|', chr(92) + '|')} |"


def _default(field: dataclasses.Field[Any]) -> str:
    if field.default is dataclasses.MISSING:
        return "**required**" if field.default_factory is dataclasses.MISSING else ""
    if field.default is None or field.default in ((), ""):
        return ""
    return f"`{str(field.default).lower() if isinstance(field.default, bool) else field.default}`"


def _type(kind: str, hint: Any) -> str:
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if isinstance(hint, type) and dataclasses.is_dataclass(hint):
        return f"[{hint.__name__}](#{_anchor(kind, hint)})"
    if origin is Literal:
        return " or ".join(f"`{value}`" for value in arguments)
    if origin in {typing.Union, types.UnionType}:
        return " or ".join(_type(kind, inner) for inner in arguments if inner is not types.NoneType)
    if origin is tuple:
        return f"list of {_type(kind, arguments[0])}"
    if origin is Mapping:
        return f"mapping to {_type(kind, arguments[1])}"
    return _PLAIN[hint]


def _anchor(kind: str, owner: type) -> str:
    return f"{kind.replace('_', '-')}-{owner.__name__.lower()}"
