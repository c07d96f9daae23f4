"""A rebuild that is killed: each project is there as a whole or not at all, and doing it again makes the rest."""

from __future__ import annotations

import signal
import subprocess
import sys
from contextlib import closing
from pathlib import Path

import pytest

from rebuild_world import World, dump, story
from roadworthy.platform.rebuild.rebuild import rebuild
from roadworthy.platform.store.platform import open_platform

KILLED = Path(__file__).with_name("killed_rebuild.py")
TESTS = Path(__file__).parents[1]


def run(home: Path, index: Path, number: int) -> subprocess.CompletedProcess[str]:
    """Rebuild in a process that is killed before its statement or commit *number*; 0 for never."""
    url, path = f"sqlite:///{index}", {"PYTHONPATH": str(TESTS), "PATH": "/usr/local/bin:/usr/bin:/bin"}
    command = [sys.executable, str(KILLED), str(home), url, str(number)]
    return subprocess.run(command, capture_output=True, text=True, check=False, timeout=120, env=path)


def torn(index: Path) -> list[str]:
    """Return the projects of which only a part is there."""
    with closing(open_platform(f"sqlite:///{index}")) as database:
        half = dump(database)
    whole = {row["name"] for row in half["project"]}
    return [
        name
        for name in ("flights", "loans")
        for kind in ("fact", "member", "resource", "ref", "change")
        if any(row["project"] == name for row in half[kind]) != (name in whole)
    ]


@pytest.mark.slow
def test_a_kill_at_any_moment_is_mended_by_doing_it_again(tmp_path: Path) -> None:
    """Killed at moments spread over the whole, the last ones among them; then done again."""
    home = story(tmp_path)
    done = run(home, tmp_path / "whole.db", 0)
    assert done.returncode == 0, done.stderr
    count = int(done.stdout.split()[-1])
    for number in sorted({*range(1, count, count // 6), count - 1, count}):
        index = tmp_path / f"{number}.db"
        killed = run(home, index, number)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        assert torn(index) == []
        with (
            closing(open_platform(f"sqlite:///{index}")) as again,
            closing(open_platform(f"sqlite:///{home / 'live.db'}")) as live,
        ):
            rebuild(again, World(home, again).sources, print)

            assert dump(again) == dump(live)
