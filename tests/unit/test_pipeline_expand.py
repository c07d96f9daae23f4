"""DVC's stage grammar: what `vars`, `foreach`, `matrix`, `wdir` and lists become."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from roadworthy.build.pipeline.grammar.expand import expand
from roadworthy.build.pipeline.grammar.values import ValueFiles
from roadworthy.declare.pipeline import Output, ParamsOf, Pipeline, Stage
from roadworthy.errors import NotFound, PipelineError
from roadworthy.ledger import ledger

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.build.pipeline.stage import Stage as Concrete


def expanded(folder: Path, stages: dict[str, Stage], variables: tuple[Any, ...] = (), **files: Any) -> list[Concrete]:
    """Return the concrete stages of a pipeline; *files* are the contents of parameter files."""
    kept = ledger.open(folder / ".roadworthy")
    known = {name.replace("_", "."): content for name, content in files.items()}
    values = ValueFiles(folder, kept.files, kept.cache, known)
    return list(expand(Pipeline(stages=stages, vars=variables), values))


def test_paths_are_made_relative_to_the_project(tmp_path: Path) -> None:
    """Inputs, parameter files and outputs are read from `wdir`; what is said twice is one input."""
    stage = Stage(
        ("run",), wdir="sub/./x", deps=("../a.csv", "b.csv", "./b.csv"), params=(ParamsOf("p.yaml", ("k",)),),
        outs=(Output("out"),), metrics=(Output("m.json", cache=False),), plots=(Output("p.svg", persist=True),),
    )  # fmt: skip
    (found,) = expanded(tmp_path, {"s": stage})

    assert found.wdir == "sub/x"
    assert found.deps == ("sub/a.csv", "sub/x/b.csv")
    assert found.params == (ParamsOf("sub/x/p.yaml", ("k",)),)
    assert [(out.path, out.kind, out.cache, out.persist) for out in found.outs] == [
        ("sub/x/out", "out", True, False),
        ("sub/x/m.json", "metric", False, False),
        ("sub/x/p.svg", "plot", True, True),
    ]


def test_variables_come_from_params_files_and_mappings(tmp_path: Path) -> None:
    """`params.yaml` is there by itself; `vars` adds files, chosen keys of files, and mappings that merge."""
    found = expanded(
        tmp_path,
        {"s": Stage(("${a} ${b.c} ${b.d} ${e}",))},
        ("params.yaml", "more.json:e", {"b": {"d": 4}}),
        params_yaml={"a": 1, "b": {"c": 2}},
        more_json={"e": 5, "a": "not chosen"},
    )

    assert found[0].cmd == ("1 2 4 5",)


def test_a_name_with_two_values_is_refused(tmp_path: Path) -> None:
    """A variable cannot be said twice with different values."""
    with pytest.raises(PipelineError, match=r"`b\.c` of vars has another value"):
        expanded(tmp_path, {"s": Stage(("x",))}, ({"b": {"c": 3}},), params_yaml={"b": {"c": 2}})


def test_variables_of_a_stage_are_its_own(tmp_path: Path) -> None:
    """`vars` of a stage are seen by it alone, and its files are read from its `wdir`."""
    (tmp_path / "sub").mkdir()
    (tmp_path / "sub" / "own.toml").write_text("x = 1\n")
    stages = {"one": Stage(("${x}${y}",), wdir="sub", vars=("own.toml", {"y": 2})), "two": Stage(("${x}",))}

    with pytest.raises(PipelineError, match=r"Stage two: \$\{x\} refers to nothing"):
        expanded(tmp_path, stages)
    assert expanded(tmp_path, {"one": stages["one"]})[0].cmd == ("12",)


@pytest.mark.parametrize(
    ("items", "wanted"),
    [
        (("a", 2, True), {"s@a": "a", "s@2": "2", "s@true": "true"}),
        ("${names}", {"s@x": "x", "s@y": "y"}),
        ({"one": 1, "two": 2}, {"s@one": "1", "s@two": "2"}),
    ],
)
def test_foreach_makes_a_stage_an_item(tmp_path: Path, items: Any, wanted: dict[str, str]) -> None:
    """A list names stages by its items, a mapping by its keys."""
    found = expanded(tmp_path, {"s": Stage(("${item}",), foreach=items)}, params_yaml={"names": ["x", "y"]})

    assert {stage.name: stage.cmd[0] for stage in found} == wanted
    assert {stage.group for stage in found} == {"s"}


def test_foreach_over_mappings_numbers_them(tmp_path: Path) -> None:
    """Items that are no scalars are named by their place; `${item.key}` and `${key}` reach inside."""
    listed = expanded(tmp_path, {"s": Stage(("${item.k}",), foreach=({"k": "a"}, {"k": "b"}))})
    mapped = expanded(tmp_path, {"s": Stage(("${key}-${item.k}",), foreach={"one": {"k": "a"}})})

    assert [(stage.name, stage.cmd[0]) for stage in listed] == [("s@0", "a"), ("s@1", "b")]
    assert [(stage.name, stage.cmd[0]) for stage in mapped] == [("s@one", "one-a")]


def test_matrix_makes_every_combination(tmp_path: Path) -> None:
    """Every combination is a stage, named by its values; composite values by their axis and place."""
    matrix: Any = {"model": ["cnn", "gbm"], "size": "${sizes}"}
    stage = Stage(("${key} ${item.model} ${item.size.n}",), matrix=matrix)
    found = expanded(tmp_path, {"s": stage}, params_yaml={"sizes": [{"n": 1}, {"n": 2}]})

    assert [(one.name, one.cmd[0]) for one in found] == [
        ("s@cnn-size0", "cnn-size0 cnn 1"),
        ("s@cnn-size1", "cnn-size1 cnn 2"),
        ("s@gbm-size0", "gbm-size0 gbm 1"),
        ("s@gbm-size1", "gbm-size1 gbm 2"),
    ]


def test_a_reference_to_a_list_stands_for_its_items(tmp_path: Path) -> None:
    """One dependency that refers to a list becomes as many."""
    (found,) = expanded(tmp_path, {"s": Stage(("x",), deps=("${files}",))}, params_yaml={"files": ["a", "b"]})

    assert found.deps == ("a", "b")


@pytest.mark.parametrize(
    "path", ["../out", "/elsewhere/out", ".", ".git/x", ".roadworthy", "a/../..", "s3://bucket/x", ""]
)
def test_outputs_stay_inside_the_project(tmp_path: Path, path: str) -> None:
    """No stage may declare an output outside its project, or where git and Roadworthy keep things."""
    with pytest.raises(PipelineError, match="Stage s"):
        expanded(tmp_path, {"s": Stage(("x",), outs=(Output(path),))})


@pytest.mark.parametrize(
    "stage",
    [
        Stage(("x",), foreach="${lr}"),
        Stage(("x",), matrix={"a": "b"}),
        Stage(("x",), foreach=("a", "a")),
        Stage(("x",), deps=("${m}",)),
        Stage(("x",), vars=("gone.yaml",)),
    ],
)
def test_what_makes_no_sense_is_refused(tmp_path: Path, stage: Stage) -> None:
    """A scalar to iterate over, an axis that is no list, a name twice, a mapping as a path, a file that is gone."""
    with pytest.raises((PipelineError, NotFound), match="s"):
        expanded(tmp_path, {"s": stage}, params_yaml={"lr": 1, "m": {"a": 1}})
