"""The kit's trace: what a Python process opens is told, and what it may not write is refused."""

from __future__ import annotations

import json
import shutil
import subprocess
import sys
import textwrap
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from roadworthy.build.environment import kit
from roadworthy.build.pipeline.stage import Out, Stage
from roadworthy.build.pipeline.trace import Opened, judge
from roadworthy.build.workplace.variables import reach_of, trace_settings, variables

if TYPE_CHECKING:
    from roadworthy.build.workplace.confinement import Reach


@dataclass(frozen=True)
class Place:
    """A project's folder with a scratch folder, and the report of what is opened in it."""

    folder: Path
    scratch: Path
    kit: Path

    def reach(self) -> Reach:
        """Return what a stage reaches there."""
        return reach_of(self.folder, self.scratch, Path(sys.executable), self.folder, log=self.folder / "log")

    @property
    def report(self) -> Path:
        """Where it is told what was opened."""
        return Path(self.reach().report)

    def python(self, text: str) -> subprocess.CompletedProcess[str]:
        """Run a program as a stage runs it."""
        given = variables(Path(sys.executable), self.kit, self.folder, self.scratch, 1)
        return subprocess.run(
            [sys.executable, "-c", textwrap.dedent(text)],
            cwd=self.folder,
            env={**given, **trace_settings(self.reach())},
            capture_output=True,
            text=True,
            check=False,
        )

    def opened(self) -> set[tuple[str, str]]:
        """Return what was reported; bytecode that Python looked for left out."""
        lines = map(json.loads, self.report.read_text().splitlines())
        return {(how, name) for how, name in lines if how != "b" and not name.endswith(".pyc")}


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A project with a module and a data file."""
    folder = tmp_path / "project"
    (folder / "src" / "pkg").mkdir(parents=True)
    (folder / ".git").mkdir()
    (folder / "src" / "pkg" / "__init__.py").write_text("")
    (folder / "src" / "pkg" / "code.py").write_text("x = 1\n")
    (folder / "data.csv").write_text("1\n")
    (tmp_path / "scratch").mkdir()
    return Place(folder, tmp_path / "scratch", kit.install(tmp_path / "state"))


def test_reads_and_writes_of_the_project_are_reported(place: Place) -> None:
    """Modules and data are reported once each, by their full path; what lies elsewhere is nobody's business."""
    done = place.python(
        """
        import pkg.code, json, os
        open("data.csv").read(); open("./data.csv", "rb").read()
        os.close(os.open("out.csv", os.O_WRONLY | os.O_CREAT))
        open("gone.csv") if os.path.exists("gone.csv") else None
        """
    )

    assert done.returncode == 0, done.stderr
    assert place.opened() == {
        ("r", str(place.folder / "src/pkg/__init__.py")),
        ("r", str(place.folder / "src/pkg/code.py")),
        ("r", str(place.folder / "data.csv")),
        ("w", str(place.folder / "out.csv")),
    }


def test_processes_that_it_starts_are_followed_too(place: Place) -> None:
    """A child, started or forked, reports as its parent does."""
    done = place.python(
        """
        import multiprocessing, subprocess, sys
        subprocess.run([sys.executable, "-c", "open('data.csv')"], check=True)
        def work(): open("src/pkg/code.py").close()
        child = multiprocessing.get_context("fork").Process(target=work); child.start(); child.join()
        """
    )

    assert done.returncode == 0, done.stderr
    assert {name for _, name in place.opened()} == {
        str(place.folder / "data.csv"), str(place.folder / "src/pkg/code.py")
    }  # fmt: skip


@pytest.mark.parametrize(
    "deed",
    [
        "open({outside!r}, 'w')",
        "open({outside!r}, 'a')",
        "open({there!r}, 'r+')",
        "os.open({outside!r}, os.O_CREAT | os.O_WRONLY)",
        "os.remove({there!r})",
        "os.rename({there!r}, 'here')",
        "os.rename('data.csv', {outside!r})",
        "os.truncate({there!r}, 0)",
        "os.symlink('data.csv', {outside!r})",
        "os.mkdir({outside!r})",
        "shutil.rmtree({folder!r})",
        "open('link/x', 'w')",
        "open('.git/config', 'w')",
    ],
)
def test_nothing_is_changed_outside(place: Place, tmp_path: Path, deed: str) -> None:
    """Writing, removing, renaming and linking outside is refused, also through a link, and is reported."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    there, outside = folder / "there", folder / "outside"
    there.write_text("kept")
    (place.folder / "link").symlink_to(folder)
    text = deed.format(outside=str(outside), there=str(there), folder=str(folder))
    done = place.python(f"import os, shutil; {text}")

    assert done.returncode == 1
    assert "PermissionError" in done.stderr
    assert [path.name for path in folder.iterdir()] == ["there"]
    assert there.read_text() == "kept"
    assert any(how == "x" for how, _ in place.opened())


def test_a_link_that_leads_outside_may_be_moved_and_removed(place: Place, tmp_path: Path) -> None:
    """What is changed is the entry in the project's folder, not what it leads to."""
    (tmp_path / "there").write_text("kept")
    (place.folder / "link").symlink_to(tmp_path / "there")
    done = place.python("import os; os.rename('link', 'other'); os.remove('other')")

    assert done.returncode == 0, done.stderr
    assert (tmp_path / "there").read_text() == "kept"


