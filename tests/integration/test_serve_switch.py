"""A deployment or a rollback takes over a running service without dropping a request."""

from __future__ import annotations

import http.client
import json
import signal
import subprocess
import sys
import threading
import time
from typing import TYPE_CHECKING, Self

import pytest

from roadworthy.declare.pipeline import Model
from roadworthy.ledger.predictions import segment
from served_toy import MAIN, Project, Service, git, row

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project without versions."""
    return Project.make(tmp_path / "project")


class Load:
    """Clients that ask one after the other, each over one connection; what every one of them was answered."""

    def __init__(self, port: int, clients: int) -> None:
        self.answers: list[tuple[int, str | None]] = []
        self.faults: list[Exception] = []
        self._port = port
        self._done = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(clients)]

    def _ask(self) -> None:
        connection = http.client.HTTPConnection("127.0.0.1", self._port, timeout=30)
        body = json.dumps({"records": [row()]})
        while not self._done.is_set():
            try:
                connection.request("POST", "/predict", body)
                response = connection.getresponse()
                self.answers.append((response.status, json.loads(response.read()).get("version")))
            except (OSError, http.client.HTTPException) as fault:
                self.faults.append(fault)
                connection.close()
                time.sleep(0.01)
        connection.close()

    def __enter__(self) -> Self:
        for thread in self._threads:
            thread.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._done.set()
        for thread in self._threads:
            thread.join()


def test_switching_versions_drops_no_request(project: Project) -> None:
    """Under load, through deployments and a rollback, every request is answered, and by the version of its time."""
    first, second = project.release("good"), project.release("slow")
    project.deploy(first)
    with Service(project.folder) as service:
        with Load(service.port, clients=8) as load:
            for version in (second, first, second):
                time.sleep(0.7)
                project.deploy(version)
                service.until(version.name)
            time.sleep(0.7)
        assert service.predict(row())[1]["version"] == "v1.1.0"
        service.end()
    versions = [version for _, version in load.answers]
    kept = list(segment.read(project.folder / ".roadworthy" / "predictions" / "production"))

    assert load.faults == []
    assert {status for status, _ in load.answers} == {200}
    assert len(load.answers) > 200
    assert set(versions) == {"v1.0.0", "v1.1.0"}
    assert {one["deployment"] for one in kept} == {1, 2, 3, 4}
    assert len(kept) == len(load.answers) + 1


def test_a_rollback_is_served_within_two_seconds(project: Project) -> None:
    """The version before is kept warm, so that going back loads nothing."""
    first, second = project.release("good"), project.release("good")
    project.deploy(first)
    with Service(project.folder) as service:
        project.deploy(second)
        service.until("v1.1.0")
        project.deploy(first)
        began = time.monotonic()
        service.until("v1.0.0")

        assert time.monotonic() - began < 2
        service.wait_for("Serving delay v1.0.0 (delay#production#3)")
        assert [line for line in service.said if "Starting" in line] == ["Starting delay v1.1.0 beside v1.0.0."]


def test_a_deployment_that_cannot_be_served_changes_nothing(project: Project) -> None:
    """A version whose model does not load is said so, and the one before goes on answering; the next one is served.

    Callers are told the cause in a line; the traceback is for whoever runs the service.
    """
    good = project.release("good")
    broken, mended = project.release("no such fault"), project.release("good")
    project.deploy(good)
    with Service(project.folder) as service:
        project.deploy(broken)
        said = service.wait_for("Not switched")
        status, ready = service.ask("GET", "/v2/health/ready")

        assert "cannot be loaded: KeyError" in said
        assert status == 200
        assert ready["version"] == "v1.0.0"
        assert ready["not_switched"].endswith("cannot be loaded: KeyError: 'no such fault'")
        assert service.wait_for("Mend `toy.wrong:load`").startswith("Mend")
        assert any("KeyError" in line and line.startswith("  ") for line in service.said)
        assert "roadworthy_switch_failed 1" in service.ask("GET", "/metrics")[1]
        assert service.predict(row())[1]["version"] == "v1.0.0"

        project.deploy(mended)
        service.until("v1.2.0")
        assert "not_switched" not in service.ask("GET", "/v2/health/ready")[1]


def test_the_working_tree_is_never_served(project: Project) -> None:
    """What runs is the code of the version's commit, whatever is edited or checked out meanwhile."""
    version = project.release("good")
    project.deploy(version)
    (project.folder / "src" / "toy" / "wrong.py").write_text("raise RuntimeError('edited')\n", encoding="utf-8")
    (project.folder / "requirements.yaml").write_text(
        (project.folder / "requirements.yaml").read_text(encoding="utf-8").replace("max: 90", "max: 1"),
        encoding="utf-8",
    )
    git(project.folder, "commit", "--quiet", "--all", "--message", "Break everything")
    with Service(project.folder) as service:
        status, answer = service.predict(row(wind=80))

    assert status == 200
    assert answer["predictions"][0]["verdict"] == "in_scope"


