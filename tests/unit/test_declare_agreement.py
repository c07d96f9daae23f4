"""Declared files that are each well formed must agree with each other, and with the folder they stand in."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import declared
from roadworthy.declare import project
from roadworthy.declare.agreement import profile
from roadworthy.declare.agreement.metric import METRICS
from roadworthy.declare.examine import examine, read_parts
from roadworthy.declare.read.whole import read_all
from roadworthy.declare.written import gather
from roadworthy.prove.evaluate import metric

if TYPE_CHECKING:
    from pathlib import Path

REQUIREMENTS, PIPELINE, CONTRACT = "requirements.yaml", "pipeline.yaml", "contracts/rows.yaml"
# file, what stands there, what is written instead, the problem, the fix
BROKEN: list[tuple[str, str, str, str, str]] = [
    (
        PIPELINE,
        "params: prepare}",
        "params: prepare, secrets: [KEY]}",
        "`KEY` is not among the secrets",
        "secrets: [KEY]",
    ),
    (REQUIREMENTS, "model: late", "model: lat", "`lat` is not a model of the pipeline", "Did you mean `late`?"),
    (
        REQUIREMENTS,
        "model: late",
        "model: xyz",
        "`xyz` is not a model of the pipeline",
        "Use one of: `late`, `mean`; or declare it under `models` in pipeline.yaml.",
    ),
    (REQUIREMENTS, "baseline: mean\n", "baseline: maen\n", "`maen` is not a model", "Did you mean `mean`?"),
    (REQUIREMENTS, "baseline: mean\n", "", "There is no baseline to be better than.", "baseline: MODEL"),
    (REQUIREMENTS, "better_than: baseline", "better_than: basline", "`basline` is not a model", "`baseline`?"),
    (REQUIREMENTS, "{flag_top: 15%}", "{flag_top: 15%, threshold: 1}", "`flag_top` and `threshold`", "Keep one."),
    (REQUIREMENTS, "{flag_top: 15%}", "{}", "here stands none", "Keep one."),
    (REQUIREMENTS, "{flag_top: 15%}", "{tolerance: 10%}", "decides in regression", "fits the task"),
    (REQUIREMENTS, "{flag_top: 15%}", "{costs: {mis: 5}}", "`mis` is not a cost", "Did you mean `miss`?"),
    (REQUIREMENTS, "contract: rows", "contract: row", "`row` is not a contract", "Did you mean `rows`?"),
    (REQUIREMENTS, "override: {wind:", "override: {wnd:", "`wnd` is not one of the inputs", "`wind`?"),
    (REQUIREMENTS, "[hour, wind]", "[hour, wind, hour]", "`hour` stands twice among the inputs", "Keep one"),
    (REQUIREMENTS, "{min: 0, max: 90}", "{min: 99, max: 90}", "99 lies above the upper bound 90", "Exchange"),
    (
        REQUIREMENTS,
        "outputs: {probability",
        "outputs: {hour: {}, probability",
        "an input and an output",
        "another name",
    ),
    (REQUIREMENTS, "metric: roc_auc, at_least: 0.6, b", "metric: roc_acu, at_least: 0.6, b", "`roc_acu`", "`roc_auc`?"),
    (REQUIREMENTS, "metric: roc_auc, at_least: 0.6, b", "metric: r2, at_least: 0.6, b", "`r2` is not a metric", ""),
    (REQUIREMENTS, "metric: roc_auc, at_least: 0.6}", "metric: roc_auc}", "held to nothing", "Add `at_least`"),
    (REQUIREMENTS, 'change: {wind: "+20"}', "change: {wnd: missing}", "`wnd` is not one of the inputs", "`wind`?"),
    (REQUIREMENTS, 'change: {wind: "+20"}, ', "", "A test of directional needs `change`.", "Add `change:"),
    (REQUIREMENTS, "expect: not_lower", "expect: not_lover", "`not_lover` is not a direction", "`not_lower`?"),
    (REQUIREMENTS, "expect: not_lower", "expect: not_lower, within: 0.1", "no use for `within`", "Remove it"),
    (REQUIREMENTS, "expect: not_lower", "expect: not_lower, output: chance", "not one of the outputs", "`probability`"),
    (REQUIREMENTS, "expect: not_lower", "expect: not_lower, columns: [wind]", "no use for `columns`", "Remove it"),
    (REQUIREMENTS, "share: 95%", "share: 95%, level: 0", "A level lies between 0 and 1", "`level: 5%`"),
    (REQUIREMENTS, "share: 95%", "level: 5%", "one that is wrong is a proof", "a `share` below 1"),
    (REQUIREMENTS, "within: 0.5", "within: 0.5, output: probability", "no use for `output`", "Remove it"),
    (REQUIREMENTS, "invariance, change: {hour: {set: 3}}", "boundary", "boundary needs `columns`", "columns: [COLUMN]"),
    (REQUIREMENTS, "invariance, change: {hour: {set: 3}}", "missing, columns: [wnd]", "`wnd` is not one of", "`wind`?"),
    (REQUIREMENTS, "{set: 3}", "{put: 3}", "A change is a text, or `{set: VALUE}`.", "Write"),
    (REQUIREMENTS, "expect: probability < 0.5", "expect: wind < 5", "no output of the model", "`probability`"),
    (REQUIREMENTS, "seed: train.seed", "seed: train.sead", "`train.sead` is not in params.yaml", "`train.seed`?"),
    (
        REQUIREMENTS,
        "resample: build/train.parquet",
        "resample: build/tran.parquet",
        "No stage writes build/tran.parquet",
        "`build/train.parquet`?",
    ),
    (REQUIREMENTS, "build/train.parquet}", "build/train.parquet, runs: 1}", "Of fewer than two runs", "`runs: 5`"),
    (REQUIREMENTS, "name: noise", "name: wind", "`wind` names two entries of `behaviour`", "its own name"),
    (REQUIREMENTS, "within: {relative:", "within: {relativ:", "`relativ` is not", "Did you mean `relative`?"),
    (REQUIREMENTS, "against: observed, ", "", "says against what it is held", "against: observed"),
    (REQUIREMENTS, "every: 1d, at_least: 500", "every: 1d, rows: 500", "`rows` is of `quality` windows", "Rename"),
    (REQUIREMENTS, "where: wind < 5", "where: wind < 5; x", "The predicate holds `;`", "Write an expression"),
    (PIPELINE, "{path: rows.csv, to:", "{path: rows.csv, package: p, to:", "`package` and `path`", "Keep one."),
    (PIPELINE, "{path: rows.csv, to:", "{member: p, path: rows.csv, to:", "`member` means something", "Remove it."),
    (PIPELINE, "{path: rows.csv, to:", "{sql: q.sql, to:", "A query needs a connection.", "connection: NAME"),
    (
        PIPELINE,
        "outs: [build/model,",
        "outs: [build/test.csv, build/model,",
        "written by the stage `prepare` too",
        "own",
    ),
    (PIPELINE, "params: [train.seed]", "params: [train.sed]", "`train.sed` is not in params.yaml", "`train.seed`?"),
    (PIPELINE, 'build/mean, load: "small.model:load"}', "build/mean}", "says neither", "Keep one of"),
    (PIPELINE, "path: build/test.csv", "path: build/tset.csv", "No stage writes build/tset.csv", "`build/test.csv`?"),
    (PIPELINE, "cmd: python prepare.py", "cmd: ''", "The command is empty.", "cmd: python train.py"),
    (PIPELINE, "[build/train.parquet, build", "['', build/train.parquet, build", "A path is empty.", "Write the path"),
    (
        PIPELINE,
        "[build/train.parquet, build",
        "[../x, build/train.parquet, build",
        "`../x` lies outside the project",
        "Let",
    ),
    (PIPELINE, "[build/train.parquet, build", "[/tmp/x, build/train.parquet, build", "`/tmp/x` lies outside", "Let"),
    (
        PIPELINE,
        "[build/train.parquet, build",
        "[.git/x, build/train.parquet, build",
        "what git or Roadworthy keeps",
        "Give",
    ),
    (
        PIPELINE,
        "[build/train.parquet, build",
        "[.roadworthy/x, build/train.parquet, build",
        "git or Roadworthy",
        "Give",
    ),
    *(
        (
            PIPELINE,
            "[build/train.parquet, build",
            f"[{path}, build/train.parquet, build",
            "what the project declares",
            "build/",
        )
        for path in (
            "profile.yaml",
            "pipeline.yaml",
            "requirements.yaml",
            "dvc.yaml",
            "requirements.txt",
            "contracts",
            "contracts/rows.yaml",
            "./failure_modes/x.yaml",
            "data/rows.csv.pin",
        )
    ),
    (PIPELINE, "{cmd: python train.py", "{wdir: ../.., cmd: python train.py", "`../..` lies outside", "Name a folder"),
    (CONTRACT, "dataset: reference", "dataset: referense", "`referense` is not a dataset", "`reference`?"),
    (CONTRACT, "min: 0, max: 23", "min: 24, max: 23", "24 lies above", "Exchange"),
    (CONTRACT, "{at_least: 5%, at_most: 60%}", "{at_least: 70%, at_most: 60%}", "0.7 lies above", "Exchange"),
    (CONTRACT, "{at_least: 5%, at_most: 60%}", "{at_lest: 5%}", "`at_lest` is not a bound", "`at_least`"),
    (CONTRACT, "wind: {type: number}", "wind: {pattern: '['}", "not a regular expression", "Mend it"),
    (
        CONTRACT,
        "wind: {type: number}",
        "wind: {type: number, length: {at_least: 1}}",
        "Only text has a length",
        "Remove",
    ),
    (CONTRACT, "{type: number}", "{type: text, quantiles: {5%: {at_least: 1}}}", "Text has no mean", "Remove it"),
    (CONTRACT, "{type: number}", "{quantiles: {5%: {at_least: 3, at_most: 1}}}", "above the upper bound", "Exchange"),
    (CONTRACT, "table:", "like: {dataset: rwos}\ntable:", "not a dataset or source", "Did you mean `rows`?"),
    (CONTRACT, "table:", "splits: {training: rows, test: rows}\ntable:", "are the same", "Name two"),
    (CONTRACT, "table:", "splits: {training: rows, test: reference, gap: 1d}\ntable:", "no `time`", "Name the column"),
    (CONTRACT, "table:", "privacy: {refuse: [e-mail]}\ntable:", "e-mail", "Did you mean `email`?"),
    (CONTRACT, "table: {key: id}", "table: {key: id}\nprivacy: {absent: [wind]}", "must not exist", "one of the two"),
    (CONTRACT, "table: {key: id}", "table: {key: idd}\nother_columns: refused", "`idd` is not a declared", "`id`?"),
    ("failure_modes/FM-001.yaml", "severity: low", "severity: low\nstatus: accepted", "until when, and why", "Add"),
    ("failure_modes/FM-001.yaml", "FM-001.csv", "FM-002.csv", "There is no failure_modes/FM-002.csv", "data add"),
    ("profile.yaml", "small\n", "small\nrepository: {forge: github}\n", "Where on github", "Add `url"),
    ("profile.yaml", "small\n", "small\ntrain: {on: {data: [row]}}\n", "`row` is not a source", "`rows`?"),
    ("profile.yaml", "small\n", "small\ntrain: {on: {alarm: [bia]}}\n", "`bia` is not a window", "`bias`?"),
    ("profile.yaml", "small\n", "small\nlog: {hash: [a], drop: [a]}\n", "to be hashed and to be dropped", "Keep one"),
]


def test_files_that_agree_have_no_faults(tmp_path: Path) -> None:
    """The project that the other tests break is whole."""
    assert project.faults(declared.write(tmp_path)) == ()


@pytest.mark.parametrize(("file", "old", "new", "problem", "fix"), BROKEN)
def test_what_does_not_agree_is_told(tmp_path: Path, file: str, old: str, new: str, problem: str, fix: str) -> None:
    """One wrong word is one fault, at its line, with the fix."""
    found = project.faults(declared.write(tmp_path, file, old, new))

    assert [fault.file for fault in found] == [file]
    assert found[0].line > 1
    assert problem in found[0].problem
    assert fix in found[0].fix


def test_stages_that_cannot_run_one_after_another_are_told(tmp_path: Path) -> None:
    """Circles, outputs written twice or in one another, and inputs written by their own reader are told all at once."""
    folder = declared.write(tmp_path)
    (folder / "pipeline.yaml").write_text(
        "apiVersion: roadworthy/v1alpha1\n"
        "stages:\n"
        "  a: {cmd: x, deps: [y], outs: [z]}\n"
        "  b: {cmd: x, deps: [z/part], outs: [y]}\n"
        "  c: {cmd: x, deps: [d], outs: [e], metrics: [d/inner, e]}\n"
        "  d: {cmd: x, deps: [../e], wdir: sub, outs: [../d]}\n"
        "  f: {cmd: x, deps: ['${g}'], outs: ['${g}', g, ./y]}\n",
        encoding="utf-8",
    )
    found = {(one.line, one.column, one.problem) for one in project.faults(folder) if one.file == "pipeline.yaml"}

    assert found == {
        (3, 22, "Stages wait for each other in a circle: a → b → a."),
        (5, 22, "The stage `c` reads `d`, which it writes itself."),
        (5, 22, "Stages wait for each other in a circle: c → d → c."),
        (5, 47, "`d/inner` lies in `d`, which the stage `d` writes."),
        (5, 56, "`e` stands twice among the outputs of the stage `c`."),
        (7, 49, "`y` is written by the stage `b` too."),
    }


def test_a_file_by_another_name_is_told(tmp_path: Path) -> None:
    """A profile.yml beside the profile is not read in silence, nor are contracts/x.yml and the like."""
    folder = declared.write(tmp_path)
    (folder / "requirements.yml").touch()
    (folder / "contracts" / "more.yml").touch()

    found = {fault.file: fault.fix for fault in project.faults(folder)}

    assert found == {
        "requirements.yml": "Rename it to requirements.yaml.",
        "contracts/more.yml": "Rename it to contracts/more.yaml.",
    }


def test_pins_are_read_too(tmp_path: Path) -> None:
    """A pin anywhere in the project is checked; Python environments and hidden folders are not looked into."""
    folder = declared.write(tmp_path)
    for place in ("data", "venv", ".roadworthy"):
        (folder / place).mkdir()
        (folder / place / "a.csv.pin").write_text("size: x\n", encoding="utf-8")
    (folder / "venv" / "pyvenv.cfg").touch()

    found = examine(folder)

    assert {fault.file for fault in found.faults} == {"data/a.csv.pin"}
    assert len(found.faults) == 3


def test_faults_of_all_files_come_together(tmp_path: Path) -> None:
    """One reading tells of every file, and a file with faults does not make others look wrong."""
    folder = declared.write(tmp_path, "pipeline.yaml", "stages:", "stage:")
    (folder / "contracts" / "rows.yaml").write_text("dataset: [\n", encoding="utf-8")

    files = [fault.file for fault in project.faults(folder)]

    assert files == ["pipeline.yaml", "contracts/rows.yaml"]


def test_a_file_with_faults_is_judged_as_far_as_it_can_be_read(tmp_path: Path) -> None:
    """What could not be read is told once; all else in its file, and in others, is held against each other."""
    folder = declared.write(tmp_path)
    changes = {
        REQUIREMENTS: [
            ("baseline: mean\n", "baseline: maen\n"), ("share: 95%", "share: 95"), ("where: wind < 5, e", "were: x, e"),
            ("{flag_top: 15%}", "{flag_tip: 15%}"), ("resample: build/train.parquet", "resample: build/tran.parquet"),
        ],
        PIPELINE: [("late: {path", "lat: {path"), ("label: late}", "label: 5}"), ("[train.seed]", "[train.sed]")],
        CONTRACT: [
            ("dataset: reference", "dataset: referenc"), ("max: 23", "max: -1"), ("{unique: true}", "{unique: 1}"),
        ],
        "profile.yaml": [("project: small", "project: 5\nlog: {hash: [a], drop: [a]}")],
    }  # fmt: skip
    for file, pairs in changes.items():
        text = (folder / file).read_text(encoding="utf-8")
        for old, new in pairs:
            assert text.count(old) == 1, old
            text = text.replace(old, new)
        (folder / file).write_text(text, encoding="utf-8")
    found = [(fault.file, fault.problem) for fault in project.faults(folder)]

    assert found == [
        ("profile.yaml", "`project` must be text, and `5` is a number."),
        ("profile.yaml", "`a` is to be hashed and to be dropped."),
        (PIPELINE, "`train.sed` is not in params.yaml."),
        (PIPELINE, "`datasets.reference.label` must be text, and `5` is a number."),
        (REQUIREMENTS, "`late` is not a model of the pipeline."),
        (REQUIREMENTS, "`maen` is not a model of the pipeline."),
        (REQUIREMENTS, "`flag_tip` is not a key of `decision`."),
        (REQUIREMENTS, "`behaviour[0].share` must be between 0 and 1, and is `95`."),
        (REQUIREMENTS, "`were` is not a key of `behaviour[2]`."),
        (
            REQUIREMENTS,
            "No stage writes build/tran.parquet, no source fetches it, no pin names it, and there is no such file.",
        ),
        (CONTRACT, "`referenc` is not a dataset or source of the pipeline."),
        (CONTRACT, "`columns.id.unique` must be `true` or `false`, and `1` is a number."),
        (CONTRACT, "The lower bound 0 lies above the upper bound -1."),
    ]


@given(
    st.sampled_from(sorted(declared.FILES)), st.integers(0, 200), st.sampled_from(["5", "[]", "{}", "x", "", "null"])
)
def test_no_mistake_is_a_bug(file: str, number: int, instead: str) -> None:
    """Whatever stands in the place of a value, the project is judged to its end, and every fault can be shown."""
    texts = {name: text if name == "params.yaml" else declared.API + text for name, text in declared.FILES.items()}
    texts = {name: text for name, text in texts.items() if name.endswith(".yaml")}
    values = list(re.finditer(r"(?<=[:,\[] )[^,:{}\[\]\n]+", texts.get(file, "")))
    if values:
        value = values[number % len(values)]
        texts[file] = texts[file][: value.start()] + instead + texts[file][value.end() :]
    _, found = read_parts("small", {name: text.encode() for name, text in texts.items()})

    assert all(fault.render() for fault in found)


def test_how_many_more_faults_there_are_is_told_last(tmp_path: Path) -> None:
    """After a hundred faults of a file the rest is counted, and the count stands below them."""
    folder = declared.write(tmp_path)
    with (folder / "profile.yaml").open("a", encoding="utf-8") as file:
        file.write("".join(f"key{number}: 1\n" for number in range(300)))
    found = project.faults(folder)

    assert [fault.problem for fault in found][-1] == "There are 200 more faults."
    assert all(fault.line for fault in found[:-1])


def test_the_metrics_are_those_that_are_computed() -> None:
    """What may be declared is what can be evaluated, task by task."""
    computed = {task: {known.name for known in metric.METRICS.values() if task in known.tasks} for task in METRICS}

    assert computed == {task: set(names) for task, names in METRICS.items()}


def test_bootstraps_are_of_parquet(tmp_path: Path) -> None:
    """They are written as Parquet, whatever the table is called: another ending is told before anything is trained."""
    text = "resample: build/train.parquet"
    folder = declared.write(tmp_path, "requirements.yaml", text, "resample: build/test.csv")

    (found,) = (one for one in examine(folder).faults if "Parquet" in one.problem)
    assert (found.file, found.problem[:16]) == ("requirements.yaml", "`build/test.csv`")


@pytest.mark.parametrize(("params", "problems"), [({"train": {"seed": 1}}, 1), ({}, 0), (None, 0)])
def test_a_sample_names_parameters_that_there_are(
    tmp_path: Path, params: dict[str, object] | None, problems: int
) -> None:
    """Where the parameters can be read; a platform reads a profile alone, and then nobody can tell."""
    folder = declared.write(tmp_path, "profile.yaml", "small\n", "small\nci: {feature: {params: {train.rows: 5}}}\n")
    document = read_all("small", gather(folder)).documents["profile.yaml"]

    assert len(profile.faults(document, None, None, params)) == problems
