"""Newer templates merged into projects, with real git."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from click.testing import CliRunner

from rendered import git, made
from roadworthy.app.starting.template import TEMPLATES, update
from roadworthy.cli.main import roadworthy
from roadworthy.errors import Conflict, DirtyTree, NotFound, UsageError

LINE = "  late_minutes: 30 "
README = "README.md.jinja"


@pytest.fixture
def shelf(tmp_path: Path) -> Path:
    """Return a copy of the templates, to be made newer."""
    return Path(shutil.copytree(TEMPLATES, tmp_path / "shelf"))


def change(folder: Path, file: str, old: str, new: str) -> None:
    """Replace a text that stands once in a file."""
    content = (folder / file).read_text(encoding="utf-8")
    assert content.count(old) == 1
    (folder / file).write_text(content.replace(old, new), encoding="utf-8")


def commit(folder: Path, subject: str) -> None:
    """Commit everything."""
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "-m", subject)


def newer(shelf: Path) -> None:
    """Make the tabular template newer: a file changed, one added, one gone."""
    change(shelf / "tabular" / "project", "params.yaml", "trees: 60", "trees: 80")
    (shelf / "tabular" / "project" / "CHANGES.md").write_text("# News\n", encoding="utf-8")
    (shelf / "tabular" / "project" / "tests" / "test_model.py").unlink()


@pytest.mark.parametrize("place", ["delay", "deep/models/delay"])
def test_both_sides_changes_are_kept(place: str, shelf: Path, tmp_path: Path) -> None:
    """What the project changed and what the template changed are both there, in a project of its own and in a part."""
    top = tmp_path / "work"
    if place != "delay":
        (top / "deep").mkdir(parents=True)
        git(top, "init", "--quiet", "--initial-branch=main")
        (top / "other.txt").write_text("not the template's", encoding="utf-8")
        commit(top, "Begin")
    folder = made(top / place)
    change(folder, "params.yaml", LINE, "  late_minutes: 45 ")
    (folder / "src" / "flight_delay" / "mine.py").write_text("MINE = 1\n", encoding="utf-8")
    commit(folder, "Ask for 45 minutes")
    newer(shelf)
    done = update(folder, shelf)
    params = (folder / "params.yaml").read_text(encoding="utf-8")

    assert "late_minutes: 45" in params
    assert "trees: 80" in params
    assert (folder / "src" / "flight_delay" / "mine.py").is_file()
    assert (folder / "CHANGES.md").is_file()
    assert not (folder / "tests" / "test_model.py").exists()
    assert {Path(path).name for path in done.files} == {"params.yaml", "CHANGES.md", "test_model.py"}
    assert git(folder, "status", "--porcelain") == ""
    assert len(git(folder, "worktree", "list").splitlines()) == 1


def test_the_answers_are_remembered(shelf: Path, tmp_path: Path) -> None:
    """The newer template is rendered with what was answered when the project was made."""
    folder = made(tmp_path / "delay", project="delays-2013", branches="trunk")
    change(shelf / "tabular" / "project", README, "# {{ project }}", "# About {{ project }}")
    update(folder, shelf)

    assert (folder / "README.md").read_text(encoding="utf-8").startswith("# About delays-2013\n")


def test_what_tools_leave_behind_is_no_news(shelf: Path, tmp_path: Path) -> None:
    """Caches of Python and of linters in the template's folder are not part of the template."""
    folder = made(tmp_path / "delay")
    for cache in (".ruff_cache", "src/flight_delay/__pycache__", "tests/.pytest_cache"):
        (shelf / "tabular" / "project" / cache).mkdir(exist_ok=True)
        (shelf / "tabular" / "project" / cache / "left").write_text("behind", encoding="utf-8")

    assert update(folder, shelf).commit is None


def test_nothing_new_is_nothing_done(shelf: Path, tmp_path: Path) -> None:
    """A template that says what it said makes no commit; nor does the same news a second time."""
    folder = made(tmp_path / "delay")
    unchanged = update(folder)
    newer(shelf)
    once, twice = update(folder, shelf), update(folder, shelf)

    assert unchanged.commit is None
    assert once.commit == git(folder, "rev-parse", "HEAD")
    assert twice.commit is None


def test_news_come_one_after_another(shelf: Path, tmp_path: Path) -> None:
    """The last rendering is the base of the next: a line that the project took back stays as the project has it."""
    folder = made(tmp_path / "delay")
    newer(shelf)
    update(folder, shelf)
    change(folder, "params.yaml", "trees: 80", "trees: 100")
    commit(folder, "Grow more trees")
    change(shelf / "tabular" / "project", "params.yaml", "seed: 1", "seed: 2")
    update(folder, shelf)
    params = (folder / "params.yaml").read_text(encoding="utf-8")

    assert "trees: 100" in params
    assert "seed: 2" in params


def test_a_clash_waits_to_be_resolved(shelf: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The file is named and marked, the exit status is 5, and the merge can be finished or taken back."""
    folder = made(tmp_path / "delay")
    change(folder, "params.yaml", "trees: 60", "trees: 70")
    commit(folder, "Grow ten more trees")
    before = git(folder, "rev-parse", "HEAD")
    newer(shelf)
    with pytest.raises(Conflict, match=r"params\.yaml") as clash:
        update(folder, shelf)

    assert clash.value.status == 5
    assert "<<<<<<<" in (folder / "params.yaml").read_text(encoding="utf-8")
    with pytest.raises(DirtyTree):
        update(folder, shelf)
    git(folder, "merge", "--abort")
    assert git(folder, "rev-parse", "HEAD") == before
    monkeypatch.chdir(folder)
    assert CliRunner().invoke(roadworthy, ["template", "update"]).exit_code == 0


def test_uncommitted_work_is_not_touched(shelf: Path, tmp_path: Path) -> None:
    """A merge would mix with it: it is named, and nothing happens."""
    folder = made(tmp_path / "delay")
    change(folder, "params.yaml", LINE, "  late_minutes: 45 ")
    newer(shelf)

    with pytest.raises(DirtyTree, match=r"params\.yaml"):
        update(folder, shelf)
    assert git(folder, "rev-list", "--count", "--all") == "1"


def test_what_is_missing_is_named(shelf: Path, tmp_path: Path) -> None:
    """A project without a template, with spoilt answers, or with a rewritten history is told so."""
    folder = made(tmp_path / "delay")
    git(folder, "commit", "--quiet", "--amend", "-m", "All in one")
    with pytest.raises(NotFound, match="holds no commit of the template"):
        update(folder, shelf)
    for content, fault in (
        ("template: [", UsageError),
        ("template: gone\nanswers: {}\n", NotFound),
        (None, NotFound),
    ):
        if content is None:
            (folder / ".template.yaml").unlink()
        else:
            (folder / ".template.yaml").write_text(content, encoding="utf-8")
        commit(folder, "Spoil the answers")
        with pytest.raises(fault, match=r"\.template\.yaml|gone"):
            update(folder, shelf)
