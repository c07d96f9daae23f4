"""Projects made from templates, with real git."""

from __future__ import annotations

import json
import shlex
from typing import TYPE_CHECKING

import pytest
import yaml
from click.testing import CliRunner

from rendered import git, made
from roadworthy.app.starting import new
from roadworthy.app.starting.template import names
from roadworthy.cli.main import roadworthy
from roadworthy.declare import project
from roadworthy.errors import RoadworthyError, UsageError

if TYPE_CHECKING:
    from pathlib import Path

    from click.testing import Result


def invoke(*arguments: str, given: str | None = None) -> Result:
    """Type a command."""
    return CliRunner().invoke(roadworthy, list(arguments), input=given)


@pytest.mark.parametrize("template", names())
def test_a_new_project_is_committed_and_without_fault(template: str, tmp_path: Path) -> None:
    """Everything is in the first commit, on main and develop, and every declared file is as it should be."""
    folder = made(tmp_path / "delay", template)

    assert git(folder, "branch", "--format=%(refname:short)").split() == ["develop", "main"]
    assert git(folder, "symbolic-ref", "--short", "HEAD") == "develop"
    assert git(folder, "rev-list", "--count", "--all") == "1"
    assert git(folder, "status", "--porcelain") == ""
    assert project.faults(folder) == ()


@pytest.mark.parametrize("template", names())
def test_an_editor_finds_the_schema_of_every_declared_file(template: str, tmp_path: Path) -> None:
    """The first line of each declared file names a schema beside it that is there, and is of its kind."""
    folder = made(tmp_path / "delay", template)
    declared = [path for path in folder.rglob("*.yaml") if "\napiVersion: " in f"\n{path.read_text(encoding='utf-8')}"]

    assert {"profile.yaml", "pipeline.yaml"} <= {path.name for path in declared}
    for path in declared:
        mark, _, place = path.read_text(encoding="utf-8").partition("\n")[0].partition("=")
        kind = "contract" if path.parent.name == "contracts" else path.stem
        assert mark == "# yaml-language-server: $schema"
        assert json.loads((path.parent / place).read_text(encoding="utf-8"))["title"] == f"{kind} of Roadworthy"


@pytest.mark.parametrize("template", names())
def test_at_most_five_questions_are_asked(template: str, tmp_path: Path) -> None:
    """The questions are few, and each default is an answer that the template takes."""
    asked = new.questions(template, tmp_path / "delay")

    assert 1 <= len(asked) <= 5
    assert all(one.default and (not one.choices or one.default in one.choices) for one in asked)


