"""Stages in any language: kept from writing outside their project, and from reading what they do not declare."""

from __future__ import annotations

import os
import signal
import time
from typing import TYPE_CHECKING

import pytest

from kernel import needed
from roadworthy.errors import StageFailed
from toy_pipeline import COMMAND, PROFILE, Toy, is_alive, make_toy, until

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A project with two stages."""
    needed()
    return make_toy(tmp_path / "toy", monkeypatch)


@pytest.fixture
def elsewhere(tmp_path: Path) -> Path:
    """A folder outside the project with a file in it."""
    folder = tmp_path / "elsewhere"
    folder.mkdir()
    (folder / "there").write_text("kept")
    return folder


def one(toy: Toy, command: str, **more: object) -> None:
    """Let the project be one stage that writes build/out.txt."""
    toy.stages({"work": {"cmd": command, "outs": ["build/out.txt"], **more}})


def make_inner(toy: Toy) -> list[str]:
    """Make a project inside the project, and return its files."""
    stages = '{a: {cmd: "echo x > build/a", outs: [build/a]}}'
    toy.write("inner/profile.yaml", PROFILE)
    toy.write("inner/pipeline.yaml", f"apiVersion: roadworthy/v1alpha1\nstages: {stages}\n")
    return ["inner/profile.yaml", "inner/pipeline.yaml"]


@pytest.mark.parametrize("strict", [False, True], ids=["plain", "strict"])
@pytest.mark.parametrize(
    "deed",
    [
        "echo x > {0}/new",
        "echo x >> {0}/there",
        "mkdir {0}/new",
        "rm {0}/there",
        "rm -rf {0}",
        "mv {0}/there build/out.txt",
        "mv rows.csv {0}/new",
        "ln -s /etc {0}/new",
        "ln rows.csv {0}/new",
        "truncate -s 0 {0}/there",
        "ln -s {0} link && echo x > link/new",
        "cd {0} && echo x > new",
        "python -c 'import ctypes; f = ctypes.CDLL(None).creat(b\"{0}/new\", 0o644); exit(f < 0)' || cat < {0}/new",
    ],
)
def test_nothing_is_changed_outside(toy: Toy, elsewhere: Path, deed: str, strict: bool) -> None:  # noqa: FBT001
    """Whatever a program wants to change outside is refused; what was there is there, and so is the old output."""
    toy.write("build/out.txt", "before")
    one(toy, f"set -e; echo half > build/out.txt; {deed.format(elsewhere)}")

    with pytest.raises(StageFailed):
        toy.run(strict=strict)
    assert [path.name for path in elsewhere.iterdir()] == ["there"]
    assert (elsewhere / "there").read_text() == "kept"
    assert toy.read("build/out.txt") == "before"
    assert toy.outputs_aside() == []


def test_the_error_says_where_a_stage_may_write(toy: Toy, elsewhere: Path) -> None:
    """The status is 1; the program's own words are shown, and the remedy says what is allowed."""
    one(toy, f"echo x > {elsewhere}/new")
    plain = toy.cli("run")
    strict = toy.cli("run", "--strict")

    assert (plain.returncode, strict.returncode) == (1, 1)
    assert f"cannot create {elsewhere}/new: Permission denied" in plain.stderr
    assert "A stage may write only inside its project" in plain.stderr
    assert f"It wanted to write {elsewhere}/new, outside the project." in strict.stderr


def test_a_refusal_that_a_stage_swallows_is_told_in_a_strict_run(toy: Toy, elsewhere: Path) -> None:
    """A stage that goes on after it was refused fails in a strict run, with the name of what it wanted to write."""
    one(toy, f"echo x > {elsewhere}/new; echo done > build/out.txt")

    with pytest.raises(StageFailed, match=f"work wanted to write {elsewhere}/new, outside the project"):
        toy.run(strict=True)
    assert toy.run().stages["work"].state == "ran"


@pytest.mark.parametrize("place", ["secret.csv", "build/secret.csv"])
@pytest.mark.parametrize(
    "command",
    ["cat {} > build/out.txt", "cp {} build/out.txt", "cat < {} | sort > build/out.txt", "ln {} build/out.txt"],
)
def test_reading_what_is_not_declared_fails_a_strict_run(toy: Toy, place: str, command: str) -> None:
    """A file that a program reads and that is not declared is named; also one that lies beside the outputs."""
    toy.write(place, "1\n")
    one(toy, command.format(place))
    strict = toy.cli("run", "--strict")
    in_ci = toy.cli("run", env={"CI": "true"})
    plain = toy.cli("run")
    one(toy, command.format(place), deps=[place])
    mended = toy.cli("run", "--strict")

    assert (strict.returncode, in_ci.returncode, plain.returncode) == (1, 1, 0)
    assert f"Stage work read {place}, which it does not declare." in strict.stderr
    assert "data in `deps`" in strict.stderr
    assert mended.returncode == 0, mended.stderr
    assert "not watched" not in mended.stderr


