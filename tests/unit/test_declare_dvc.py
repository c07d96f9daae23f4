"""A `dvc.yaml` is read as it is: every way in which DVC lets stages be written means the same here."""

from __future__ import annotations

from typing import Any

from roadworthy.declare.pipeline import Output, ParamsOf, Pipeline, Stage
from roadworthy.declare.read.file import parse


def read(text: str) -> Pipeline:
    """Return the pipeline of a `dvc.yaml` without faults."""
    document = parse(Pipeline, text.encode(), "dvc.yaml")
    assert document.faults == ()
    assert document.value is not None
    return document.value


def stage(text: str) -> Stage:
    """Return the one stage whose settings *text* gives."""
    return read(f"stages:\n  only:\n    {text}\n").stages["only"]


def problems(text: str) -> list[str]:
    """Return the problems of a `dvc.yaml`."""
    return [fault.problem for fault in parse(Pipeline, text.encode(), "dvc.yaml").faults]


def test_a_command_or_several() -> None:
    """`cmd` is a text, or a list of texts that run one after another."""
    assert stage("cmd: make").cmd == ("make",)
    assert stage("cmd: [make, make install]").cmd == ("make", "make install")


def test_outputs_with_and_without_settings() -> None:
    """An output is a path, or a path with settings; what DVC alone reads is kept beside."""
    outs = stage(
        "{cmd: x, outs: [a, {b: {cache: false, persist: true, desc: B}}, {c: {remote: far, push: false}}]}"
    ).outs

    assert outs == (
        Output("a"),
        Output("b", cache=False, persist=True, desc="B"),
        Output("c", dvc={"remote": "far", "push": False}),
    )


def test_plots_keep_their_axes() -> None:
    """What DVC says of a plot is kept with it."""
    plots = stage("{cmd: x, plots: [{roc.csv: {x: fpr, y: tpr, cache: false, title: ROC}}]}").plots

    assert plots == (Output("roc.csv", cache=False, plot={"title": "ROC", "x": "fpr", "y": "tpr"}),)


def test_parameters_of_several_files() -> None:
    """Keys of params.yaml stand alone; other files stand with their keys, or whole."""
    params = stage(
        "{cmd: x, params: [lr, train.epochs, {other.json: [a, b.c]}, {whole.toml: }, {p.yaml: a, q.yaml: }]}"
    ).params

    assert params == (
        ParamsOf(keys=("lr",)),
        ParamsOf(keys=("train.epochs",)),
        ParamsOf("other.json", ("a", "b.c")),
        ParamsOf("whole.toml"),
        ParamsOf("p.yaml", ("a",)),
        ParamsOf("q.yaml"),
    )


def test_loops_carry_their_body() -> None:
    """`foreach` with `do` is a stage with `foreach`; a `matrix` stands beside its stage."""
    looped = read(
        "stages:\n  s:\n    foreach: [1, {a: b}]\n    do:\n      cmd: echo ${item}\n      outs: ['${item}.txt']\n"
    )
    matrix: Any = stage("{cmd: 'echo ${item.x}', matrix: {x: [1, 2], y: '${ys}'}}").matrix

    assert looped.stages["s"].foreach == (1, {"a": "b"})
    assert looped.stages["s"].outs == (Output("${item}.txt"),)
    assert matrix == {"x": [1, 2], "y": "${ys}"}


def test_variables_are_values_or_files() -> None:
    """`vars` names files, or holds values."""
    assert read("vars: [common.yaml, {n: 3}]\nstages: {}\n").vars == ("common.yaml", {"n": 3})


def test_what_only_dvc_reads_is_said() -> None:
    """DVC's own views of outputs are no fault, and their not being read is told."""
    views = "plots: [{a.csv: {x: y}}]\nartifacts: {m: {path: m}}\nmetrics: [m.json]\n"
    text = "stages: {a: {cmd: x, meta: {any: thing}}}\n" + views

    document = parse(Pipeline, text.encode(), "dvc.yaml")

    assert (document.faults, document.not_read) == ((), ("artifacts", "metrics", "plots"))


def test_a_misspelt_key_is_told_in_dvc_files_too() -> None:
    """What neither DVC nor we know is a fault."""
    assert problems("stages: {a: {cmd: x, dep: [b]}}\n") == ["`dep` is not a key of `stages.a`."]
    assert problems("stages: {a: {cmd: x, outs: [{b: {cached: true}}]}}\n") == [
        "`cached` is not a key of `stages.a.outs[0]`."
    ]


def test_roadworthys_keys_want_a_pipeline_file() -> None:
    """A dvc.yaml that DVC would refuse is not taken either: models are declared in pipeline.yaml."""
    assert problems("stages: {}\nmodels: {m: {path: a, load: 'a:b'}}\n") == ["`models` is no key of a dvc.yaml."]


def test_anchors_are_shared() -> None:
    """Stages share settings by merge keys."""
    text = "stages:\n  a: &a {cmd: x, deps: [d]}\n  b:\n    <<: *a\n    cmd: y\n"

    assert read(text).stages["b"] == Stage(cmd=("y",), deps=("d",))
