"""Read YAML into a tree with places, within limits that no file can talk its way around."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import yaml

from roadworthy.declare.fault import Place, quoted
from roadworthy.declare.read.node import Entry, Leaf, Map, Node, Seq
from roadworthy.declare.read.scalar import NotKept, resolve

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.declare.fault import Faults

DEPTH = 50
ALIASES = 100
VALUES = 50_000  # counted as if every alias were written out
CHARACTERS = 1024 * 1024  # likewise
_CORE = "tag:yaml.org,2002:"
_TEXT = _CORE + "str"
_ALLOWED_TAGS = frozenset(
    {None, "!", *(_CORE + kind for kind in ("str", "int", "float", "bool", "null", "map", "seq"))}
)
_MERGE = "<<"

_Beginning = yaml.ScalarEvent | yaml.CollectionStartEvent


class _Stop(Exception):
    def __init__(self, place: Place, problem: str, fix: str) -> None:
        super().__init__(problem)
        self.place, self.problem, self.fix = place, problem, fix


def compose(text: str, faults: Faults) -> Node | None:
    """Return the tree of *text*; None when it cannot be read or is empty, and *faults* then say why.

    Duplicate keys and numbers that cannot be kept are noted, and reading goes on, so that all are reported at once.
    """
    try:
        node = _Composer(text, faults).document()
    except _Stop as stop:
        faults.add(stop.place, stop.problem, stop.fix)
        return None
    except yaml.MarkedYAMLError as error:
        faults.add(*_explain(error, text))
        return None
    except yaml.reader.ReaderError as error:
        faults.add(*_explain_character(error, text))
        return None
    if node is None:
        faults.add(Place(1, 1), "The file is empty.", "Write it, or delete it.")
    return node


@dataclass(slots=True)
class _Anchored:
    node: Node
    values: int
    characters: int
    height: int  # how many levels there are below it


class _Composer:
    def __init__(self, text: str, faults: Faults) -> None:
        self._events: Iterator[yaml.Event] = _events(text)
        self._faults = faults
        self._anchors: dict[str, _Anchored | None] = {}  # None: still being read
        self._aliases = self._values = self._characters = self._deepest = 0

    def document(self) -> Node | None:
        next(self._events)  # the stream's start
        if isinstance(next(self._events), yaml.StreamEndEvent):
            return None
        root = self._node(next(self._events), depth=1)
        next(self._events)  # the document's end
        after = next(self._events)
        if not isinstance(after, yaml.StreamEndEvent):
            raise _Stop(_place(after), "A second document begins here.", "Keep one document a file: remove the `---`.")
        return root

    def _node(self, event: yaml.Event, depth: int) -> Node:
        place = _place(event)
        if isinstance(event, yaml.AliasEvent):
            return self._alias(event, place, depth)
        if not isinstance(event, yaml.ScalarEvent | yaml.CollectionStartEvent):
            raise _Stop(place, "No value can stand here.", "Mend the indent here or just above.")
        if event.tag not in _ALLOWED_TAGS:
            raise _Stop(place, f"The tag {quoted(str(event.tag))} is not allowed here.", "Remove the tag.")
        self._reach(place, depth)
        if event.anchor:
            return self._anchored(event, place, depth)
        return self._fresh(event, place, depth)

    def _anchored(self, event: _Beginning, place: Place, depth: int) -> Node:
        name = str(event.anchor)
        self._anchors[name] = None
        values, characters, deepest = self._values, self._characters, self._deepest
        self._deepest = depth
        node = self._fresh(event, place, depth)
        self._anchors[name] = _Anchored(
            node, self._values - values, self._characters - characters, self._deepest - depth
        )
        self._deepest = max(self._deepest, deepest)
        return node

    def _reach(self, place: Place, depth: int) -> None:
        if depth > DEPTH:
            raise _Stop(place, f"This is nested more than {DEPTH} deep.", "Write it flatter.")
        self._deepest = max(self._deepest, depth)

    def _fresh(self, event: _Beginning, place: Place, depth: int) -> Node:
        if isinstance(event, yaml.ScalarEvent):
            self._count(place, 1, len(event.value))
            return self._leaf(event, place)
        self._count(place, 1, 0)
        if isinstance(event, yaml.SequenceStartEvent):
            return Seq(place, tuple(self._node(item, depth + 1) for item in self._until(yaml.SequenceEndEvent)))
        return self._mapping(place, depth)

    def _leaf(self, event: yaml.ScalarEvent, place: Place) -> Leaf:
        if event.style or event.tag in {_TEXT, "!"}:  # quoted, a block, or said to be text
            return Leaf(place, event.value, event.value)
        try:
            return Leaf(place, resolve(event.value), event.value)
        except NotKept as reason:
            self._faults.add(place, f"{quoted(event.value)} {reason}.", f'As text, in quotes: "{event.value[:40]}".')
            return Leaf(place, 0, event.value)

    def _mapping(self, place: Place, depth: int) -> Map:
        entries: dict[str, Entry] = {}
        merged: list[Node] = []
        for event in self._until(yaml.MappingEndEvent):
            key, at = self._node(event, depth + 1), _place(event)
            value = self._node(next(self._events), depth + 1)
            if not isinstance(key, Leaf):
                raise _Stop(at, "A key must be text.", "Write a word as the key; quote it if it holds `{` or `[`.")
            if key.text == _MERGE and not getattr(event, "style", ""):
                merged.append(value)
            elif key.text in entries:
                first = entries[key.text].at.line
                self._faults.add(at, f"{quoted(key.text)} stands twice, first on line {first}.", "Keep one of the two.")
            else:
                entries[key.text] = Entry(at, value)
        for value in merged:
            self._merge(entries, value)
        return Map(place, entries)

    def _merge(self, entries: dict[str, Entry], value: Node) -> None:
        for source in value.items if isinstance(value, Seq) else (value,):
            if not isinstance(source, Map):
                raise _Stop(source.at, "`<<` takes a mapping.", "Give it an alias of a mapping: `<<: *name`.")
            for key, entry in source.entries.items():
                entries.setdefault(key, entry)

    def _alias(self, event: yaml.AliasEvent, place: Place, depth: int) -> Node:
        name = str(event.anchor)
        if name not in self._anchors:
            raise _Stop(
                place,
                f"{quoted('*' + name)} refers to nothing above it.",
                f"Mark what is meant with `&{name[:40]}`; or quote a text that begins with `*`.",
            )
        anchored = self._anchors[name]
        if anchored is None:
            raise _Stop(place, f"{quoted('*' + name)} stands inside of what it refers to.", "Write it out.")
        self._aliases += 1
        if self._aliases > ALIASES:
            raise _Stop(place, f"There are more than {ALIASES} aliases.", "Write some of them out.")
        self._reach(place, depth + anchored.height)
        self._count(place, anchored.values, anchored.characters)
        return anchored.node

    def _count(self, place: Place, values: int, characters: int) -> None:
        self._values += values
        self._characters += characters
        if self._values > VALUES:
            raise _Stop(
                place,
                f"The file holds more than {VALUES:,} values, aliases written out.",
                "Keep big tables in data files.",
            )
        if self._characters > CHARACTERS:
            raise _Stop(
                place, "The file is longer than 1 MiB, aliases written out.", "Use fewer aliases, or shorter text."
            )

    def _until(self, end: type[yaml.Event]) -> Iterator[yaml.Event]:
        while not isinstance(event := next(self._events), end):
            yield event


def _events(text: str) -> Iterator[yaml.Event]:
    loader = yaml.CBaseLoader(text)
    while (event := loader.get_event()) is not None:
        yield event


def _place(event: yaml.Event) -> Place:
    mark = event.start_mark
    return Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)


def _explain(error: yaml.MarkedYAMLError, text: str) -> tuple[Place, str, str]:
    problem = str(error.problem or error.context or "it cannot be read")
    mark = error.problem_mark or error.context_mark
    place = Place(mark.line + 1, mark.column + 1) if mark else Place(1, 1)
    if mark and not text[mark.index :].strip():  # the end shows nothing: where it began does, or the last line
        place = _beginning(error) or _last(text)
        if "quoted scalar" in str(error.context):
            return place, "A quote is opened here, and never closed.", "Close it, or take it away."
    if mark and text[mark.index : mark.index + 1] == "\t":
        return place, "A tab stands where YAML wants spaces.", "Indent with spaces."
    if "cannot start any token" in problem:
        return place, "No value can begin with this character.", "Put the text in quotes."
    if "mapping values are not allowed" in problem:
        return (
            place,
            "A `:` stands here where no key can be.",
            "Put text that holds `: ` in quotes, or mend the indent.",
        )
    context = f"{error.context}: " if error.context and error.context != problem else ""
    return place, f"This is not YAML: {context}{problem}.", "Mend the brackets, quotes or indent here or just above."


def _beginning(error: yaml.MarkedYAMLError) -> Place | None:
    start, end = error.context_mark, error.problem_mark
    return Place(start.line + 1, start.column + 1) if start and end and start.index < end.index else None


def _last(text: str) -> Place:
    """Return the place of the last character that shows."""
    shown = text.rstrip()
    return Place(shown.count("\n") + 1, max(1, len(shown) - (shown.rfind("\n") + 1)))


def _explain_character(error: yaml.reader.ReaderError, text: str) -> tuple[Place, str, str]:
    before = text[: error.position]
    line = before.count("\n") + 1
    place = Place(line, len(before) - (before.rfind("\n") + 1) + 1)
    return place, "A control character stands here.", "Delete it, or write it as an escape in double quotes."