@pytest.mark.parametrize(
    ("template", "then"),
    [("tabular", "roadworthy test"), ("minimal", "roadworthy schema requirements")],
)
def test_the_next_commands_are_said(template: str, then: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """With --yes nothing is asked, and the next three commands are said; the README, which tells more, is there."""
    monkeypatch.chdir(tmp_path)
    done = invoke("new", "flight-delay", "--template", template, "--yes")

    assert done.exit_code == 0
    assert [line.strip() for line in done.stdout.splitlines() if line.startswith("  ")] == [
        "cd flight-delay", "roadworthy run", then,
    ]  # fmt: skip
    assert "roadworthy project create flight-delay" in (tmp_path / "flight-delay" / "README.md").read_text("utf-8")


def test_a_folder_with_a_space_is_quoted(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is said to be typed next can be pasted into a shell, whatever the folder is called."""
    monkeypatch.chdir(tmp_path)
    done = invoke("new", "b c'd", "--template", "minimal", "--yes")
    (line,) = (line for line in done.stdout.splitlines() if line.startswith("  cd "))

    assert shlex.split(line) == ["cd", "b c'd"]


def test_questions_without_anybody_to_answer_are_a_usage_error(tmp_path: Path) -> None:
    """Where the input has ended, nothing is made, and --yes is named."""
    done = invoke("new", str(tmp_path / "delay"), "--template", "minimal", given="")

    assert isinstance(done.exception, UsageError)
    assert "--yes" in done.exception.remedy
    assert not (tmp_path / "delay").exists()


def test_what_is_not_given_is_asked(tmp_path: Path) -> None:
    """An answer given beforehand is not asked for; an empty line takes the default."""
    folder = tmp_path / "delay"
    done = invoke("new", str(folder), "--set", "branches=trunk", given="delays\n\n\n")
    profile = yaml.safe_load((folder / "profile.yaml").read_text(encoding="utf-8"))

    assert done.exit_code == 0
    assert done.stdout.count("[") == 3
    assert (profile["project"], profile["branches"], profile["members"]) == (
        "delays",
        "trunk",
        {"user:ada": "maintainer"},
    )
    assert git(folder, "branch", "--format=%(refname:short)") == "main"


def test_a_document_can_be_asked_for_instead(tmp_path: Path) -> None:
    """With --json nothing is asked, and one JSON document is printed."""
    done = invoke("new", str(tmp_path / "price"), "--template", "minimal", "--json")

    assert json.loads(done.stdout) == {
        "folder": str(tmp_path / "price"),
        "template": "minimal",
        "branch": "develop",
        "answers": {"project": "price", "branches": "gitflow"},
    }


@pytest.mark.parametrize("name", ["1.5", "yes", "0x10", "a.b_c-d", "1e3", "null"])
def test_any_name_is_written_so_that_it_is_read_again(name: str, tmp_path: Path) -> None:
    """A name is a text, also where YAML would read something else into it."""
    folder = made(tmp_path / "delay", project=name)
    profile = yaml.safe_load((folder / "profile.yaml").read_text(encoding="utf-8"))

    assert profile["project"] == name
    assert project.faults(folder) == ()


@pytest.mark.parametrize(
    ("folder", "name"), [("Flight Delays (2013)", "Flight-Delays-2013"), ("ünï", "n"), ("__", "flight-delay")]
)
def test_the_folder_s_name_becomes_the_project_s(folder: str, name: str, tmp_path: Path) -> None:
    """The project is called as its folder is, as far as that can be a name."""
    assert new.questions("tabular", tmp_path / folder)[0].default == name


@pytest.mark.parametrize(
    ("answers", "complaint"),
    [
        ({"project": ""}, "project"),
        ({"project": "a: {b: c}"}, "project"),
        ({"project": "{{ 7 * 7 }}"}, "project"),
        ({"project": "a\nmembers: {}"}, "project"),
        ({"maintainer": "ada"}, "maintainer"),
        ({"branches": "none"}, "branches"),
        ({"python": "3.11\n"}, "python"),
    ],
)
def test_an_answer_that_is_not_taken_leaves_nothing_behind(
    answers: dict[str, str], complaint: str, tmp_path: Path
) -> None:
    """The question is named, and no folder is left."""
    with pytest.raises(UsageError, match=complaint):
        made(tmp_path / "delay", **answers)

    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("wrong", ["branches", "colour=red"])
def test_an_answer_to_no_question_is_refused(wrong: str, tmp_path: Path) -> None:
    """What cannot be understood is not guessed at."""
    done = invoke("new", str(tmp_path / "delay"), "--yes", "--set", wrong)

    assert isinstance(done.exception, UsageError)
    assert not (tmp_path / "delay").exists()


def test_a_folder_with_something_in_it_is_left_alone(tmp_path: Path) -> None:
    """Nothing is written over what is there."""
    (tmp_path / "mine.txt").write_text("mine", encoding="utf-8")

    with pytest.raises(UsageError, match="not empty"):
        made(tmp_path)
    with pytest.raises(UsageError, match="is a file"):
        made(tmp_path / "mine.txt")
    assert [path.name for path in tmp_path.iterdir()] == ["mine.txt"]


def test_an_empty_folder_is_used(tmp_path: Path) -> None:
    """`mkdir delay && cd delay && roadworthy new .` is a way to begin too."""
    folder = made(tmp_path / "deep" / "delay")
    (tmp_path / "empty").mkdir()

    assert (folder / "profile.yaml").is_file()
    assert (made(tmp_path / "empty") / "profile.yaml").is_file()


def test_who_commits_must_be_known(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without a name for git nothing is begun, and how to give one is said."""
    for role in ("AUTHOR", "COMMITTER"):
        monkeypatch.delenv(f"GIT_{role}_NAME")
        monkeypatch.delenv(f"GIT_{role}_EMAIL")
    monkeypatch.setenv("GIT_CONFIG_COUNT", "1")
    monkeypatch.setenv("GIT_CONFIG_KEY_0", "user.useConfigOnly")
    monkeypatch.setenv("GIT_CONFIG_VALUE_0", "true")

    with pytest.raises(RoadworthyError, match="who you are") as refused:
        made(tmp_path / "delay")
    assert "git config --global user.email" in refused.value.remedy
    assert list(tmp_path.iterdir()) == []


def test_a_repository_may_hold_several_projects(tmp_path: Path) -> None:
    """Inside a repository a project is one more folder and one more commit; what was staged stays staged."""
    git(tmp_path, "init", "--quiet", "--initial-branch=trunk")
    (tmp_path / "staged.txt").write_text("wait", encoding="utf-8")
    git(tmp_path, "add", "staged.txt")
    made(tmp_path / "models" / "delay")
    made(tmp_path / "models" / "price", "minimal")

    assert git(tmp_path, "status", "--porcelain") == "A  staged.txt"
    assert git(tmp_path, "rev-list", "--count", "trunk") == "2"
    assert not (tmp_path / "models" / "delay" / ".git").exists()


@pytest.mark.parametrize("branches", ["gitflow", "trunk"])
def test_the_readme_names_the_branches_that_there_are(tmp_path: Path, branches: str) -> None:
    """With a trunk there is nothing to merge before the first launch, and no `develop` to branch from."""
    readme = (made(tmp_path / "flights", branches=branches) / "README.md").read_text(encoding="utf-8")

    assert ("git merge --ff-only develop\nroadworthy release" in readme) == (branches == "gitflow")
    assert ("develop" in readme) == (branches == "gitflow")
    assert "git add data" in readme
