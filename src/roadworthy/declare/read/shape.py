"""What a dataclass asks of a file: its type hints as a tree of shapes, read by the checker and by the JSON Schemas."""

from __future__ import annotations

import dataclasses
import types
import typing
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import cache
from typing import Any, Literal

from roadworthy.declare.form import Form, Range


@dataclass(frozen=True, slots=True)
class Text:
    """Text, of a form or free."""

    form: Form | None = None


@dataclass(frozen=True, slots=True)
class Number:
    """A number; `15%` may be written for 0.15."""

    range: Range | None = None


@dataclass(frozen=True, slots=True)
class Whole:
    """A whole number that is not negative: everything that is counted here is."""


@dataclass(frozen=True, slots=True)
class Flag:
    """`true` or `false`."""


@dataclass(frozen=True, slots=True)
class Choice:
    """One of a few words."""

    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Anything:
    """Whatever YAML can say."""


@dataclass(frozen=True, slots=True)
class ListOf:
    """A list; a single element may be written without its brackets."""

    element: Shape


@dataclass(frozen=True, slots=True)
class MapOf:
    """A mapping of free keys."""

    key: Text
    value: Shape


@dataclass(frozen=True, slots=True)
class Record:
    """A mapping of known keys."""

    owner: type


@dataclass(frozen=True, slots=True)
class Either:
    """One of several shapes; `nothing` when null may be written for it."""

    options: tuple[Shape, ...]
    nothing: bool


@dataclass(frozen=True, slots=True)
class Key:
    """A key of a record: how it is spelt in YAML, its field, and whether it must be there."""

    spelling: str
    field: str
    shape: Shape
    required: bool
    default: object


Shape = Text | Number | Whole | Flag | Choice | Anything | ListOf | MapOf | Record | Either


@cache
def keys_of(owner: type) -> Mapping[str, Key]:
    """Return the keys of a declared dataclass by their spelling: `from_` is written `from`."""
    hints = typing.get_type_hints(owner, include_extras=True)
    return {
        (spelling := field.name.removesuffix("_")): Key(
            spelling,
            field.name,
            shape_of(hints[field.name]),
            field.default is dataclasses.MISSING and field.default_factory is dataclasses.MISSING,
            field.default,
        )
        for field in dataclasses.fields(owner)
    }


def shape_of(hint: Any) -> Shape:
    """Return the shape that a type hint of a declared dataclass stands for."""
    if hint in _SIMPLE:
        return _SIMPLE[hint]
    if dataclasses.is_dataclass(hint):
        return Record(typing.cast("type", hint))
    return _BUILT[typing.get_origin(hint)](*typing.get_args(hint))


def _marked(_: Any, mark: Form | Range) -> Shape:
    return Text(mark) if isinstance(mark, Form) else Number(mark)


def _key(shape: Shape) -> Text:
    if not isinstance(shape, Text):
        raise TypeError(f"{shape} cannot be a key of a mapping.")
    return shape


def _either(*hints: Any) -> Shape:
    options = tuple(shape_of(hint) for hint in hints if hint is not types.NoneType)
    nothing = types.NoneType in hints
    return options[0] if len(options) == 1 and not nothing else Either(options, nothing)


_SIMPLE: dict[Any, Shape] = {str: Text(), float: Number(), int: Whole(), bool: Flag(), object: Anything()}
_BUILT: dict[Any, Callable[..., Shape]] = {
    typing.Annotated: _marked,
    Literal: lambda *words: Choice(words),
    tuple: lambda element, _: ListOf(shape_of(element)),
    Mapping: lambda key, value: MapOf(_key(shape_of(key)), shape_of(value)),
    typing.Union: _either,
    types.UnionType: _either,
}
