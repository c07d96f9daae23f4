"""DVC's ways of writing stages, brought into the one way that the dataclasses know."""

from __future__ import annotations

from typing import TYPE_CHECKING

from roadworthy.declare.fault import quoted
from roadworthy.declare.read.node import Entry, Leaf, Map, Node, Seq

if TYPE_CHECKING:
    from collections.abc import Iterator

    from roadworthy.declare.fault import Faults, Place

_DEFAULT_PARAMS = "params.yaml"
PLOT_KEYS = frozenset({"x", "y", "x_label", "y_label", "title", "template", "header"})
READ_BY_DVC = frozenset({"type", "labels", "meta", "remote", "push"})
_OF_OUTPUT = frozenset({"path", "cache", "persist", "desc"})
# What a dvc.yaml may hold that is neither a stage nor a variable: DVC's own views of the outputs.
NOT_READ = frozenset({"params", "metrics", "plots", "artifacts", "datasets"})


def stage(node: Node) -> Node:
    """Lift `do` of a `foreach` stage beside its `foreach`."""
    if not isinstance(node, Map) or "foreach" not in node.entries or "do" not in node.entries:
        return node
    body = node.entries["do"].value
    if not isinstance(body, Map):
        return node
    return Map(node.at, {**{key: entry for key, entry in node.entries.items() if key != "do"}, **body.entries})


def output(node: Node) -> Node:
    """Read `path` and `{path: {cache: false}}` alike."""
    if isinstance(node, Leaf):
        return _record(node.at, {"path": node})
    if not isinstance(node, Map) or len(node.entries) != 1:
        return node
    ((path, entry),) = node.entries.items()
    if path in _OF_OUTPUT and not isinstance(entry.value, Map):
        return node
    settings = dict(entry.value.entries) if isinstance(entry.value, Map) else {}
    settings["path"] = Entry(entry.at, Leaf(entry.at, path, path))
    for group, members in (("plot", PLOT_KEYS), ("dvc", READ_BY_DVC)):
        grouped = {key: settings.pop(key) for key in sorted(members & settings.keys())}
        if grouped:
            settings[group] = Entry(entry.at, Map(entry.at, grouped))
    return Map(node.at, settings)


def parameters(node: Node) -> Iterator[Node]:
    """Read `key`, `{file: [keys]}` and `{file: null}` alike; one mapping may name several files."""
    if isinstance(node, Leaf):
        yield _record(node.at, {"file": Leaf(node.at, _DEFAULT_PARAMS, _DEFAULT_PARAMS), "keys": node})
    elif isinstance(node, Map) and not (node.entries.keys() <= {"file", "keys"}):
        for file, entry in node.entries.items():
            parts: dict[str, Node] = {"file": Leaf(entry.at, file, file)}
            if not (isinstance(entry.value, Leaf) and entry.value.value is None):
                parts["keys"] = entry.value
            yield _record(entry.at, parts)
    else:
        yield node


def whole(node: Node, faults: Faults) -> tuple[Node, tuple[str, ...]]:
    """Return a `dvc.yaml` without the keys that only DVC reads, and the names of those."""
    if not isinstance(node, Map):
        return node, ()
    left_out = tuple(sorted(NOT_READ & node.entries.keys()))
    for key in sorted({"sources", "models", "apiVersion"} & node.entries.keys()):
        faults.add(
            node.entries[key].at,
            f"{quoted(key)} is no key of a dvc.yaml.",
            "Rename the file to pipeline.yaml to use it.",
        )
    kept = {key: entry for key, entry in node.entries.items() if key not in NOT_READ}
    return Map(node.at, kept), left_out


def _record(at: Place, parts: dict[str, Node]) -> Map:
    return Map(at, {key: Entry(part.at, part) for key, part in parts.items()})


def _elements(node: Node) -> Iterator[Node]:
    if isinstance(node, Seq):
        for item in node.items:
            yield from parameters(item)
    else:
        yield from parameters(node)


def parameter_list(node: Node) -> Node:
    """Return a list of parameter files, every element in the one way."""
    if isinstance(node, Leaf) and node.value is None:
        return node
    return Seq(node.at, tuple(_elements(node)))