def test_a_strict_run_runs_again_what_nobody_watched(toy: Toy) -> None:
    """A record of a run in which nobody watched is not taken for one in which all was declared."""
    toy.write("secret.csv", "1\n")
    one(toy, "cat secret.csv > build/out.txt")
    toy.run()
    with pytest.raises(StageFailed, match=r"read secret\.csv"):
        toy.run(strict=True)
    after = toy.states()
    one(toy, "cat secret.csv > build/out.txt", deps=["secret.csv"])
    toy.run()
    again = toy.run(strict=True).stages["work"]
    third = toy.run(strict=True).stages["work"]

    assert after == {"work": "cached"}
    assert (again.state, again.why) == ("ran", "nobody watched what it opened when it ran")
    assert (third.state, third.watched) == ("cached", True)


def test_a_program_of_the_project_is_read_when_it_is_executed(toy: Toy) -> None:
    """An undeclared program counts as an undeclared file, also when it is no script."""
    toy.write("tool", "")
    (toy.folder / "tool").write_bytes((toy.folder / "/bin/true").read_bytes())
    (toy.folder / "tool").chmod(0o755)
    one(toy, "./tool && touch build/out.txt")

    with pytest.raises(StageFailed, match="read tool, which"):
        toy.run(strict=True)


def test_writing_what_is_not_declared_fails_a_strict_run(toy: Toy) -> None:
    """A file that is left in the project and is no output is named; one that was only a step on the way is not."""
    one(toy, "echo x > build/out.tmp; cat build/out.tmp; mv build/out.tmp build/out.txt")
    toy.run(strict=True)
    one(toy, "echo x > build/out.txt; cp build/out.txt build/more.txt")

    with pytest.raises(StageFailed, match=r"work wrote build/more\.txt, which it does not declare"):
        toy.run(strict=True)


@pytest.mark.parametrize("deed", ["echo stray >> {}", "rm {}", "mv {} build/out.txt", "ln -sf /etc/passwd {}"])
@pytest.mark.parametrize("place", [".git/config", ".roadworthy/key"])
def test_what_git_and_we_keep_is_closed_in_a_strict_run(toy: Toy, place: str, deed: str) -> None:
    """Programs in other languages are kept from it too."""
    toy.run()
    before = (toy.folder / place).read_bytes()
    one(toy, deed.format(place))

    with pytest.raises(StageFailed, match="wanted to write"):
        toy.run(strict=True)
    assert (toy.folder / place).read_bytes() == before


WORKS = """
import ctypes, multiprocessing, os, pathlib, sqlite3, subprocess, sys, tempfile
from concurrent.futures import ProcessPoolExecutor
from multiprocessing.shared_memory import SharedMemory
import duckdb

def work(number):
    return number * 2

if __name__ == "__main__":
    with ProcessPoolExecutor(2, multiprocessing.get_context(sys.argv[1])) as pool:
        assert list(pool.map(work, range(3))) == [0, 2, 4]
    memory = SharedMemory(create=True, size=8); memory.close(); memory.unlink()
    with sqlite3.connect(tempfile.mkstemp()[1]) as db:
        db.execute("create table t (x)"); db.execute("insert into t values (1)")
    with duckdb.connect("build/out.db") as db:
        db.execute("set temp_directory = '" + os.environ["TMPDIR"] + "'; set memory_limit = '60MB'; set threads = 1")
        db.execute("create table t as select range a, hash(range) b from range(1000000)")
        assert len(db.execute("select * from t order by b").fetchmany(3)) == 3
    pathlib.Path(os.environ["TMPDIR"], "made").write_text("x")
    os.replace(os.path.join(os.environ["TMPDIR"], "made"), "build/out.txt")
    os.link("build/out.txt", "build/out.db.link"); os.remove("build/out.db.link")
    (pathlib.Path.home() / ".cache" / "matplotlib").mkdir(parents=True)
"""


@pytest.mark.parametrize("strict", [False, True], ids=["plain", "strict"])
@pytest.mark.parametrize("start", ["fork", "spawn"])
def test_what_stages_do_all_day_works(toy: Toy, start: str, strict: bool) -> None:  # noqa: FBT001
    """Pools of processes, shared memory, databases with their temporary files, moves out of TMPDIR, and a cache."""
    toy.write("src/toy/works.py", WORKS)
    toy.stages(
        {"work": {"cmd": f"python -m toy.works {start}", "outs": ["build/out.txt", "build/out.db"], "timeout": "60s"}}
    )

    assert toy.run(strict=strict).stages["work"].notes == ()