def test_what_is_needed_to_work_is_allowed(place: Place) -> None:
    """Temporary files, the home, `/dev/null` and shared memory may be written."""
    done = place.python(
        """
        import multiprocessing.shared_memory, pathlib, tempfile
        tempfile.TemporaryFile().write(b"x")
        with tempfile.TemporaryDirectory() as name: pathlib.Path(name, "x").write_text("x")
        (pathlib.Path.home() / ".cache").mkdir()
        open("/dev/null", "w").write("x")
        memory = multiprocessing.shared_memory.SharedMemory(create=True, size=8); memory.close(); memory.unlink()
        """
    )

    assert done.returncode == 0, done.stderr


def test_no_bytecode_is_written_beside_the_projects_code(place: Place) -> None:
    """The project's modules are compiled each time; those of installed distributions keep their bytecode."""
    place.python("import pkg.code")

    assert not list(place.folder.rglob("*.pyc"))
    assert not list(place.folder.rglob("__pycache__"))


def test_another_sitecustomize_still_runs(place: Place) -> None:
    """The one that ours stands in front of is run too."""
    (place.folder / "sitecustomize.py").write_text("print('the other')\n")
    done = place.python("print('the program')")

    assert done.stdout.splitlines() == ["the other", "the program"]


def test_the_kit_imports_without_a_trace(place: Place) -> None:
    """Without its settings nothing is followed and nothing refused."""
    done = subprocess.run(
        [sys.executable, "-c", f"open({str(place.scratch / 'x')!r}, 'w')"],
        env={"PYTHONPATH": str(place.kit)}, check=False,
    )  # fmt: skip

    assert done.returncode == 0
    assert not place.report.exists()


def test_the_report_is_held_against_the_declaration(place: Place) -> None:
    """Inputs, code, parameters, outputs and folders of these are declared; bytecode counts as its source."""
    for name in ("in/a.csv", "params.yaml", "out/model", "stray.csv", "made.txt"):
        (place.folder / name).parent.mkdir(exist_ok=True)
        (place.folder / name).write_text("")
    opened = [
        ("r", "in/a.csv"), ("r", "params.yaml"), ("r", "src/pkg/__pycache__/code.cpython-311.pyc"), ("w", "out/model"),
        ("r", "out/model"), ("r", "stray.csv"), ("r", "gone.csv"), ("w", "made.txt"), ("r", "made.txt"), ("r", "in"),
    ]  # fmt: skip
    lines = [json.dumps([how, str(place.folder / name)]) for how, name in opened]
    place.report.write_text("\n".join(['["b", ""]', *lines, json.dumps(["x", "/etc/x"])]) + "\n")
    stage = Stage("s", "s", ("x",), deps=("in", "params.yaml"), outs=(Out("out"),))

    assert judge(stage, ["src/pkg/code.py"], place.report, place.folder) == Opened(
        ("stray.csv",), ("made.txt",), ("/etc/x",)
    )
    assert judge(stage, [], place.scratch / "none", place.folder) == Opened(watched=False)


def test_a_kit_in_a_foreign_folder_needs_nothing_of_ours(place: Place, tmp_path: Path) -> None:
    """The kit is the standard library's alone: another interpreter that knows nothing of Roadworthy can use it."""
    shutil.copytree(place.kit, tmp_path / "foreign")
    done = subprocess.run(
        [sys.executable, "-S", "-c", "import roadworthy_kit.trace, sys; print('roadworthy' in sys.modules)"],
        env={"PYTHONPATH": str(tmp_path / "foreign")}, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.stdout.strip() == "False", done.stderr
