"""What a hostile stage, model and test of a project try on a platform: all of it goes well free, and none confined."""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

import hostile
from kernel import needed_bubblewrap
from roadworthy.app.local import confinement
from roadworthy.app.runner.checkout import Origin, check_out
from roadworthy.build.data.table import Column, Table
from roadworthy.build.environment import kit
from roadworthy.build.model.spec import ModelSpec
from roadworthy.build.model.worker import ModelWorker
from roadworthy.declare.pipeline import Model
from roadworthy.declare.requirements import Inputs, OutputRule, Requirements
from roadworthy.ledger.repo.git import UNHOOKED
from roadworthy.prove.project_tests import Fixtures, Running
from toy_pipeline import Toy, make_toy

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ENVIRONMENT_CANARY = "canary-of-the-runner's-environment"
TOLD = {
    *(f"read {name}" for name in hostile.READ),
    *("read an environment", "look at processes", "connect"),
}
SEEN = {*(f"write {name}" for name in hostile.WRITE), "leave a process", "kill the runner", "kill the server"}
TEST = """
import json
import pytest
import hostile

def test_hostile():
    pytest.fail(json.dumps(hostile.attack()))
"""


@dataclass
class World:
    """A platform's home with two projects on its disk, a runner and a server, and what was done to them."""

    home: Path
    toy: Toy
    targets: dict[str, str | int]
    runner: subprocess.Popen[bytes]
    server: subprocess.Popen[bytes]

    def harm(self) -> set[str]:
        """Return what was done that can be seen from outside; processes that were left behind are ended."""
        found = {f"write {name}" for name in hostile.WRITE if self._is_forged(str(self.targets[name]))}
        for name, process in (("runner", self.runner), ("server", self.server)):
            with contextlib.suppress(subprocess.TimeoutExpired):
                process.wait(timeout=0.5)
                found.add(f"kill the {name}")
        if end_what_was_left(str(self.targets["left"])):
            found.add("leave a process")
        return found

    def _is_forged(self, path: str) -> bool:
        with contextlib.suppress(OSError):
            return Path(path).read_bytes() == b"forged"
        return False

    def spec(self, when: str, setting: str) -> ModelSpec:
        """Return the hostile model, which attacks *when*."""
        path = self.toy.folder / "model"
        path.write_text(when, encoding="utf-8")
        return ModelSpec(
            folder=self.toy.folder,
            python=Path(sys.executable),
            kit=kit.install(self.toy.folder / ".roadworthy"),
            model=Model("model", load="hostile:load", frame="dict"),
            path=path,
            inputs=("wind",),
            outputs={"said": OutputRule(type="text")},
            confinement=confinement({"ROADWORTHY_CONFINEMENT": setting})(),
        )


def end_what_was_left(name: str) -> bool:
    """End the processes called *name*, which hostile code left behind, and return whether there were any."""
    found = False
    for place in Path("/proc").glob("[0-9]*/cmdline"):
        with contextlib.suppress(OSError):
            if name.encode() in place.read_bytes():
                os.kill(int(place.parent.name), signal.SIGKILL)
                found = True
    return found


