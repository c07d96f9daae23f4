"""What stands in the place of what could not be read: as little as its shape allows."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.read.shape import Choice, Either, Flag, ListOf, MapOf, Number, Record, Text, Whole, keys_of

if TYPE_CHECKING:
    from roadworthy.declare.read.shape import Shape

_SIMPLE: dict[type, object] = {Text: "", Number: 0.0, Whole: 0, Flag: False, ListOf: ()}


def blank(shape: Shape) -> object:
    """Return an empty value of *shape*: its defaults, and otherwise nothing."""
    match shape:
        case Record():
            keys = keys_of(shape.owner).values()
            return shape.owner(**{key.field: blank(key.shape) for key in keys if key.required})
        case MapOf():
            return {}
        case Choice():
            return shape.words[0]
        case Either():
            return None if shape.nothing else blank(shape.options[0])
    return _SIMPLE.get(type(shape))
