"""Runs that go wrong: each is said clearly, leaves nothing half done, and loses nothing."""

from __future__ import annotations

import contextlib
import os
import resource
import signal
import subprocess
import time
from typing import TYPE_CHECKING, Any

import pytest

from roadworthy.errors import PipelineError, RoadworthyError, StageFailed
from toy_pipeline import COMMAND, Toy, is_alive, make_toy, until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def toy(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Toy:
    """A project with two stages."""
    return make_toy(tmp_path / "toy", monkeypatch)


def one(toy: Toy, command: str, **more: Any) -> None:
    """Let the project be one stage that writes build/out.txt."""
    toy.stages({"work": {"cmd": command, "outs": ["build/out.txt"], **more}})


def test_a_missing_input_is_named_before_anything_runs(toy: Toy) -> None:
    """An input that no stage writes and that is not there stops the run before it begins, with every such input."""
    toy.stages(
        {
            "a": {"cmd": "touch ran", "outs": ["ran"]},
            "b": {"cmd": "true", "deps": ["gone.csv", "build/gone.csv"], "outs": ["x"]},
        }
    )

    with pytest.raises(PipelineError, match=r"gone\.csv, which stage b reads; build/gone\.csv"):
        toy.run()
    assert not (toy.folder / "ran").exists()


def test_a_circle_and_a_shared_output_are_errors_of_the_command(toy: Toy) -> None:
    """Both are faults of the file where paths are written out, and of the run where they are filled in."""
    toy.stages({"a": {"cmd": "x", "deps": ["y"], "outs": ["z"]}, "b": {"cmd": "x", "deps": ["z"], "outs": ["y"]}})
    circle = toy.cli("run")
    toy.stages({"a": {"cmd": "x", "outs": ["z"]}, "b": {"cmd": "x", "outs": ["z/part"]}})
    shared = toy.cli("run")
    toy.stages({"a": {"cmd": "x", "outs": ["z"]}, "b": {"cmd": "x", "outs": ["${train.seed}"]}})
    toy.write("params.yaml", "train: {seed: z/part}\n")
    filled_in = toy.cli("run")
    checked = toy.cli("check")

    assert (circle.returncode, shared.returncode, filled_in.returncode) == (2, 2, 1)
    assert "a → b → a" in circle.stderr
    assert "`z/part` lies in `z`, which the stage `a` writes" in shared.stderr
    assert "Stages a and b write one into the other" in filled_in.stderr
    assert checked.returncode == 2
    assert "pipeline.yaml:7:3: Stages a and b write one into the other" in checked.stdout


def test_a_stage_does_not_write_over_what_is_declared(toy: Toy) -> None:
    """A declared file as an output is refused before anything runs, also when its path is only filled in."""
    before = toy.read("profile.yaml")
    toy.stages({"a": {"cmd": "echo > profile.yaml", "outs": ["profile.yaml"]}})
    written_out = toy.cli("run")
    toy.stages({"a": {"cmd": "echo > profile.yaml", "outs": ["${file}"]}})
    toy.write("params.yaml", "file: ./profile.yaml\n")
    filled_in = toy.cli("run")

    assert (written_out.returncode, filled_in.returncode) == (2, 1)
    assert "would take the place of what the project declares" in written_out.stderr
    assert "would take the place of what the project declares" in filled_in.stderr
    assert toy.read("profile.yaml") == before


def test_a_failing_stage_is_said_with_the_end_of_its_log(toy: Toy) -> None:
    """The error holds the command, the status and the last lines; what needs the stage is named as not started."""
    toy.run()
    toy.write("src/toy/prepare.py", "print('some words')\nraise SystemExit(3)\n")
    done = toy.cli("run")

    assert done.returncode == 1
    assert "Stage prepare failed with exit status 3: python -m toy.prepare" in done.stderr
    assert "  some words" in done.stderr
    assert "Not started, because of that: train" in done.stderr
    assert toy.read("build/rows.txt") == "a,b\na,b\n"


def test_ones_own_line_is_told_whatever_a_library_says_after_it(toy: Toy) -> None:
    """A traceback that goes deep into a library is told with the project's own line, and with what was raised."""
    toy.write(
        "src/toy/prepare.py",
        """
        import atexit, copy, threading
        atexit.register(lambda: print("goodbye\\n" * 40))
        nested = [threading.Lock()]
        for _ in range(100):
            nested = [nested]
        copied = copy.deepcopy(nested)
        """,
    )
    done = toy.cli("run")

    assert done.returncode == 1
    assert "    copied = copy.deepcopy(nested)" in done.stderr
    assert "  TypeError: cannot pickle '_thread.lock' object" in done.stderr
    assert len(done.stderr.splitlines()) < 60


def test_a_package_that_is_not_there_is_told_with_where_it_belongs(toy: Toy) -> None:
    """Whoever begins without a lock learns where packages come from."""
    one(toy, "python -c 'import no_such_package'")

    with pytest.raises(StageFailed, match="no_such_package") as caught:
        toy.run()
    assert "requirements.txt" in caught.value.remedy
    assert "managed: false" in caught.value.remedy


def test_what_others_made_is_kept_when_a_stage_fails(toy: Toy) -> None:
    """A stage that was done before another failed is not run again."""
    toy.stages(
        {
            "good": {"cmd": "touch build/good", "outs": ["build/good"]},
            "bad": {"cmd": "test -e allowed && touch build/bad", "deps": ["build/good"], "outs": ["build/bad"]},
        }
    )
    with pytest.raises(StageFailed):
        toy.run()
    toy.write("allowed", "")

    assert toy.states() == {"good": "cached", "bad": "ran"}


@pytest.mark.parametrize(
    ("command", "more", "said"),
    [
        ("echo half > build/out.txt; sleep 60", {"timeout": "500ms"}, "did not end within its timeout of 0.5 s"),
        ("echo half > build/out.txt; kill -KILL $$", {}, "was killed by SIGKILL"),
        ("echo half > build/out.txt; exit 1", {}, "failed with exit status 1"),
        ("true", {}, "did not write its output build/out.txt"),
        ("ln -s /etc/passwd build/out.txt", {}, "symbolic links"),
        ("no-such-program", {}, "failed with exit status 127"),
    ],
)
def test_a_stage_that_goes_wrong_leaves_the_outputs_as_they_were(
    toy: Toy, command: str, more: dict[str, str], said: str
) -> None:
    """Failed, hung, killed, or without its output: the error says which, and what was there before is there again."""
    toy.write("build/out.txt", "before")
    one(toy, command, **more)

    with pytest.raises(StageFailed, match=said):
        toy.run()
    assert toy.read("build/out.txt") == "before"
    assert toy.outputs_aside() == []


def test_half_an_output_is_removed_when_there_was_none(toy: Toy) -> None:
    """A failed stage that had no output before has none afterwards."""
    one(toy, "mkdir build/out.txt && echo half > build/out.txt/part; exit 1")

    with pytest.raises(StageFailed):
        toy.run()
    assert not (toy.folder / "build/out.txt").exists()


def test_reading_what_is_not_declared_is_said_and_fails_in_ci(toy: Toy) -> None:
    """A file of the project that is read and not declared is named: a warning on a laptop, a failure in CI."""
    toy.write("secret.csv", "1\n")
    toy.write("src/toy/hidden.py", "x = 1\n")
    toy.write(
        "src/toy/reader.py",
        """
        exec(open("src/toy/hidden.py").read())
        open("build/out.txt", "w").write(open("secret.csv").read() + open("rows.csv").read())
        """,
    )
    one(toy, "python -m toy.reader", deps=["rows.csv"])
    laptop = toy.cli("run")
    again = toy.cli("run", env={"CI": "true"})
    one(toy, "python -m toy.reader", deps=["rows.csv", "secret.csv"], code=["src/toy/*.py"])
    mended = toy.cli("run", "--strict")

    assert laptop.returncode == 0
    assert "it read secret.csv, src/toy/hidden.py, which it does not declare" in laptop.stderr
    assert again.returncode == 1
    assert "Stage work read secret.csv, src/toy/hidden.py" in again.stderr
    assert mended.returncode == 0, mended.stderr


def test_writing_outside_the_project_is_refused(toy: Toy, tmp_path: Path) -> None:
    """A Python process may not write outside its project and its own temporary folder; the error names the file."""
    outside = tmp_path / "outside.txt"
    toy.write(
        "src/toy/writer.py",
        f"""
        import pathlib, tempfile
        tempfile.NamedTemporaryFile().write(b"allowed")
        (pathlib.Path.home() / "allowed").write_text("allowed")
        open({str(outside)!r}, "w").write("stray")
        """,
    )
    one(toy, "python -m toy.writer")

    with pytest.raises(StageFailed, match=r"wanted to write .*outside\.txt, outside the project"):
        toy.run()
    assert not outside.exists()


@pytest.mark.parametrize("place", [".git/config", ".roadworthy/key", ".roadworthy/index.db"])
def test_a_stage_may_not_write_what_git_or_we_keep(toy: Toy, place: str) -> None:
    """Inside the project, what git and Roadworthy keep is closed to stages."""
    toy.write("src/toy/writer.py", f'open("{place}", "a").write("stray")\n')
    one(toy, "python -m toy.writer")

    with pytest.raises(StageFailed, match="wanted to write"):
        toy.run()


def test_writing_what_is_not_declared_is_said(toy: Toy) -> None:
    """A file that a stage writes in the project and does not declare is named."""
    toy.write("src/toy/writer.py", 'open("build/out.txt", "w"); open("build/more.txt", "w")\n')
    one(toy, "python -m toy.writer")

    assert toy.run().stages["work"].notes == ("wrote build/more.txt, which it does not declare",)


def test_no_bytecode_of_the_project_is_kept(toy: Toy) -> None:
    """A module that changes twice within a second is run as it is: bytecode could not tell."""
    toy.run()

    assert list(toy.folder.glob("src/**/__pycache__")) == []


@pytest.mark.parametrize("damage", ["changed", "removed"])
def test_a_damaged_object_is_made_again(toy: Toy, damage: str) -> None:
    """An output whose kept bytes are damaged or gone is never handed out: its stage runs again, and all is whole."""
    made = toy.run()
    address = made.outputs["build/rows.txt"].address
    kept = toy.local().ledger.objects.path(address)
    kept.chmod(0o644)
    kept.write_bytes(b"damaged") if damage == "changed" else kept.unlink()
    (toy.folder / "build/rows.txt").unlink()
    again = toy.run()
    (toy.folder / "build/rows.txt").unlink()
    healed = toy.states()

    assert again.stages["prepare"].state == "ran"
    assert "damaged" in again.stages["prepare"].why
    assert toy.read("build/rows.txt") == "a,b\na,b\n"
    assert healed == {"prepare": "cached", "train": "cached"}


@contextlib.contextmanager
def largest_file(size: int) -> Iterator[None]:
    """Let no file of this process grow beyond *size* bytes, as on a full disk."""
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (size, hard))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))