@pytest.fixture
def world(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[World]:
    """A platform's home, a checkout of a hostile project in it, and something to be harmed of each kind."""
    needed_bubblewrap()
    home = tmp_path / "home"
    toy = make_toy(home / "work" / "toy" / "branch" / "runner-1-0", monkeypatch)
    state, bucket = toy.folder / ".roadworthy", home / "buckets" / "toy"
    targets: dict[str, str | int] = {
        "identity.db": str(home / "identity.db"),
        "platform.db": str(home / "platform.db"),
        "key": str(home / "key"),
        "other's bucket": str(home / "buckets" / "other" / "rows"),
        "other's checkout": str(home / "work" / "other" / "branch" / "runner-1-0" / "rows"),
        "own key": str(state / "key"),
        "own ledger": str(state / "ledger" / "records" / "aa" / "secret"),
        "record": str(state / "ledger" / "records" / "ab" / "forged.json"),
        "index": str(state / "index.db"),
        "trusted": str(state / "trusted" / "forged.pub"),
        "environment": str(state / "environments" / "forged.pth"),
        "kit": str(state / "kit" / "forged.py"),
        "package cache": str(home / "work" / "cache" / "protected" / "uv" / "forged"),
        "hook": str(toy.folder / ".git" / "hooks" / "post-checkout"),
        "git config": str(toy.folder / ".git" / "config"),
        "alternates": str(toy.folder / ".git" / "objects" / "info" / "alternates"),
        "approval in the bucket": str(bucket / "records" / "ab" / "approval.json"),
        "proof in the bucket": str(bucket / "records" / "cd" / "proof.json"),
        "cache entry in the bucket": str(bucket / "names" / "stage" / "key"),
        "name in the bucket": str(bucket / "names" / "changes" / "1"),
        "object in the bucket": str(bucket / "objects" / "ab" / "forged"),
        "other's bucket of objects": str(home / "buckets" / "other" / "objects" / "ab" / "forged"),
        "served platform.db": str(home / "platform.db-wal"),
        "served identity.db": str(home / "identity.db-wal"),
        "signing key": str(home / "keys" / "key"),
        "left": f"left behind by {tmp_path}",
        "canary": ENVIRONMENT_CANARY,
    }
    for name in hostile.READ:
        place = Path(str(targets[name]))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text("canary", encoding="utf-8")
    for folder in ("environments", "kit", "trusted"):
        (state / folder).mkdir(exist_ok=True)
    for name in hostile.WRITE:
        if str(targets[name]).startswith(f"{home}{os.sep}") and not str(targets[name]).startswith(str(toy.folder)):
            Path(str(targets[name])).parent.mkdir(parents=True, exist_ok=True)
    waits = [sys.executable, "-I", "-c", "import time; time.sleep(600)", "canary"]
    runner, serves = (subprocess.Popen(waits, env={"SECRET": ENVIRONMENT_CANARY}) for _ in range(2))
    with socket.create_server(("127.0.0.1", 0)) as server:
        threading.Thread(target=_answer, args=(server,), daemon=True).start()
        targets |= {"port": server.getsockname()[1], "runner": runner.pid, "server": serves.pid}
        shutil.copy(hostile.__file__, toy.folder / "hostile.py")
        toy.write("targets.json", json.dumps(targets))
        yield World(home, toy, targets, runner, serves)
        server.shutdown(socket.SHUT_RDWR)
    for process in (runner, serves):
        process.kill()
        process.wait()
    end_what_was_left(str(targets["left"]))


def _answer(server: socket.socket) -> None:
    with contextlib.suppress(OSError):
        while True:
            connection, _ = server.accept()
            with connection:
                connection.sendall(b"served")


def as_a_stage(world: World, setting: str) -> set[str]:
    """Let a stage attack, in `roadworthy run`, and return what it says that it did."""
    world.toy.stages({"work": {"cmd": "env -u ROADWORTHY_TRACE python -I hostile.py", "outs": ["build/said.json"]}})
    (world.toy.folder / ".git" / "info" / "exclude").write_text("/.roadworthy/\n", encoding="utf-8")
    world.toy.commit()
    bucket = str(world.home / "buckets" / "toy")
    done = world.toy.cli("run", "-j1", env={"ROADWORTHY_CONFINEMENT": setting, "ROADWORTHY_BUCKET": bucket})
    logs = list((world.toy.folder / ".roadworthy" / "logs").rglob("work.log"))

    assert logs, done.stderr + done.stdout
    return set(json.loads(logs[0].read_text(encoding="utf-8").splitlines()[-1]))


def as_a_model(when: str) -> Callable[[World, str], set[str]]:
    """Return what lets a model attack *when* it is loaded or asked."""

    def attack(world: World, setting: str) -> set[str]:
        rows = Table({"wind": Column(np.array([1.0]))})
        with ModelWorker.start(world.spec(when, setting), timeout=60) as worker:
            told = worker.predict(rows, timeout=60)
        return set(json.loads(str(told["said"].values[0])))

    return attack


def as_a_test(world: World, setting: str) -> set[str]:
    """Let a test of the project attack, and return what it says that it did."""
    world.toy.write("tests/test_own.py", TEST)
    world.toy.write("pytest.ini", "[pytest]\naddopts = -p no:randomly -p no:xdist -p no:hypothesispytest\n")
    spec = world.spec("never", setting)
    requirements = Requirements(
        apiVersion="roadworthy/v1alpha1", model="m", task="regression", inputs=Inputs(("wind",)), outputs=spec.outputs
    )
    with Running(Fixtures(spec, "none", {}, requirements), world.toy.folder / "tests") as running:
        (check,) = running.checks(timeout=60)
    return set(json.loads(check.summary[check.summary.index("[") : check.summary.rindex("]") + 1]))


WAYS = {"stage": as_a_stage, "load": as_a_model("load"), "predict": as_a_model("predict"), "test": as_a_test}


@pytest.mark.parametrize("way", WAYS)
def test_hostile_code_does_no_harm(world: World, way: str) -> None:
    """It reads nothing of others or of the machine's, changes nothing that is ours, reaches and ends nobody."""
    said = WAYS[way](world, "bubblewrap")

    assert said & TOLD == set()  # what it writes by its own account may be in a /tmp of its own
    assert world.harm() == set()


@pytest.mark.parametrize("way", WAYS)
def test_without_confinement_it_does(world: World, way: str) -> None:
    """Each deed goes well where nothing keeps it from being done: the other test is not passed by chance."""
    said = WAYS[way](world, "none")

    assert said >= TOLD
    assert world.harm() >= SEEN


TRAP = """
import os, shutil, subprocess
os.makedirs("build", exist_ok=True)
os.makedirs("sub", exist_ok=True)
git = ["git", "-C", "sub", "-c", "user.name=h", "-c", "user.email=h@h"]
subprocess.run([*git, "init", "-q"], check=True)
subprocess.run([*git, "commit", "-q", "--allow-empty", "-m", "x"], check=True)
with open("sub/file", "w") as file: file.write("x")
with open("sub/.gitattributes", "w") as file: file.write("* filter=evil")
subprocess.run([*git, "add", "--all"], check=True)
for setting in ("core.fsmonitor", "filter.evil.clean", "filter.evil.smudge", "core.sshCommand"):
    subprocess.run([*git, "config", setting, "touch MARK; cat"], check=True)
os.utime("sub/file", (1, 1))
shutil.rmtree("build/later", ignore_errors=True)
os.symlink("OUTSIDE", "build/later")
with open("build/out", "w") as file: file.write("x")
"""


def lay_traps(toy: Toy, mark: Path, outside: Path, setting: str) -> None:
    """Let a stage turn a committed submodule into a repository that wants its programs run, and leave a link."""
    toy.write("trap.py", TRAP.replace("MARK", str(mark)).replace("OUTSIDE", str(outside)))
    toy.stages({"work": {"cmd": "env -u ROADWORTHY_TRACE python -I trap.py", "outs": ["build/out"]}})
    (toy.folder / ".git" / "info" / "exclude").write_text("/.roadworthy/\n", encoding="utf-8")
    (toy.folder / ".roadworthy" / "key").unlink()  # a run makes one that it can sign with
    toy.git("add", "--all")
    toy.git("update-index", "--add", "--cacheinfo", f"160000,{'1' * 40},sub")
    toy.git("commit", "--quiet", "--message", "Trap")
    done = toy.cli("run", "-j1", env={"ROADWORTHY_CONFINEMENT": setting, **UNHOOKED})

    assert done.returncode == 0, done.stderr
    assert (toy.folder / "sub" / ".git" / "config").exists()
    assert (toy.folder / "build" / "later").is_symlink()


def test_git_of_ours_runs_nothing_that_a_stage_left(world: World, tmp_path: Path) -> None:
    """A folder made to look like a submodule runs its programs in git of anybody's, and never in that of a job."""
    mark, outside = tmp_path / "mark", tmp_path / "outside"
    outside.mkdir()
    (outside / "kept").write_text("kept", encoding="utf-8")
    toy = world.toy
    lay_traps(toy, mark, outside, "bubblewrap")

    assert not mark.exists(), "the run's own look at the working tree ran it"
    toy.local().repo.status()
    assert not mark.exists()
    upstream = tmp_path / "upstream.git"
    subprocess.run(["git", "clone", "-q", "--bare", str(toy.folder), str(upstream)], check=True)
    commit = toy.git("rev-parse", "HEAD")
    check_out(toy.folder, Origin(str(upstream), tmp_path, "key"), commit, {"main": commit})
    assert not mark.exists()
    assert not (toy.folder / "sub" / ".git").exists()
    assert not (toy.folder / "build").exists()
    assert [path.name for path in outside.iterdir()] == ["kept"]


def test_the_trap_for_git_works(world: World, tmp_path: Path) -> None:
    """Git that looks into submodules runs what is laid there: the other test is not passed by chance."""
    mark = tmp_path / "mark"
    lay_traps(world.toy, mark, tmp_path, "bubblewrap")

    world.toy.git("status")
    assert mark.exists()


LINKS = """
import json, os
import pytest

def test_links():
    place = os.environ["TMPDIR"]
    for name in ("results.json", "../printed.txt", "../session.json"):
        try:
            os.remove(os.path.join(place, name))
        except OSError:
            pass
        try:
            os.symlink("KEY", os.path.join(place, name))
        except OSError:
            pass
    os._exit(2)
"""


def test_links_lead_us_nowhere(world: World) -> None:
    """A test that puts a link where we look for its results and its words has us tell nothing of what it leads to."""
    world.toy.write("tests/test_own.py", LINKS.replace("KEY", str(world.targets["identity.db"])))
    world.toy.write("pytest.ini", "[pytest]\naddopts = -p no:randomly -p no:xdist -p no:hypothesispytest\n")
    spec = world.spec("never", "bubblewrap")
    requirements = Requirements(
        apiVersion="roadworthy/v1alpha1", model="m", task="regression", inputs=Inputs(("wind",)), outputs=spec.outputs
    )
    with Running(Fixtures(spec, "none", {}, requirements), world.toy.folder / "tests") as running:
        found = running.checks(timeout=60)

    assert [check.verdict for check in found] == ["failed"]
    assert "canary" not in repr(found)


def test_an_output_that_is_a_link_is_not_followed(world: World) -> None:
    """A stage whose output leads to what it cannot read fails, and nothing of it is kept."""
    world.toy.stages(
        {"work": {"cmd": f"mkdir -p build; ln -s {world.targets['identity.db']} build/out", "outs": ["build/out"]}}
    )
    (world.toy.folder / ".git" / "info" / "exclude").write_text("/.roadworthy/\n", encoding="utf-8")
    world.toy.commit()
    done = world.toy.cli("run", "-j1", env={"ROADWORTHY_CONFINEMENT": "bubblewrap"})

    assert done.returncode == 1
    assert "cannot be kept" in done.stderr
