"""A release or deployment that is killed at any boundary is finished by doing it again, and nothing is there twice."""

from __future__ import annotations

import signal
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from release_project import change, git, make, prove
from roadworthy.app.release import deploy_here, release_here, rollback_here
from roadworthy.ledger.versions.read import History, history

if TYPE_CHECKING:
    from roadworthy.app.local import Local

TESTS = Path(__file__).parents[1]
BOUNDARIES = ["before objects", "after objects", "before record", "after record", "before tag", "after tag"]

# Replaces one step of the ledger or the repository by itself and the process's own sudden death, before or after.
KILLED = """
import os, signal, sys
from pathlib import Path
from roadworthy.app import release
from roadworthy.ledger.objects.folder import DirectoryStore
from roadworthy.ledger.records.keep import Records
from roadworthy.ledger.repo.repository import Repository

folder, boundary, command = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
when, step = boundary.split()
owner, name = {
    "objects": (DirectoryStore, "put"),
    "record": (Records, "write"),
    "tag": (Repository, "create_tag"),
}[step]
whole = getattr(owner, name)

def dying(*arguments, **named):
    if when == "after":
        whole(*arguments, **named)
    os.kill(os.getpid(), signal.SIGKILL)

setattr(owner, name, dying)
match command:
    case "release":
        release.release_here(None, as_baseline=False, start=folder)
    case "deploy":
        release.deploy_here("v1.1.0", "production", expect=None, start=folder)
    case "rollback":
        release.rollback_here("production", expect="v1.1.0", start=folder)
print("survived")
"""


def killed(local: Local, boundary: str, command: str) -> None:
    """Do *command* in a process that dies at *boundary*."""
    arguments = [sys.executable, "-c", KILLED, str(local.folder), boundary, command]
    done = subprocess.run(arguments, capture_output=True, text=True, check=False)

    assert done.returncode == -signal.SIGKILL, done.stdout + done.stderr


def found(local: Local) -> History:
    """Return the history of the project's model."""
    return history(local.repo, local.ledger, "toy")


@pytest.fixture
def toy(tmp_path: Path) -> Local:
    """A project whose commit was run and tested."""
    local = make(tmp_path / "toy")
    prove(local, "clever")
    return local


@pytest.fixture
def deployed(toy: Local) -> Local:
    """The project with two versions, the first of which is deployed in production."""
    release_here(None, as_baseline=False, start=toy.folder)
    change(toy, "cleverer")
    prove(toy, "cleverer")
    release_here(None, as_baseline=False, start=toy.folder)
    deploy_here("v1.0.0", "production", expect=None, start=toy.folder)
    return toy


@pytest.mark.parametrize("boundary", BOUNDARIES)
def test_a_killed_release_is_finished_by_the_next(toy: Local, boundary: str) -> None:
    """Before the tag there is no version, after it a whole one; doing it again leaves exactly one."""
    killed(toy, boundary, "release")
    before = found(toy)

    again = release_here(None, as_baseline=False, start=toy.folder).released
    after = found(toy)
    assert len(before.versions) == (1 if boundary == "after tag" else 0)
    assert before.ignored == after.ignored == ()
    assert [version.name for version in after.versions] == ["v1.0.0"]
    assert again.created == (boundary != "after tag")
    assert list(toy.ledger.records.faults()) == []


@pytest.mark.parametrize("boundary", [boundary for boundary in BOUNDARIES if "objects" not in boundary])
def test_a_killed_deployment_is_finished_by_the_next(deployed: Local, boundary: str) -> None:
    """What is deployed is the version before or the version after, and the next attempt deploys it once."""
    killed(deployed, boundary, "deploy")
    before = found(deployed).current("production")

    again = deploy_here("v1.1.0", "production", expect=None, start=deployed.folder)
    assert before is not None
    assert before.version == ("v1.1.0" if boundary == "after tag" else "v1.0.0")
    assert (again.deployment.number, again.deployment.version) == (2, "v1.1.0")
    assert len(found(deployed).of("production")) == 2


@pytest.mark.parametrize("boundary", [boundary for boundary in BOUNDARIES if "objects" not in boundary])
def test_a_killed_rollback_does_not_go_back_twice(deployed: Local, boundary: str) -> None:
    """With the version that it expects to leave, a rollback that is done again changes nothing more."""
    deploy_here("v1.1.0", "production", expect=None, start=deployed.folder)
    killed(deployed, boundary, "rollback")
    if boundary != "after tag":
        rollback_here("production", expect="v1.1.0", start=deployed.folder)

    current = found(deployed).current("production")
    assert current is not None
    assert (current.number, current.version, current.rollback) == (3, "v1.0.0", True)


def test_many_releases_at_once_make_one_version(toy: Local) -> None:
    """A commit has one version, however many release it at once and with whatever bump."""
    script = (
        "import sys; from pathlib import Path; from roadworthy.app.release import release_here;"
        "print(release_here(sys.argv[2], as_baseline=False, start=Path(sys.argv[1])).released.created)"
    )
    bumps = ["major", "minor", "patch", "major"]
    running = [
        subprocess.Popen([sys.executable, "-c", script, str(toy.folder), bump], stdout=subprocess.PIPE, text=True)
        for bump in bumps
    ]
    told = [process.communicate()[0].strip() for process in running]

    assert sorted(told) == ["False", "False", "False", "True"]
    assert len(git(toy.folder, "tag").split()) == 1


def test_a_full_disk_makes_no_version(toy: Local) -> None:
    """What cannot be kept is not claimed: a clear error, no tag, and the next release does it all."""
    script = (
        "import resource, sys; resource.setrlimit(resource.RLIMIT_FSIZE, (0, 0));"
        "from pathlib import Path; from roadworthy.app.release import release_here;"
        "release_here(None, as_baseline=False, start=Path(sys.argv[1]))"
    )
    done = subprocess.run([sys.executable, "-c", script, str(toy.folder)], capture_output=True, text=True, check=False)

    assert "roadworthy.errors.StorageError" in done.stderr
    assert git(toy.folder, "tag") == ""
    assert release_here(None, as_baseline=False, start=toy.folder).released.created