def test_a_full_disk_is_said_and_loses_nothing(toy: Toy) -> None:
    """When an output cannot be kept, the error says so, the old output is back, and the next run does it all."""
    toy.write("build/out.txt", "before")
    one(toy, "ulimit -S -f unlimited; head -c 9000000 /dev/zero > build/out.txt")
    with largest_file(4_000_000), pytest.raises(RoadworthyError) as caught:
        toy.run()
    before = toy.read("build/out.txt")
    made = toy.run()

    assert "full" in caught.value.problem
    assert before == "before"
    assert made.outputs["build/out.txt"].size == 9_000_000


def test_a_stage_on_a_full_disk_fails_as_any_other(toy: Toy) -> None:
    """A stage that cannot write its output fails, and its half-written output goes."""
    one(toy, "head -c 9000000 /dev/zero > build/out.txt")

    with largest_file(4_000_000), pytest.raises(StageFailed):
        toy.run()
    assert not (toy.folder / "build/out.txt").exists()


def test_inputs_that_change_while_a_stage_runs_spoil_it(toy: Toy) -> None:
    """Nobody can tell which of the two it used: nothing is recorded, and the error says what changed."""
    one(toy, "echo more >> rows.csv; cp rows.csv build/out.txt", deps=["rows.csv"])

    with pytest.raises(StageFailed, match=r"changed while it ran: rows\.csv changed"):
        toy.run()
    assert not (toy.folder / "build/out.txt").exists()