@pytest.mark.parametrize("strict", [False, True], ids=["plain", "strict"])
def test_the_tools_of_a_shell_work(toy: Toy, strict: bool) -> None:  # noqa: FBT001
    """Pipes, temporary files, both outputs opened again, and what git is asked about the commit."""
    one(
        toy,
        "set -e; file=$(mktemp); yes | head -3 > $file; sort $file | uniq -c; echo out > /dev/stdout; "
        "echo err | tee /dev/stderr > /dev/null; git rev-parse HEAD; "
        "git log -1; (exit 3) || test $? = 3; cat rows.csv > build/out.txt",
        deps=["rows.csv"],
    )
    done = toy.run(strict=strict)

    assert done.stages["work"].state == "ran"
    assert done.stages["work"].notes == ()


def test_git_status_in_a_stage_leaves_the_index_alone(toy: Toy) -> None:
    """Git refreshes its index when it may: in a stage it does not try, and is not refused."""
    os.utime(toy.folder / "rows.csv", (1, 1))
    before = (toy.folder / ".git/index").read_bytes()
    read = ["rows.csv", "params.yaml", "profile.yaml", "pipeline.yaml", ".gitignore"]
    one(toy, "git status --porcelain > build/out.txt", deps=read)

    assert toy.run(strict=True).stages["work"].notes == ()
    assert (toy.folder / ".git/index").read_bytes() == before


@pytest.mark.parametrize(
    ("command", "more", "said"),
    [
        ("echo half > build/out.txt; sleep 60", {"timeout": "500ms"}, "did not end within its timeout of 0.5 s"),
        ("trap '' TERM; (trap '' TERM; sleep 60) & sleep 60", {"timeout": "500ms"}, "did not end within its timeout"),
        ("echo half > build/out.txt; kill -KILL $$", {}, "was killed by SIGKILL"),
        ("echo half > build/out.txt; exit 7", {}, "failed with exit status 7"),
        ("no-such-program", {}, "failed with exit status 127"),
    ],
)
def test_a_followed_stage_ends_as_any_other(toy: Toy, command: str, more: dict[str, str], said: str) -> None:
    """Who follows a stage passes on how it ended, and does not outlive it."""
    toy.write("build/out.txt", "before")
    one(toy, command, **more)

    with pytest.raises(StageFailed, match=said):
        toy.run(strict=True)
    assert toy.read("build/out.txt") == "before"


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGINT])
def test_ending_us_ends_a_followed_stage_too(toy: Toy, how: signal.Signals) -> None:
    """Killed or interrupted, Roadworthy leaves neither the stage nor its follower running, and puts the output back."""
    toy.write("build/out.txt", "before")
    one(toy, "echo half > build/out.txt; echo $PPID $$ > pids.txt; sleep 60")
    running = toy.start("run", "--strict")
    pids = until(toy.folder / "pids.txt").split()
    running.send_signal(how)
    running.communicate(timeout=60)
    for _ in range(200):
        if (toy.folder / "build/out.txt").exists() and toy.read("build/out.txt") == "before":
            break
        time.sleep(0.05)

    assert running.returncode == (130 if how == signal.SIGINT else -how)
    assert toy.read("build/out.txt") == "before"
    assert [pid for pid in pids if is_alive(int(pid))] == []


def test_a_link_that_leads_outside_may_be_moved_and_removed(toy: Toy, elsewhere: Path) -> None:
    """What is changed is the entry in the project's folder, not what it leads to."""
    one(toy, f"set -e; ln -s {elsewhere}/there a; mv a b; rm b; mkdir d; rmdir d; echo x > build/out.txt")

    assert toy.run(strict=True).stages["work"].notes == ()
    assert (elsewhere / "there").read_text() == "kept"


def test_a_run_within_a_followed_stage_works(toy: Toy) -> None:
    """Only one can follow a process: a stage that is started by a followed stage says that it is not watched."""
    inner = make_inner(toy)
    one(toy, f"cd inner && {COMMAND} run --strict && cp build/a ../build/out.txt", deps=[*inner])
    toy.cli("run", "--strict")
    log = next((toy.folder / ".roadworthy/logs").glob("*/work.log")).read_text()

    assert "a: not watched" in log
    assert "1 of 1 stages ran" in log


def test_confinement_can_be_switched_off(toy: Toy, elsewhere: Path) -> None:
    """With the setting, a stage runs as before; another value is a mistake of the user's."""
    one(toy, f"echo x > {elsewhere}/new; echo x > build/out.txt")
    free = toy.cli("run", "--strict", env={"ROADWORTHY_CONFINEMENT": "none"})
    wrong = toy.cli("run", "-j1", env={"ROADWORTHY_CONFINEMENT": "jail"})

    assert free.returncode == 0, free.stderr
    assert "work: not watched" in free.stderr
    assert (elsewhere / "new").exists()
    assert wrong.returncode == 2
    assert "ROADWORTHY_CONFINEMENT is 'jail'" in wrong.stderr