def fail(folder: Path, *arguments: str) -> tuple[int, str]:
    """Return the status and the words of a `serve` that does not start."""
    command = [sys.executable, "-c", MAIN, "serve", *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, timeout=60, check=False)
    return done.returncode, done.stderr


@pytest.mark.parametrize(
    ("environment", "says"),
    [("production", "Nothing is deployed in production"), ("prodution", "did you mean production?")],
)
def test_an_environment_without_a_deployment_is_told(project: Project, environment: str, says: str) -> None:
    """There is nothing to serve: status 1, with what to do."""
    status, said = fail(project.folder, environment, "--port", "0")

    assert status == 1
    assert says in said
    assert "Traceback" not in said


def damage(project: Project) -> None:
    """Change a byte of every object that is kept."""
    for path in (project.folder / ".roadworthy" / "ledger" / "objects").glob("??/*"):
        path.chmod(0o644)
        path.write_bytes(b"damaged" + path.read_bytes())


def unload(project: Project) -> None:
    """Deploy a version that does not load."""
    project.deploy(project.release("no such fault"))


def mix_up(project: Project) -> None:
    """Deploy a version that gives rows each other's answers; it was released before that was tested."""
    project.release("good")
    model = project.folder / "build" / "model"
    model.parent.mkdir()
    model.write_text("any", encoding="utf-8")
    project.deploy(project.release_built(Model("build/model", load="toy.wrong:load_backwards", frame="dict")))


@pytest.mark.parametrize(
    ("spoil", "says"),
    [
        (damage, "other bytes than its address says"),
        (unload, "cannot be loaded: KeyError"),
        (mix_up, "callers get each other's"),
    ],
)
def test_a_version_that_cannot_be_served_is_told(project: Project, spoil: Callable[[Project], None], says: str) -> None:
    """A damaged artifact, and a model that does not load or mixes rows up, end the command with status 1, and why."""
    project.deploy(project.release("good"))
    spoil(project)
    status, said = fail(project.folder, "production", "--port", "0")

    assert status == 1
    assert says in said


@pytest.mark.parametrize(("number", "status"), [(signal.SIGINT, 130), (signal.SIGTERM, -signal.SIGTERM)])
def test_an_orderly_end_answers_what_was_asked_and_writes_it_down(
    project: Project, number: signal.Signals, status: int
) -> None:
    """Ctrl-C and SIGTERM lose nothing, and leave no process behind."""
    project.deploy(project.release("slow"))
    with Service(project.folder) as service:
        with Load(service.port, clients=4) as load:
            time.sleep(0.5)
            found = service.end(number)
        answered = [answer for answer in load.answers if answer[0] == 200]
    kept = list(segment.read(project.folder / ".roadworthy" / "predictions" / "production"))

    assert found == status
    assert len(kept) >= len(answered) > 0
    assert {one["verdict"] for one in kept} == {"in_scope"}


def test_an_open_address_is_warned_of(project: Project) -> None:
    """Whoever listens beyond this machine is told that there is no log-in."""
    project.deploy(project.release("good"))
    with Service(project.folder, "--host", "0.0.0.0") as service:  # noqa: S104 - what is tested
        assert "no log-in" in service.wait_for("no log-in")


def test_a_port_that_is_taken_is_told(project: Project) -> None:
    """Two services cannot have one port: status 5, at once."""
    project.deploy(project.release("good"))
    with Service(project.folder) as service:
        status, said = fail(project.folder, "production", "--port", str(service.port))

    assert status == 5
    assert "is taken" in said
