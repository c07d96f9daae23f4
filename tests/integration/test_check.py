"""`roadworthy check` finds, without running anything, what a run, a test or a release would stumble over."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

import declared
from roadworthy.app.checking.examined import examined

if TYPE_CHECKING:
    from pathlib import Path

    from roadworthy.declare.fault import Fault

REQUIREMENTS, PIPELINE, CONTRACT = "requirements.yaml", "pipeline.yaml", "contracts/rows.yaml"
MODE = "failure_modes/FM-001.yaml"
TRAIN, LOAD = "cmd: python train.py", 'late: {path: build/model, load: "small.model:load'
NIGHT, CALM = "where: hour >= 20", "expect: probability < 0.5"
# file, what stands there, what is written instead, then: what the caret stands under, the problem, the fix
WRONG: list[tuple[str, str, str, tuple[str, str, str]]] = [
    (REQUIREMENTS, NIGHT, "where: huor >= 20", ("huor", "`huor` is no column of reference", "`hour`?")),
    (REQUIREMENTS, NIGHT, "where: hour >== 20", (">== 20", "no function or operator `>==`", "`>=`?")),
    (REQUIREMENTS, NIGHT, "where: hour > and", ("and", "It is no SQL", "Write SQL")),
    (REQUIREMENTS, NIGHT, "where: hour >", (">", "It ends before it is whole", "Write SQL")),
    (REQUIREMENTS, "where: wind < 5", 'where: "1 < 2 and wnid < 5"', ("wnid", "`wnid` is no column", "`wind`?")),
    (REQUIREMENTS, CALM, f"{CALM} + probabilty", ("probabilty", "no column", "`probability`?")),
    (CONTRACT, "{key: id}", "{key: id, relations: [hour < 24, winf < 3]}", ("winf", "`winf` is no", "`wind`?")),
    (CONTRACT, "{key: id}", "{key: id}\nsql: [{name: a, query: select from where}]", ("where", "It is no SQL", "")),
    (MODE, "low", "low\nexpect: di > 0", ("di", "no column of failure_modes/FM-001.csv", "id, probability")),
    (PIPELINE, LOAD, LOAD.replace("model:", "modle:"), ("small.modle", "small has none called `modle`", "l.model`?")),
    (PIPELINE, LOAD, LOAD.replace(":load", ":laod"), ("small.model:laod", "small.model defines no `laod`", ":load`?")),
    (PIPELINE, LOAD, LOAD.replace("small.", "smal."), ("smal.m", "no module `smal.model`", "`small.model`?")),
    (PIPELINE, TRAIN, "cmd: python -m small.modl --x 1", ("small.modl ", "none called `modl`", "`small.model`?")),
    (PIPELINE, TRAIN, "cmd: python -m small", ("small", "without a `__main__`", "Name one")),
    (PIPELINE, TRAIN, "cmd: [mkdir -p x, python trian.py]", ("trian.py", "There is no trian.py", "`train.py`?")),
    (PIPELINE, TRAIN, 'cmd: "echo ${nope} x"', ("${nope}", "refers to nothing", "params.yaml")),
    (
        PIPELINE,
        "deps: build/train.parquet",
        "deps: [build/tarin.parquet]",
        ("build/tarin", "There is no", "train.parquet`?"),
    ),
    (PIPELINE, "deps: build/train.parquet", "deps: 'build/${nope}/x'", ("${nope}", "refers to nothing", "params.yaml")),
    (PIPELINE, TRAIN, f"{TRAIN}, code: [lib/*.py]", ("lib", "matches no file", "Mend")),
    (PIPELINE, "[train.seed]", "[nofile.yaml: [a]]", ("nofile.yaml", "There is no nofile.yaml", "Write it")),
    (PIPELINE, "[train.seed]", "[extra.yaml: [depht]]", ("depht", "no value `depht`. Did you mean `depth`?", "")),
]


def fault(folder: Path) -> Fault:
    """Return the one fault of the project in *folder*."""
    (found,) = examined(folder).faults
    return found


def git(folder: Path, *arguments: str) -> None:
    """Run git in *folder*."""
    subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True)


@pytest.mark.parametrize(("file", "old", "new", "told"), WRONG)
def test_what_would_go_wrong_later_is_told_at_its_place(
    tmp_path: Path, file: str, old: str, new: str, told: tuple[str, str, str]
) -> None:
    """One wrong word is one fault, with the caret under the word and the word that was probably meant."""
    folder = declared.write(tmp_path, file, old, new)
    (folder / "extra.yaml").write_text("depth: 3\n", encoding="utf-8")
    (caret, problem, fix), found = told, fault(folder)

    assert found.file == file
    assert found.source[found.column - 1 :].startswith(caret), found.render()
    assert problem in found.problem
    assert fix in f"{found.problem} {found.fix}"


@pytest.mark.parametrize(
    ("file", "old", "new"),
    [
        (REQUIREMENTS, NIGHT, "where: extract(hour from now_or_later) > 3 and month(day) = 2"),
        (REQUIREMENTS, NIGHT, "where: '\"Hour\" >= 20 and Wind::int in (1, 2) or rows.hour is null'"),
        (REQUIREMENTS, NIGHT, "where: 'len(list_filter([1, 2], x -> x > hour)) > 0'"),
        (REQUIREMENTS, NIGHT, "where: current_date > '2000-01-01'::date"),
        (PIPELINE, TRAIN, "cmd: python -m pytest tests && python -m docs && python -c 'import toy'"),
        (PIPELINE, TRAIN, "cmd: python build/made.py"),
        (PIPELINE, LOAD, LOAD.replace("small.", "installed.")),
        (PIPELINE, "params: [train.seed]", "params: [build/train.parquet: [a]]"),
    ],
)
def test_what_cannot_be_known_is_not_told(tmp_path: Path, file: str, old: str, new: str) -> None:
    """A column that no contract closes out, an installed module, and what a stage writes first are no faults."""
    folder = declared.write(tmp_path, file, old, new)
    for name in ("tests", "docs"):
        (folder / name).mkdir(exist_ok=True)
    (folder / "tests" / "test_a.py").touch()
    text = (folder / PIPELINE).read_text(encoding="utf-8")
    (folder / PIPELINE).write_text(
        text.replace("outs: [build/train.parquet,", "outs: [build/made.py, build/train.parquet,")
    )

    assert [one.render() for one in examined(folder).faults] == []


def test_a_closed_contract_knows_every_column(tmp_path: Path) -> None:
    """Where other columns are refused, or the rows are here, a column that is not among them is a fault."""
    folder = declared.write(tmp_path, REQUIREMENTS, "where: hour >= 20", "where: snow > 1")
    before = examined(folder).faults
    (folder / "build").mkdir()
    (folder / "build" / "test.csv").write_text("id,hour,wind,late\n1,2,3,true\n", encoding="utf-8")
    here = fault(folder)
    (folder / "build" / "test.csv").unlink()
    contract = folder / CONTRACT
    contract.write_text(f"{contract.read_text(encoding='utf-8')}other_columns: refused\n", encoding="utf-8")

    assert before == ()
    assert here.problem == fault(folder).problem == "`snow` is no column of reference."
    assert fault(folder).fix == "Name one of: hour, id, late, wind."


@pytest.mark.parametrize(
    ("file", "old", "new", "path"),
    [
        (PIPELINE, "late: {path: build/model,", "late: {path: build/modl,", "build/modl"),
        (PIPELINE, "outs: [build/train.parquet, build/test.csv]", "outs: [build/train.parquet]", "build/test.csv"),
        (REQUIREMENTS, "resample: build/train.parquet", "resample: build/trn.parquet", "build/trn.parquet"),
    ],
)
def test_a_file_that_only_lies_there_is_told(tmp_path: Path, file: str, old: str, new: str, path: str) -> None:
    """In a project that has run, its folder is full: what no stage writes, no pin names and git ignores does not count.

    A file that git tracks, or would, does; so does a pinned one, or one in a pinned folder.
    """
    folder = declared.write(tmp_path, file, old, new)
    git(folder, "init", "-q")
    (folder / ".gitignore").write_text("/build/\n.roadworthy/\n", encoding="utf-8")
    for name in ("model", "test.csv", "trn.parquet"):
        (folder / "build").mkdir(exist_ok=True)
        (folder / "build" / name).write_text("id,hour,wind,late\n", encoding="utf-8")
    lies = fault(folder).problem
    git(folder, "add", "--all", "--force")
    tracked = [one.problem for one in examined(folder).faults if path != "build/modl"]
    git(folder, "rm", "-q", "-r", "--cached", "build")
    (folder / "build.pin").write_text(f"{declared.API}address: blake3:{'0' * 64}\nsize: 1\nfiles: 1\n")

    assert path in lies
    assert ("lies here, and nothing says where it comes from" in lies) == (path != "build/modl")
    assert tracked == []
    assert examined(folder).faults == ()


def test_stages_that_are_made_later_are_told_at_their_names(tmp_path: Path) -> None:
    """Two stages that turn out to write one output are told at one of them, with a caret."""
    folder = declared.write(tmp_path)
    (folder / PIPELINE).write_text(
        f"{declared.API}stages:\n  a: {{cmd: x, outs: [z]}}\n"
        "  b: {foreach: [z/p], do: {cmd: x, outs: ['${item}']}}\n"
    )
    for name in (REQUIREMENTS, CONTRACT):
        (folder / name).unlink()
    found = fault(folder)

    assert (found.line, found.column) == (4, 3)
    assert "write one into the other: z and z/p" in found.problem


def test_everything_is_told_at_once(tmp_path: Path) -> None:
    """Faults of the files, between them, of the code and of predicates come together, each place once, in order."""
    folder = declared.write(tmp_path, PIPELINE, "cmd: python train.py", "cmd: ''")
    for file, old, new in (
        (PIPELINE, "cmd: python prepare.py", "timeout: 3 mins, cmd: python prepaer.py"),
        (REQUIREMENTS, "where: hour >= 20", "where: huor >= 20"),
        (REQUIREMENTS, "model: late", "model: lat"),
        ("profile.yaml", "project: small", "project: small\nbranchs: trunk"),
    ):
        text = (folder / file).read_text(encoding="utf-8")
        (folder / file).write_text(text.replace(old, new), encoding="utf-8")

    assert [(one.file, one.line, one.problem.partition(".")[0]) for one in examined(folder).faults] == [
        ("profile.yaml", 3, "`branchs` is not a key of this file"),
        (PIPELINE, 5, "`3 mins` is not a duration"),
        (PIPELINE, 5, "There is no prepaer"),
        (PIPELINE, 6, "The command is empty"),
        (REQUIREMENTS, 2, "`lat` is not a model of the pipeline"),
        (REQUIREMENTS, 11, "`huor` is no column of reference"),
    ]


ODD = ["/abs", "../..", '"a\\0b"', "'['", "'*'", "a" * 5000, "lib/**", "'python -m .'", "'${x'"]
DEPS, OUTS = "deps: build/train.parquet", "outs: [build/model"


@pytest.mark.parametrize("odd", ODD)
@pytest.mark.parametrize(
    ("old", "kept"),
    [
        (TRAIN, "cmd: {}"),
        (DEPS, "deps: {}"),
        (DEPS, f"{DEPS}, code: [{{}}]"),
        (DEPS, f"{DEPS}, wdir: {{}}"),
        (OUTS, "outs: [{}, build/model"),
        ("[train.seed]", "[{}: ]"),
        ("path: build/test.csv", "path: {}"),
    ],
)
def test_no_odd_value_is_a_bug(tmp_path: Path, old: str, kept: str, odd: str) -> None:
    """A name that no file system takes, a pattern that is none: all of it is judged, and every fault can be shown."""
    folder = declared.write(tmp_path, PIPELINE, old, kept.format(odd))

    assert all(one.render() for one in examined(folder).faults)
