"""A project's Python environment is made once, never half, and known by what it really holds."""

from __future__ import annotations

import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from roadworthy.build.environment import create, kit
from roadworthy.build.environment.installed import look
from roadworthy.build.environment.lock import read
from roadworthy.build.environment.prepare import prepare
from roadworthy.declare import profile
from roadworthy.errors import EnvironmentFailed

WANTED = profile.PythonEnvironment()


@pytest.fixture
def project(tmp_path: Path) -> Path:
    """Return a project whose lock asks for nothing, so that its environment is made without any index."""
    (tmp_path / "requirements.txt").write_text("# nothing but Python\n", encoding="utf-8")
    return tmp_path


def test_many_at_once_make_it_once(project: Path) -> None:
    """Whoever comes while it is being made waits for it, and then uses it."""
    said: list[str] = []
    with ThreadPoolExecutor(4) as many:
        found = list(many.map(lambda _: prepare(WANTED, project, project / "state", said.append), range(4)))

    assert len(said) == 1
    assert len(set(found)) == 1
    assert found[0].matches_lock


def test_a_half_made_environment_is_made_again(project: Path) -> None:
    """What a crash left behind has no marker, and is never used."""
    first = prepare(WANTED, project, project / "state", print)
    home = first.python.parent.parent
    (home / "made").unlink()
    (home / "rubbish").write_text("left by a crash", encoding="utf-8")

    again = prepare(WANTED, project, project / "state", print)

    assert again == first
    assert not (home / "rubbish").exists()


def test_an_environment_that_was_tampered_with_is_marked(project: Path) -> None:
    """What is installed beside the lock changes the digest, so that no stage is thought to have run in it before."""
    first = prepare(WANTED, project, project / "state", print)
    site = next((first.python.parent.parent / "lib").glob("python3.*/site-packages"))
    (site / "intruder-1.0.dist-info").mkdir()

    found = prepare(WANTED, project, project / "state", print)

    assert not found.matches_lock
    assert found.digest != first.digest


def test_another_python_is_another_environment(project: Path) -> None:
    """A version of Python that is nowhere on this machine is an error that names it."""
    with pytest.raises(EnvironmentFailed, match="3\\.2"):
        prepare(profile.PythonEnvironment(python="3.2"), project, project / "state", print)


def test_a_lock_that_cannot_be_installed_says_why(project: Path) -> None:
    """A distribution whose bytes are not those of its hash is refused, by name."""
    line = f"tzdata==2025.2 --hash=sha256:{'0' * 64}\n"
    (project / "requirements.txt").write_text(line, encoding="utf-8")

    with pytest.raises(EnvironmentFailed, match="tzdata"):
        prepare(WANTED, project, project / "state", print)


@pytest.mark.parametrize("wanted", [WANTED, profile.PythonEnvironment(managed=False)])
def test_the_active_interpreter_is_used_and_marked(
    tmp_path: Path, wanted: profile.PythonEnvironment, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Without a lock, or by the profile's wish, it is what `python` means in the shell, vouched for by nothing."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))

    found = prepare(wanted, tmp_path, tmp_path / "state", print)

    assert found.python.parent == Path(sys.executable).parent
    assert not found.managed
    assert not found.matches_lock


def test_an_active_interpreter_can_match_the_lock(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """It is held against the lock's versions, whoever installed them."""
    monkeypatch.setenv("PATH", str(Path(sys.executable).parent))
    versions = dict(look(Path(sys.executable)).distributions)
    lock = tmp_path / "requirements.txt"
    wanted = profile.PythonEnvironment(managed=False)

    lock.write_text(f"NumPy=={versions['numpy']}\nnowhere==1 ; sys_platform == 'win32'\n", encoding="utf-8")
    same = prepare(wanted, tmp_path, tmp_path / "state", print)
    lock.write_text("numpy==1.0.0\n", encoding="utf-8")
    other = prepare(wanted, tmp_path, tmp_path / "state", print)

    assert same.matches_lock
    assert not other.matches_lock
    assert same.digest == other.digest


def test_the_kit_is_copied_once_and_imports_alone(tmp_path: Path) -> None:
    """A project's process sees the kit, and nothing of Roadworthy, through it."""
    home = kit.install(tmp_path)
    seen = subprocess.run(
        [
            sys.executable,
            "-I",
            "-c",
            f"import sys; sys.path[:] = [{str(home)!r}] + sys.path[:3]; import roadworthy_kit.worker",
        ],
        check=False,
        capture_output=True,
    )

    assert kit.install(tmp_path) == home
    assert seen.returncode == 0, seen.stderr
    assert not (home / "roadworthy").exists()


@pytest.mark.slow
def test_for_users_that_cannot_write_there_it_is_compiled(project: Path) -> None:
    """A confined process would compile what it imports at each start anew; others keep what they compiled."""
    (project / "requirements.txt").write_text("iniconfig==2.3.1\n", encoding="utf-8")

    def compiled(*, confined: bool) -> set[str]:
        state = project / str(confined)
        prepare(WANTED, project, state, print, confined=confined)
        return {path.name.partition(".")[0] for path in state.rglob("iniconfig/__pycache__/*.pyc")}

    assert compiled(confined=True) >= {"__init__", "_parse", "exceptions"}
    assert compiled(confined=False) == set()


@pytest.mark.slow
def test_pip_makes_it_where_there_is_no_uv(project: Path) -> None:
    """The steps without uv need nothing but Python, and give an interpreter that works."""
    home = project / "made by pip"
    lock = read(project / "requirements.txt")
    for step in create._with_pip(lock, f"{sys.version_info[0]}.{sys.version_info[1]}", home):
        create._do(step, lock, project)

    assert look(home / "bin" / "python").python == f"{sys.version_info[0]}.{sys.version_info[1]}"
