"""The graph of the stages: who writes what others read."""

from __future__ import annotations

import heapq
from dataclasses import dataclass
from typing import TYPE_CHECKING

from roadworthy.declare.fault import did_you_mean
from roadworthy.errors import NotFound, PipelineError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from roadworthy.build.pipeline.stage import Stage


@dataclass(frozen=True, slots=True)
class Graph:
    """Stages in an order in which they can run.

    Attributes:
        stages: By name; a stage stands after every stage whose outputs it reads.
        upstream: Stage → the stages whose outputs it reads.
        producers: Output → the stage that writes it.
        folders: Every folder that an output lies in.
    """

    stages: Mapping[str, Stage]
    upstream: Mapping[str, tuple[str, ...]]
    producers: Mapping[str, str]
    folders: frozenset[str]

    def makes(self, path: str) -> bool:
        """Return whether a stage writes *path*, something inside it, or a folder that it may lie in."""
        return path in self.folders or not self.producers.keys().isdisjoint((path, *folders_of(path)))

    def closure(self, names: Iterable[str]) -> frozenset[str]:
        """Return *names* and every stage that they need."""
        wanted: set[str] = set()
        waiting = list(names)
        while waiting:
            name = waiting.pop()
            if name not in wanted:
                wanted.add(name)
                waiting.extend(self.upstream[name])
        return frozenset(wanted)

    def downstream(self, names: Iterable[str]) -> frozenset[str]:
        """Return *names* and every stage that needs one of them."""
        found = set(names)
        for name, needs in self.upstream.items():  # in running order, so one pass reaches everything
            if not found.isdisjoint(needs):
                found.add(name)
        return frozenset(found)

    def only(self, names: frozenset[str]) -> Graph:
        """Return the part of the graph that holds *names*; what others write is then an input from outside."""
        producers = {path: name for path, name in self.producers.items() if name in names}
        return Graph(
            {name: stage for name, stage in self.stages.items() if name in names},
            {name: tuple(n for n in needs if n in names) for name, needs in self.upstream.items() if name in names},
            producers,
            frozenset(_folders(producers)),
        )

    def targets(self, words: Sequence[str]) -> tuple[str, ...]:
        """Return the stages that *words* name: a stage, a group of stages, or an output; all stages for no words.

        Raises:
            NotFound: A word names none of these.
        """
        return tuple(name for word in words for name in self._target(word)) if words else tuple(self.stages)

    def _target(self, word: str) -> tuple[str, ...]:
        if word in self.stages:
            return (word,)
        named = tuple(name for name, stage in self.stages.items() if stage.group == word)
        if named:
            return named
        if word in self.producers:
            return (self.producers[word],)
        near = did_you_mean(word, (*self.stages, *self.producers))
        stages = ", ".join(self.stages) or "(none: pipeline.yaml declares no stage)"
        raise NotFound(
            f"There is no stage or output {word!r}.",
            remedy=f"Did you mean {near}?" if near else f"The stages are: {stages}.",
        )


def build(stages: Iterable[Stage]) -> Graph:
    """Return the graph of *stages*.

    Raises:
        PipelineError: Two stages write one output, or stages wait for each other in a circle.
    """
    named = {stage.name: stage for stage in stages}
    producers = _producers(named.values())
    within = _folders(producers)
    needs = {name: _needs(stage, producers, within) for name, stage in named.items()}
    order = _order(named, needs)
    return Graph(
        {name: named[name] for name in order}, {name: needs[name] for name in order}, producers, frozenset(within)
    )


def folders_of(path: str) -> Iterator[str]:
    """Yield the folders that *path* lies in, the nearest first, the project's own (`.`) last."""
    while "/" in path:
        path = path.rpartition("/")[0]
        yield path
    if path not in {"", "."}:
        yield "."


def _producers(stages: Iterable[Stage]) -> dict[str, str]:
    producers: dict[str, str] = {}
    for stage in stages:
        for out in stage.outs:
            if out.path in producers:
                raise _shared(out.path, producers[out.path], out.path, stage.name)
            producers[out.path] = stage.name
    for path, name in producers.items():
        for folder in folders_of(path):
            if folder in producers:
                raise _shared(folder, producers[folder], path, name)
    return producers


def _shared(outer: str, first: str, inner: str, second: str) -> PipelineError:
    what = f"both write {inner}" if outer == inner else f"write one into the other: {outer} and {inner}"
    who = f"Stages {first} and {second}" if first != second else f"Outputs of stage {first}"
    return PipelineError(
        f"{who} {what}." if first != second else f"{who} overlap: {outer} and {inner}.",
        remedy="Give every output one stage that writes it, and a path of its own.",
    )


def _folders(producers: Mapping[str, str]) -> dict[str, list[str]]:
    """Return folder → the stages that write something inside it."""
    within: dict[str, list[str]] = {}
    for path, name in producers.items():
        for folder in folders_of(path):
            within.setdefault(folder, []).append(name)
    return within


def _needs(stage: Stage, producers: Mapping[str, str], within: Mapping[str, list[str]]) -> tuple[str, ...]:
    if stage.frozen:
        return ()  # it is never run, so nothing has to be ready for it
    found: dict[str, None] = {}
    read = [*stage.deps, *(params.file for params in stage.params)]
    for path in read:
        makers = [producers[place] for place in (path, *folders_of(path)) if place in producers]
        for name in (*makers, *within.get(path, ())):
            if name == stage.name:
                raise PipelineError(
                    f"Stage {name} reads {path}, which it writes itself.",
                    remedy="Take it from `deps`, or mark the output `persist: true` to go on from what is there.",
                )
            found[name] = None
    return tuple(found)


def _order(stages: Mapping[str, Stage], needs: Mapping[str, tuple[str, ...]]) -> list[str]:
    """Return the names so that needs come first; otherwise in the declared order."""
    rank = {name: position for position, name in enumerate(stages)}
    followers: dict[str, list[str]] = {name: [] for name in stages}
    for name, wanted in needs.items():
        for need in wanted:
            followers[need].append(name)
    missing = {name: len(wanted) for name, wanted in needs.items()}
    ready = [rank[name] for name, count in missing.items() if count == 0]
    names = list(stages)
    order: list[str] = []
    while ready:
        name = names[heapq.heappop(ready)]
        order.append(name)
        for follower in followers[name]:
            missing[follower] -= 1
            if missing[follower] == 0:
                heapq.heappush(ready, rank[follower])
    if len(order) < len(names):
        raise _circle({name: needs[name] for name in names if missing[name] > 0})
    return order


def _circle(needs: Mapping[str, tuple[str, ...]]) -> PipelineError:
    """Return the error that draws one circle among stages that all wait."""
    name = next(iter(needs))
    path: list[str] = []
    while name not in path:
        path.append(name)
        name = next(need for need in needs[name] if need in needs)
    circle = [name, *reversed(path[path.index(name) :])]
    return PipelineError(
        f"Stages wait for each other in a circle: {' → '.join(circle)}.",
        remedy="Take one of their `deps` or `outs` away, so that one of them can run first.",
    )
