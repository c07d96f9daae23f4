"""The keys of every declared file, from the dataclasses that define them and the meanings written beside them."""

from __future__ import annotations

import inspect
import tomllib
from functools import cache
from importlib import resources
from typing import TYPE_CHECKING, assert_never

from roadworthy.declare.contract import Contract
from roadworthy.declare.failure_mode import FailureMode
from roadworthy.declare.pin import Pin
from roadworthy.declare.pipeline import Pipeline
from roadworthy.declare.profile import Profile
from roadworthy.declare.read.shape import (
    Anything,
    Choice,
    Either,
    Flag,
    ListOf,
    MapOf,
    Number,
    Record,
    Text,
    Whole,
    keys_of,
)
from roadworthy.declare.requirements import Requirements

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from roadworthy.declare.read.shape import Key, Shape

KINDS: dict[str, type] = {
    "profile": Profile,
    "pipeline": Pipeline,
    "requirements": Requirements,
    "contract": Contract,
    "failure_mode": FailureMode,
    "pin": Pin,
}


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
            waiting += [inner for key in keys_of(owner).values() for inner in _records_in(key.shape)]
    return tuple(found)


def _records_in(shape: Shape) -> Iterator[type]:
    match shape:
        case Record(owner):
            yield owner
        case ListOf(element):
            yield from _records_in(element)
        case MapOf(_, value):
            yield from _records_in(value)
        case Either(options):
            for option in options:
                yield from _records_in(option)
        case _:
            return


def file_page(kind: str) -> str:
    """Return the tables of keys of a file kind: a section for the whole, and one for each part."""
    return "\n".join(line for owner in sections(kind) for line in _section(kind, owner))


def _section(kind: str, owner: type) -> list[str]:
    return [
        f"## {_heading(kind, owner)}",
        "",
        inspect.cleandoc(owner.__doc__ or ""),
        "",
        "| key | type | default | meaning |",
        "|---|---|---|---|",
        *(_row(kind, owner, key) for key in keys_of(owner).values()),
        "",
    ]


def _row(kind: str, owner: type, key: Key) -> str:
    meaning = meanings().get(owner.__name__, {}).get(key.spelling, "").replace("|", "\\|")
    return f"| `{key.spelling}` | {_type(kind, key.shape)} | {_default(key)} | {meaning} |"


def _default(key: Key) -> str:
    if key.required:
        return "**required**"
    if isinstance(key.default, bool):
        return f"`{str(key.default).lower()}`"
    return f"`{key.default}`" if isinstance(key.default, int | float | str) and key.default != "" else ""


def _type(kind: str, shape: Shape) -> str:
    match shape:
        case ListOf(element):
            return f"list of: {_type(kind, element)}"
        case MapOf(_, value):
            return f"mapping to: {_type(kind, value)}"
        case Record(owner):
            return f"[{owner.__name__}](#{_heading(kind, owner).lower()})"
        case Either(options):
            return ", or ".join(_type(kind, option) for option in options)
        case _:
            return _simple_type(shape)


def _simple_type(shape: Text | Number | Whole | Flag | Choice | Anything) -> str:
    match shape:
        case Text(form):
            return f"{form.name}, e.g. `{form.example.replace('|', chr(92) + '|')}`" if form else "text"
        case Number(limits):
            return "share, e.g. `15%`" if limits and limits.high == 1 else "number"
        case Choice(words):
            return " or ".join(f"`{word}`" for word in words)
        case Whole():
            return "whole number"
        case Flag() | Anything():
            return "`true` or `false`" if isinstance(shape, Flag) else "anything"
        case _:
            assert_never(shape)


def _heading(kind: str, owner: type) -> str:
    return "Keys" if owner is KINDS[kind] else owner.__name__
