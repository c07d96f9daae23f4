"""What lies beyond a stage's declaration: folders behind symlinks, a disk that is full, and what nobody watches."""

from __future__ import annotations

import os
import shutil
import subprocess
from typing import TYPE_CHECKING

import pytest

from roadworthy.errors import StageFailed
from toy_pipeline import COMMAND, Toy, make_toy

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A project with two stages."""
    return make_toy(tmp_path / "toy", monkeypatch)


@pytest.mark.parametrize("how", ["run", "restore"])
def test_no_output_leads_out_of_the_project_by_a_symlink(toy: Toy, tmp_path: Path, how: str) -> None:
    """A stage whose output lies behind a symlinked folder neither runs nor is restored; what lies there stays."""
    toy.stages({"work": {"cmd": "mkdir -p build/d && echo new > build/d/out.txt", "outs": ["build/d"]}})
    if how == "restore":
        toy.run()
    shutil.rmtree(toy.folder / "build", ignore_errors=True)
    (tmp_path / "elsewhere/d").mkdir(parents=True)
    (tmp_path / "elsewhere/d/mine.txt").write_text("mine")
    (toy.folder / "build").symlink_to(tmp_path / "elsewhere")

    with pytest.raises(StageFailed, match="'build/d' leads through the symbolic link"):
        toy.run()
    assert [path.name for path in (tmp_path / "elsewhere").rglob("*")] == ["d", "mine.txt"]


def test_a_stage_that_links_its_folder_elsewhere_fails_and_takes_nothing_with_it(toy: Toy, tmp_path: Path) -> None:
    """Output behind a symlink that the stage made is not kept; the old output is back, and the link's target stays."""
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere/out.txt").write_text("mine")
    toy.write("build/out.txt", "before")
    toy.stages({"work": {"cmd": f"rmdir build && ln -s {tmp_path}/elsewhere build", "outs": ["build/out.txt"]}})

    with pytest.raises(StageFailed, match="leads through the symbolic link"):
        toy.run()
    assert (tmp_path / "elsewhere/out.txt").read_text() == "mine"
    assert not (toy.folder / "build").is_symlink()
    assert toy.read("build/out.txt") == "before"


@pytest.mark.parametrize("small", ["build", "."])
def test_a_disk_that_is_full_is_named(toy: Toy, small: str) -> None:
    """A stage that fails where there is no room left, of its output or of the whole project, says so."""
    toy.stages({"c": {"cmd": "head -c 9000000 /dev/zero > build/c.bin", "outs": ["build/c.bin"]}})
    script = (
        'cp -r "$1" "$1-kept" && mount -t tmpfs -o size=6m tmpfs "$1/$3" && '
        '{ test -d "$1/src" || cp -r "$1-kept/." "$1"; } && cd "$1" && "$2" run; echo "status $?"'
    )
    (toy.folder / "build").mkdir()
    unshare = ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        if os.environ.get("CI"):
            pytest.fail("CI needs mount namespaces to fill a disk")
        pytest.skip("this machine has no mount namespaces to fill a disk with")
    done = subprocess.run(
        [*unshare, "sh", "-c", script, "sh", toy.folder, COMMAND, small], capture_output=True, text=True, check=False
    )

    assert "status 1" in done.stdout
    assert "Stage c failed with exit status 1" in done.stderr
    assert "The disk is full: there is almost no room left in" in done.stderr
    assert "Free some space, then run again" in done.stderr


def test_a_stage_that_nobody_watches_is_said_so_once(toy: Toy) -> None:
    """Stages that start no Python process are named in one line; when cached, they are not."""
    toy.write("other.txt", "x")
    toy.stages(
        {
            "a": {"cmd": "cat other.txt > build/a", "outs": ["build/a"]},
            "b": {"cmd": "cat other.txt > build/b", "outs": ["build/b"]},
            "c": {"cmd": 'python -c \'open("build/c", "w")\'', "outs": ["build/c"]},
        }
    )
    first = toy.cli("run", "-j", "1")
    again = toy.cli("run")

    assert first.returncode == 0, first.stderr
    assert "a, b: not watched: only Python processes are; declare what it reads" in first.stderr
    assert first.stderr.count("not watched") == 1
    assert "not watched" not in again.stderr
