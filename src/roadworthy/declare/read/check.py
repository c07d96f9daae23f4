"""Check a tree against what a dataclass asks, and build the dataclass: every fault at once.

What cannot be read leaves a hole: something stands in its place, so that the rest of the file can still be judged.
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Generic, TypeVar, cast

from roadworthy.declare import predicate
from roadworthy.declare.fault import did_you_mean, quoted
from roadworthy.declare.form import slug
from roadworthy.declare.pipeline import Pipeline
from roadworthy.declare.read import shorthand
from roadworthy.declare.read.blank import blank
from roadworthy.declare.read.node import Holes, Leaf, Map, Node, Path, Seq, plain
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

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

    from roadworthy.declare.fault import Faults
    from roadworthy.declare.form import Form

Declaration = TypeVar("Declaration")
_PERCENT = re.compile(r"([-+]?[0-9]+(?:\.[0-9]+)?)\s*%")
_TEMPLATE = "${"
_PREDICATE, _NAME = "a predicate", "a name"


class _Bad:
    """Stands where a value could not be made; the faults say why."""


BAD = _Bad()


@dataclass(frozen=True, slots=True)
class Built(Generic[Declaration]):
    """A dataclass, and the paths of the parts of it that stand for what could not be read."""

    value: Declaration
    holes: Holes


def build(
    owner: type[Declaration], node: Node, faults: Faults, examples: Mapping[Path, str] | None = None
) -> Built[Declaration]:
    """Return the dataclass that *node* declares; where it has holes, *faults* hold every reason.

    Args:
        owner: The dataclass.
        node: The tree.
        faults: Told of everything that is wrong.
        examples: What a key could say in this project, for the fix of what does not stand there.
    """
    checker = _Checker(faults, examples or {}, templated=owner is Pipeline)
    built = checker.whole(Record(owner), node, ())
    return Built(cast("Declaration", built), Holes(checker.holes))


class _Checker:
    """Walks a tree and a shape side by side. `trail` is the path of keys and indices so far."""

    def __init__(self, faults: Faults, examples: Mapping[Path, str], *, templated: bool) -> None:
        self.holes: set[Path] = set()
        self._faults = faults
        self._examples = examples
        self._templated = templated  # `${…}` may stand for what is only known later
        self._by_shape: dict[type, Callable[[Any, Node, Path], object]] = {
            Text: self._text,
            Number: self._number,
            Whole: self._whole,
            Flag: self._flag,
            Choice: self._choice,
            Anything: lambda _, node, __: plain(node),
            ListOf: self._list,
            MapOf: self._map,
            Record: self._record,
            Either: self._either,
        }

    def whole(self, shape: Shape, node: Node, trail: Path) -> object:
        """Return what *node* means in the place of *shape*; something that leaves a hole when it means nothing."""
        value = self._value(shape, node, trail)
        return self._hole(shape, trail) if isinstance(value, _Bad) else value

    def _value(self, shape: Shape, node: Node, trail: Path) -> object:
        return self._by_shape[type(shape)](shape, node, trail)

    def _hole(self, shape: Shape, trail: Path) -> object:
        self.holes.add(trail)
        return blank(shape)

    def _record(self, shape: Record, node: Node, trail: Path) -> object:
        node = shorthand.RECORDS.get(shape.owner, _same)(node)
        if not isinstance(node, Map):
            return self._refuse(node, trail, "a mapping", _keys_wanted(shape))
        known = keys_of(shape.owner)
        values: dict[str, object] = {}
        unused = known.keys() - node.entries.keys()
        for key, entry in node.entries.items():
            if key not in known:
                problem = f"{quoted(key)} is not a key of {_name(trail)}."
                self._misspelt(key, unused, trail)
                self._faults.unknown(entry.at, problem, key, unused)
            else:
                values[known[key].field] = self.whole(known[key].shape, entry.value, (*trail, key))
        for lacking in known.values():
            if lacking.required and lacking.spelling not in node.entries:
                problem = f"{_name(trail, start=True)} lacks {quoted(lacking.spelling)}."
                at = (*trail, lacking.spelling)
                example = self._examples.get(at) or _example(lacking.shape)
                self._faults.add(node.at, problem, f"Add `{lacking.spelling}: {example}`.")
                values[lacking.field] = self._hole(lacking.shape, at)
        return shape.owner(**values)

    def _misspelt(self, key: str, unused: Iterable[str], trail: Path) -> None:
        """Leave a hole where *key* probably was meant to stand."""
        near = None if self._faults.full else did_you_mean(key, unused)
        if near is not None:
            self.holes.add((*trail, near))

    def _list(self, shape: ListOf, node: Node, trail: Path) -> object:
        if isinstance(shape.element, Record):
            node = shorthand.LISTS.get(shape.element.owner, _same)(node)
        if isinstance(node, Leaf) and node.value is None:
            return self._refuse(node, trail, "a list", "[]")
        if isinstance(node, Map) and not isinstance(shape.element, Record):
            return self._refuse(node, trail, "a list", f"[{_example(shape.element)}]")
        items = node.items if isinstance(node, Seq) else (node,)
        return tuple(self.whole(shape.element, item, (*trail, number)) for number, item in enumerate(items))

    def _map(self, shape: MapOf, node: Node, trail: Path) -> object:
        if not isinstance(node, Map):
            return self._refuse(node, trail, "a mapping", f"{{{_example(shape.key)}: {_example(shape.value)}}}")
        values: dict[str, object] = {}
        for key, entry in node.entries.items():
            self.whole(shape.key, Leaf(entry.at, key, key), (*trail, key))
            values[key] = self.whole(shape.value, entry.value, (*trail, key))
        return values

    def _either(self, shape: Either, node: Node, trail: Path) -> object:
        if shape.nothing and isinstance(node, Leaf) and node.value is None:
            return None
        fitting = [option for option in shape.options if _may_be(option, node)]
        if len(fitting) == 1 or (fitting and not isinstance(node, Leaf)):
            return self._value(fitting[0], node, trail)
        if len(shape.options) == 1:
            return self._value(shape.options[0], node, trail)
        wanted = " or ".join(_describe(option) for option in shape.options)
        return self._refuse(node, trail, wanted, _example(shape.options[0]))

    def _text(self, shape: Text, node: Node, trail: Path) -> object:
        if not isinstance(node, Leaf) or node.value is None:
            return self._refuse(node, trail, _describe(shape), self._examples.get(trail) or _example(shape))
        if not isinstance(node.value, str):
            problem = f"{_name(trail, start=True)} must be text, and {quoted(node.text)} is {_kind(node)}."
            return self._bad(node, problem, f'Put it in quotes: "{node.text[:60]}".')
        if shape.form is None or re.fullmatch(shape.form.pattern, node.value):
            return self._unless_objected(shape, node, node.value)
        if self._templated and _TEMPLATE in node.value:
            return node.value
        problem = f"{quoted(node.value)} is not {shape.form.name}."
        near = did_you_mean(node.value, shape.form.words)
        return self._bad(node, problem, f"Did you mean {quoted(near)}?" if near else _like(shape.form, node.value))

    def _unless_objected(self, shape: Text, node: Node, text: str) -> object:
        objection = predicate.objection(text) if shape.form is not None and shape.form.name == _PREDICATE else None
        if objection is None:
            return text
        return self._bad(node, f"The predicate {objection}.", "Write an expression over columns: `wind_speed < 5`.")

    def _number(self, shape: Number, node: Node, trail: Path) -> object:
        number = _read_number(node)
        if number is None:
            return self._refuse(node, trail, "a number", _example(shape))
        low, high = shape.range or (-math.inf, math.inf)
        if not low <= number <= high:
            bounds = f"between {low:g} and {high:g}" if high < math.inf else f"at least {low:g}"
            problem = f"{_name(trail, start=True)} must be {bounds}, and is {quoted(_written(node))}."
            percent = high == 1 and 1 < number <= 100 and not _written(node).endswith("%")  # noqa: PLR2004
            return self._bad(
                node, problem, f"Did you mean `{_written(node)}%`?" if percent else f"Write a number {bounds}."
            )
        return number

    def _whole(self, _: Whole, node: Node, trail: Path) -> object:
        if not isinstance(node, Leaf) or isinstance(node.value, bool) or not isinstance(node.value, int):
            return self._refuse(node, trail, "a whole number", "5")
        if node.value < 0:
            return self._refuse(node, trail, "a whole number of at least 0", "5")
        return node.value

    def _flag(self, _: Flag, node: Node, trail: Path) -> object:
        if isinstance(node, Leaf) and isinstance(node.value, bool):
            return node.value
        return self._refuse(node, trail, "`true` or `false`", "true")

    def _choice(self, shape: Choice, node: Node, trail: Path) -> object:
        if isinstance(node, Leaf) and node.value in shape.words:
            return node.value
        if not isinstance(node, Leaf) or not isinstance(node.value, str):
            return self._refuse(node, trail, _describe(shape), shape.words[0])
        problem = f"{_name(trail, start=True)} cannot be {quoted(node.value)}."
        self._faults.unknown(node.at, problem, node.value, shape.words)
        return BAD

    def _refuse(self, node: Node, trail: Path, wanted: str, example: str) -> _Bad:
        found = (
            f"{quoted(node.text)} is {_kind(node)}"
            if isinstance(node, Leaf) and node.text
            else f"this is {_kind(node)}"
        )
        problem = f"{_name(trail, start=True)} must be {wanted}, and {found}."
        last = next((step for step in reversed(trail) if isinstance(step, str)), "")
        if example.startswith("+"):
            example = f'"{example}"'  # unquoted, YAML reads a number
        return self._bad(node, problem, f"Write `{last}: {example}`." if last else f"Write {example}.")

    def _bad(self, node: Node, problem: str, fix: str) -> _Bad:
        self._faults.add(node.at, problem, fix)
        return BAD


def _same(node: Node) -> Node:
    return node


def _read_number(node: Node) -> float | None:
    if not isinstance(node, Leaf) or node.value is None or isinstance(node.value, bool):
        return None
    if isinstance(node.value, str):
        percent = _PERCENT.fullmatch(node.value)
        return round(float(percent[1]) / 100, 12) if percent else None
    return float(node.value)


def _written(node: Node) -> str:
    return node.text if isinstance(node, Leaf) else ""


def _may_be(shape: Shape, node: Node) -> bool:
    """Whether *node* is of the kind that *shape* wants; its parts are not looked at."""
    match shape:
        case Anything():
            return True
        case Record() | MapOf():
            return isinstance(node, Map)
        case ListOf():
            return isinstance(node, Seq)
        case Either():
            return any(_may_be(option, node) for option in shape.options)
    return isinstance(node, Leaf) and _leaf_may_be(shape, node)


def _leaf_may_be(shape: Shape, node: Leaf) -> bool:
    match shape:
        case Choice():
            return node.value in shape.words
        case Text():
            return isinstance(node.value, str)
        case Number():
            return _read_number(node) is not None and not isinstance(node.value, str)
        case Flag():
            return isinstance(node.value, bool)
    return isinstance(node.value, int)


def _kind(node: Node) -> str:
    match node:
        case Seq():
            return "a list"
        case Map():
            return "a mapping"
        case Leaf(value=None):
            return "empty"
        case Leaf(value=bool()):
            return "true or false"
        case Leaf(value=int() | float()):
            return "a number"
    return "text"


def _describe(shape: Shape) -> str:
    match shape:
        case Text():
            return shape.form.name if shape.form else "text"
        case Choice():
            return " or ".join(quoted(word) for word in shape.words)
        case ListOf():
            return "a list"
        case Record() | MapOf():
            return "a mapping"
        case Number():
            return "a number"
    return "a whole number" if isinstance(shape, Whole) else "`true` or `false`"


def _like(form: Form, written: str) -> str:
    as_name = slug(written[:60]) if form.name == _NAME else ""
    if as_name:
        return f"Write it like `{as_name}`."
    examples = [f'"{form.example}"' if form.words else form.example, *form.words]
    return f"Write it like {', '.join(f'`{one}`' for one in examples)}."


def _example(shape: Shape) -> str:
    match shape:
        case Text():
            return shape.form.example if shape.form else "…"
        case Choice():
            return shape.words[0]
        case Number():
            return "15%" if shape.range and shape.range.high == 1 else "0.5"
        case ListOf():
            return f"[{_example(shape.element)}]"
        case Either():
            return _example(shape.options[0])
    return {Whole: "5", Flag: "true"}.get(type(shape), "{…}")


def _keys_wanted(shape: Record) -> str:
    keys = keys_of(shape.owner).values()
    shown = [key.spelling for key in keys if key.required] or [key.spelling for key in keys][:2]
    return f"{{{', '.join(f'{key}: …' for key in shown)}}}"


def _name(trail: Path, *, start: bool = False) -> str:
    if not trail:
        return "The file" if start else "this file"
    spelt = "".join(f".{step}" if isinstance(step, str) else f"[{step}]" for step in trail)
    return quoted(spelt.removeprefix("."))