def test_two_runs_at_once_do_nothing_twice(toy: Toy) -> None:
    """Two commands in one project both succeed, and each stage runs once."""
    marks = "echo x >> marks.txt; sleep 0.3; "
    toy.stages(
        {
            "a": {"cmd": f"{marks} cp rows.csv build/a", "deps": ["rows.csv"], "outs": ["build/a"]},
            "b": {"cmd": f"{marks} cp build/a build/b", "deps": ["build/a"], "outs": ["build/b"]},
            "c": {"cmd": f"{marks} cp build/a build/c", "deps": ["build/a"], "outs": ["build/c"]},
        }
    )
    both = [toy.start("run") for _ in range(3)]
    errors = [process.communicate(timeout=120)[1] for process in both]

    assert [process.returncode for process in both] == [0, 0, 0], errors
    assert toy.read("marks.txt") == "x\n" * 3
    assert toy.read("build/c") == "a,b\n"
    assert toy.states() == {"a": "cached", "b": "cached", "c": "cached"}


@pytest.mark.parametrize("how", [signal.SIGKILL, signal.SIGTERM, signal.SIGINT])
def test_ending_us_ends_the_stage_and_puts_its_output_back(toy: Toy, how: signal.Signals) -> None:
    """Killed or interrupted, Roadworthy leaves no stage running and no output half written."""
    toy.write("build/out.txt", "before")
    one(toy, "echo half > build/out.txt; touch $TMPDIR/t; python -c 'import toy'; sleep 60 & echo $! > child.txt; wait")
    running = toy.start("run")
    child = int(until(toy.folder / "child.txt"))
    scratch = toy.folder / ".roadworthy/work/scratch"
    running.send_signal(how)
    _, errors = running.communicate(timeout=60)
    for _ in range(200):
        is_back = (toy.folder / "build/out.txt").exists() and toy.read("build/out.txt") == "before"
        if is_back and not any(scratch.iterdir()):
            break
        time.sleep(0.05)

    assert running.returncode == (130 if how == signal.SIGINT else -how), errors
    assert not is_alive(child)
    assert list(scratch.iterdir()) == []
    assert toy.read("build/out.txt") == "before"
    one(toy, "echo whole > build/out.txt")
    assert toy.states() == {"work": "ran"}
    assert toy.outputs_aside() == []


