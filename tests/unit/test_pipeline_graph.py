"""The graph of stages: order, circles, shared outputs."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as some

from roadworthy.build.pipeline.graph import build
from roadworthy.build.pipeline.stage import Out, Stage
from roadworthy.errors import NotFound, PipelineError

if TYPE_CHECKING:
    from random import Random


def stage(name: str, deps: list[str], outs: list[str], *, frozen: bool = False) -> Stage:
    """Return a stage with these inputs and outputs."""
    paths = tuple(Out(path) for path in outs)
    return Stage(name, name.partition("@")[0], ("true",), deps=tuple(deps), outs=paths, frozen=frozen)


def test_needs_come_first() -> None:
    """A stage stands after those whose outputs it reads: the file, a file in a folder, a folder around a file."""
    graph = build(
        [
            stage("test", ["build"], []),
            stage("train", ["data/train/rows.csv"], ["build/model"]),
            stage("prepare", ["raw.csv"], ["data/train"]),
        ]
    )

    assert list(graph.stages) == ["prepare", "train", "test"]
    assert graph.upstream == {"prepare": (), "train": ("prepare",), "test": ("train",)}


def test_independent_stages_keep_their_declared_order() -> None:
    """Nothing is reordered without a reason."""
    graph = build([stage("c", [], ["c"]), stage("a", [], ["a"]), stage("b", [], ["b"])])

    assert list(graph.stages) == ["c", "a", "b"]


def test_a_circle_is_drawn() -> None:
    """Stages that wait for each other are refused, and the circle is shown in the order of the flow."""
    with pytest.raises(PipelineError, match=r"a → b → c → a|b → c → a → b|c → a → b → c"):
        build([stage("a", ["z"], ["x"]), stage("b", ["x"], ["y"]), stage("c", ["y"], ["z"])])


def test_a_stage_that_reads_its_own_output_is_refused() -> None:
    """A circle of one is a circle."""
    with pytest.raises(PipelineError, match="which it writes itself"):
        build([stage("a", ["x/part"], ["x"])])


@pytest.mark.parametrize(("first", "second"), [("out", "out"), ("out", "out/part"), ("a/b/c", "a")])
def test_two_stages_with_one_output_are_refused(first: str, second: str) -> None:
    """One output belongs to one stage, also when one lies inside the other."""
    with pytest.raises(PipelineError, match=r"one and two|two and one"):
        build([stage("one", [], [first]), stage("two", [], [second])])


def test_a_frozen_stage_waits_for_nothing() -> None:
    """A frozen stage is never run, so what it reads needs not be made."""
    graph = build([stage("a", [], ["x"]), stage("b", ["x"], ["y"], frozen=True)])

    assert graph.closure(["b"]) == {"b"}


def test_targets_are_stages_groups_and_outputs() -> None:
    """A target may be a stage, all that `foreach` made of one, or an output; anything else is refused."""
    graph = build([stage("fit@a", [], ["a"]), stage("fit@b", [], ["b"]), stage("sum", ["a", "b"], ["c"])])

    assert graph.targets(["fit"]) == ("fit@a", "fit@b")
    assert graph.targets(["fit@b", "c"]) == ("fit@b", "sum")
    assert graph.targets([]) == ("fit@a", "fit@b", "sum")
    with pytest.raises(NotFound, match="fitt"):
        graph.targets(["fitt"])


@given(some.lists(some.lists(some.integers(0, 11), max_size=3), min_size=1, max_size=12), some.randoms())
def test_every_acyclic_graph_is_ordered(needs: list[list[int]], random: Random) -> None:
    """Whatever the graph and the declared order: every need comes first, and closures hold all needs."""
    wanted = {i: sorted({need for need in found if need < i}) for i, found in enumerate(needs)}
    stages = [stage(f"s{i}", [f"o{need}" for need in wanted[i]], [f"o{i}"]) for i in wanted]
    random.shuffle(stages)

    graph = build(stages)

    place = {name: position for position, name in enumerate(graph.stages)}
    assert len(place) == len(stages)
    assert all(place[f"s{need}"] < place[f"s{i}"] for i, found in wanted.items() for need in found)
    for name in graph.stages:
        closure = graph.closure([name])
        assert all(set(graph.upstream[member]) <= closure for member in closure)
        assert name in graph.downstream(graph.upstream[name] or (name,))
