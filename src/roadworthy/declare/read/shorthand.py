"""Which declarations may be written shorter than they are: brought into the one way that the dataclasses know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.pipeline import Output, ParamsOf, Pipeline, Source, Stage
from roadworthy.declare.read import dvc
from roadworthy.declare.read.node import Entry, Leaf, Map, Node

if TYPE_CHECKING:
    from collections.abc import Callable


def pipeline(node: Node) -> Node:
    """Say where each source is put: `data/NAME.parquet`, unless it says so itself."""
    if not isinstance(node, Map) or "sources" not in node.entries:
        return node
    sources = node.entries["sources"]
    if not isinstance(sources.value, Map):
        return node
    placed = {name: Entry(entry.at, _placed(name, entry)) for name, entry in sources.value.entries.items()}
    return Map(node.at, {**node.entries, "sources": Entry(sources.at, Map(sources.value.at, placed))})


def _placed(name: str, entry: Entry) -> Node:
    source = entry.value
    if not isinstance(source, Map) or "to" in source.entries:
        return source
    to = f"data/{name}.parquet"
    return Map(source.at, {**source.entries, "to": Entry(entry.at, Leaf(entry.at, to, to))})


RECORDS: dict[type, Callable[[Node], Node]] = {Pipeline: pipeline, Stage: dvc.stage, Output: dvc.output}
LISTS: dict[type, Callable[[Node], Node]] = {ParamsOf: dvc.parameter_list}
FILLED_IN = frozenset({(Source, "to")})  # keys of the dataclass that a file may leave out all the same