def test_a_power_cut_is_mended_by_the_next_run(toy: Toy) -> None:
    """When the watchdog dies with us, the next run puts the outputs back before it does anything."""
    toy.write("build/out.txt", "before")
    one(toy, "echo half > build/out.txt; echo $PPID > parent.txt; sleep 60")
    running = toy.start("run")
    until(toy.folder / "parent.txt")
    family = subprocess.run(
        ["ps", "-ww", "-o", "pid=,args=", "--ppid", str(running.pid)], capture_output=True, text=True, check=True
    ).stdout
    (watchdog,) = [int(line.split()[0]) for line in family.splitlines() if "watchdog" in line]
    os.kill(watchdog, signal.SIGKILL)  # first, so that it cannot act
    running.kill()
    running.communicate()
    while is_alive(watchdog):  # it holds the lock that says that the session is alive
        time.sleep(0.005)
    half = toy.read("build/out.txt")
    toy.stages({"other": {"cmd": "true"}})
    toy.run()
    for line in family.splitlines():
        with contextlib.suppress(ProcessLookupError):
            os.killpg(int(line.split()[0]), signal.SIGKILL)

    assert half == "half\n"
    assert toy.read("build/out.txt") == "before"
    assert list((toy.folder / ".roadworthy/work/scratch").iterdir()) == []


def test_a_read_only_project_can_be_looked_at(toy: Toy) -> None:
    """Where nothing may be written, an unchanged run still says so, and a stage that must run says why it cannot."""
    toy.run()
    script = (
        'mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && cd "$1" && '
        '"$2" run; echo "status $?"; "$2" status; echo "status $?"'
    )
    unshare = ["unshare", "--mount", "--map-root-user"]
    if subprocess.run([*unshare, "true"], capture_output=True, check=False).returncode:
        if os.environ.get("CI"):
            pytest.fail("CI needs mount namespaces to make a folder read-only")
        pytest.skip("this machine has no mount namespaces to make a folder read-only with")
    unchanged = subprocess.run(
        [*unshare, "sh", "-c", script, "sh", toy.folder, COMMAND], capture_output=True, text=True, check=False
    )
    toy.write("rows.csv", "other\n")
    changed = subprocess.run(
        [*unshare, "sh", "-c", script, "sh", toy.folder, COMMAND], capture_output=True, text=True, check=False
    )

    assert "nothing to run" in unchanged.stdout
    assert unchanged.stdout.count("status 0") == 2, unchanged.stderr
    assert "status 1" in changed.stdout
    assert f"cannot be written: {toy.folder} is read-only" in changed.stderr
    assert toy.read("build/rows.txt") == "a,b\na,b\n"
