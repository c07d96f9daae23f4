"""The JSON Schemas of the declared files: made from the same shapes that the checker reads, for editors."""

from __future__ import annotations

import json
import math
import tomllib
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from roadworthy.declare.contract import Contract
from roadworthy.declare.failure_mode import FailureMode
from roadworthy.declare.pin import Pin
from roadworthy.declare.pipeline import Output, ParamsOf, Pipeline, Stage
from roadworthy.declare.profile import Profile
from roadworthy.declare.read.dvc import PLOT_KEYS, READ_BY_DVC
from roadworthy.declare.read.shape import (
    Anything,
    Choice,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    Record,
    Shape,
    Text,
    Whole,
    keys_of,
)
from roadworthy.declare.read.shorthand import FILLED_IN
from roadworthy.declare.requirements import Requirements
from roadworthy.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

KINDS: dict[str, type] = {
    "profile": Profile,
    "pipeline": Pipeline,
    "requirements": Requirements,
    "contract": Contract,
    "failure_mode": FailureMode,
    "pin": Pin,
}
_DRAFT = "http://json-schema.org/draft-07/schema#"  # the newest one that editors support in full
_API = "apiVersion"
_PERCENT = r"^[-+]?[0-9]+(\.[0-9]+)?\s*%$"
_TEMPLATE = {"type": "string", "pattern": r"\$\{"}

Json = dict[str, Any]


def schema(kind: str) -> Json:
    """Return the JSON Schema of a kind of file: one of `KINDS`."""
    owner = KINDS[kind]
    definitions: dict[str, Json] = {}
    whole = _Writer(definitions, templated=owner is Pipeline).keys(owner)
    whole["required"] = sorted({*whole.get("required", ()), _API})
    described = {"$schema": _DRAFT, "title": f"{kind} of Roadworthy", "description": _first_line(owner)}
    return {**described, **whole, "definitions": dict(sorted(definitions.items()))}


def text(kind: str) -> str:
    """Return the JSON Schema of a kind of file as it is written: indented, with a newline at its end."""
    return json.dumps(schema(kind), indent=2, ensure_ascii=False) + "\n"


def write(folder: Path, kinds: Iterable[str] = KINDS) -> None:
    """Write the schemas of *kinds* into *folder*, made when it is not there, as `KIND.json`.

    Raises:
        StorageError: It cannot be written.
    """
    try:
        folder.mkdir(parents=True, exist_ok=True)
        for kind in kinds:
            (folder / f"{kind}.json").write_text(text(kind), encoding="utf-8")
    except OSError as error:
        raise StorageError(
            f"{folder} cannot be written: {error.strerror}.", remedy="Name a folder that can be written."
        ) from error


@cache
def meanings() -> Mapping[str, Mapping[str, str]]:
    """Return what every key of every declared class means, by class and by key."""
    return tomllib.loads(Path(__file__).with_name("meanings.toml").read_text(encoding="utf-8"))


def _first_line(owner: type) -> str:
    return (owner.__doc__ or "").strip().partition("\n")[0]


class _Writer:
    """Writes shapes as JSON Schema; each dataclass becomes a definition, so that it stands once."""

    def __init__(self, definitions: dict[str, Json], *, templated: bool) -> None:
        self._definitions = definitions
        self._templated = templated
        self._by_shape: dict[type, Callable[[Any], Json]] = {
            Text: self._text,
            Number: _number,
            Whole: lambda _: {"type": "integer", "minimum": 0},
            Flag: lambda _: {"type": "boolean"},
            Choice: lambda shape: {"enum": list(shape.words)},
            Anything: lambda _: {},
            ListOf: self._list,
            MapOf: self._map,
            Record: self._record,
            Either: self._either,
        }

    def of(self, shape: Shape) -> Json:
        """Return the schema of *shape*."""
        return self._by_shape[type(shape)](shape)

    def keys(self, owner: type) -> Json:
        """Return the schema of a mapping with the keys of *owner*, and no others."""
        known = keys_of(owner)
        properties = {}
        for key in known.values():
            meaning = meanings().get(owner.__name__, {}).get(key.spelling)
            properties[key.spelling] = {**self.of(key.shape), **({"description": meaning} if meaning else {})}
        required = [key.spelling for key in known.values() if key.required and (owner, key.field) not in FILLED_IN]
        return {
            "type": "object",
            "properties": properties,
            **({"required": required} if required else {}),
            "additionalProperties": False,
        }

    def _record(self, shape: Record) -> Json:
        name = shape.owner.__name__
        if name not in self._definitions:
            self._definitions[name] = {}  # so that a class that holds itself ends
            self._definitions[name] = self._spellings(shape.owner)
        return {"allOf": [{"$ref": f"#/definitions/{name}"}]}  # beside a bare $ref, draft 7 ignores the description

    def _spellings(self, owner: type) -> Json:
        """Return the ways in which *owner* may be written."""
        keys = self.keys(owner)
        if owner is Stage:
            return {"anyOf": [keys, _looped(keys)]}
        if owner is Output:
            return _output(keys)
        if owner is ParamsOf:
            keys_used = {"anyOf": [{"type": "array", "items": {"type": "string"}}, {"type": ["string", "null"]}]}
            return {"anyOf": [{"type": "string"}, {"type": "object", "additionalProperties": keys_used}]}
        return keys

    def _text(self, shape: Text) -> Json:
        if shape.form is None:
            return {"type": "string"}
        form = {"type": "string", "pattern": f"^(?:{shape.form.pattern})$", "examples": [shape.form.example]}
        return {"anyOf": [form, _TEMPLATE]} if self._templated else form

    def _list(self, shape: ListOf) -> Json:
        element = self.of(shape.element)
        return {"anyOf": [{"type": "array", "items": element}, element]}

    def _map(self, shape: MapOf) -> Json:
        keys = {"propertyNames": self._text(shape.key)} if shape.key.form else {}
        return {"type": "object", "additionalProperties": self.of(shape.value), **keys}

    def _either(self, shape: Either) -> Json:
        options = [self._option(option, shape) for option in shape.options]
        nothing = [{"type": "null"}] if shape.nothing else []
        return {"anyOf": [*options, *nothing]}

    def _option(self, option: Shape, of: Either) -> Json:
        if isinstance(option, ListOf) and len(of.options) > 1:  # brackets tell the list from the other options
            return {"type": "array", "items": self.of(option.element)}
        return self.of(option)


def _number(shape: Number) -> Json:
    bounds: Json = {}
    if shape.range:
        bounds["minimum"] = shape.range.low
        bounds |= {"maximum": shape.range.high} if shape.range.high < math.inf else {}
    return {"anyOf": [{"type": "number", **bounds}, {"type": "string", "pattern": _PERCENT}]}


def _looped(keys: Json) -> Json:
    each = {"foreach": keys["properties"]["foreach"], "do": keys}
    return {"type": "object", "properties": each, "required": ["foreach", "do"], "additionalProperties": False}


def _output(keys: Json) -> Json:
    settings = {name: shape for name, shape in keys["properties"].items() if name not in {"path", "plot", "dvc"}}
    settings |= {name: {} for name in sorted(PLOT_KEYS | READ_BY_DVC)}
    value = {"type": ["object", "null"], "properties": settings, "additionalProperties": False}
    by_path = {"type": "object", "additionalProperties": value, "minProperties": 1, "maxProperties": 1}
    return {"anyOf": [{"type": "string"}, keys, by_path]}
