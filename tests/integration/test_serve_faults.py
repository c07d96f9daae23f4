"""A model that fails costs the requests that it failed, never the service; the guard says what it did with each row."""

from __future__ import annotations

import http.client
import os
import signal
import subprocess
import sys
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from roadworthy.ledger import ledger
from roadworthy.ledger.predictions import segment
from roadworthy.ledger.repo.repository import Repository
from roadworthy.ledger.versions.read import history
from served_toy import MAIN, Project, Service, git, row

if TYPE_CHECKING:
    from collections.abc import Iterator

POLICIES = {"flag": ("flagged", 0.5), "refuse": ("refused", None), "fallback": ("fallback", 0.5)}


@pytest.fixture(scope="module", params=POLICIES)
def guarded(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Guarded]:
    """Return a service for each policy; its model goes wrong for a row whose `tail` names how."""
    folder = tmp_path_factory.mktemp(request.param)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(folder))
        project = deployed(Project.make(folder / "project", request.param), "beyond")
        with Service(project.folder, "--timeout", "0.5") as service:
            yield Guarded(request.param, project, service)


@dataclass(frozen=True)
class Guarded:
    """A service, and what it does with what is out of scope."""

    policy: str
    project: Project
    service: Service


@pytest.fixture
def project(tmp_path: Path) -> Project:
    """Return a project that flags what is out of scope."""
    return Project.make(tmp_path / "project")


def deployed(project: Project, behaves: str) -> Project:
    """Return *project* with a version in production that behaves so."""
    project.deploy(project.release(behaves))
    return project


def answers(service: Service, seconds: float = 15) -> bool:
    """Whether a good request is answered within *seconds*."""
    end = time.monotonic() + seconds
    while service.predict(row())[0] != 200:
        if time.monotonic() > end:
            return False
        time.sleep(0.1)
    return True


def logged(project: Project) -> list[dict[str, Any]]:
    """Return what the prediction log holds, a moment later."""
    time.sleep(0.5)
    return list(segment.read(project.folder / ".roadworthy" / "predictions" / "production"))


@pytest.mark.parametrize("guarded", ["flag"], indirect=True)
@pytest.mark.parametrize(
    ("fault", "status", "says", "kind"),
    [
        ("hang", 504, "no answer within 0.5 s", "WorkerHung"),
        ("hang_in_c", 504, "no answer within 0.5 s", "WorkerHung"),
        ("die", 503, "killed by SIGSEGV", "WorkerDied"),
        ("raise", 500, "raised ValueError: no idea what UA is", "PredictFailed"),
        ("nan", 500, "NaN in the column `probability` at row 0", "BadPrediction"),
        ("short", 500, "0 rows for 1 rows of input", "BadPrediction"),
        ("other_column", 500, "the columns `score` instead of `probability`", "BadPrediction"),
        ("text", 500, "text in the column `probability`", "BadPrediction"),
        ("garbage", 500, "something that is no answer", "BadPrediction"),
    ],
)
def test_a_model_that_fails_is_told_by_status_and_the_service_stays_up(
    guarded: Guarded, fault: str, status: int, says: str, kind: str
) -> None:
    """Hanging, dying, raising and answering wrongly each have their status; good requests are answered again soon."""
    service = guarded.service
    assert answers(service)
    found, answer = service.predict(row(tail=fault, flight=fault))

    assert found == status
    assert says in answer["error"]
    assert "Traceback" not in answer["error"]
    assert service.ask("GET", "/v2/health/live")[0] == 200
    assert answers(service)
    [kept] = [one for one in logged(guarded.project) if one["key"] == {"flight": fault}]
    assert (kept["verdict"], kept["reasons"]) == ("failed", [kind])


@pytest.mark.parametrize("guarded", ["flag"], indirect=True)
def test_one_bad_row_does_not_fail_the_requests_beside_it(guarded: Guarded) -> None:
    """Requests that shared a batch with one that the model cannot answer are answered all the same."""
    statuses: list[tuple[str, int]] = []
    assert answers(guarded.service)

    def ask(tail: str) -> None:
        statuses.extend((tail, guarded.service.predict(row(tail=tail))[0]) for _ in range(40))

    threads = [threading.Thread(target=ask, args=(tail,)) for tail in ("N1", "N2", "raise", "N3")]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(statuses) == 160
    assert all(status == (500 if tail == "raise" else 200) for tail, status in statuses)


@pytest.mark.parametrize("guarded", ["flag"], indirect=True)
def test_a_worker_that_dies_while_nobody_asks_is_started_again(guarded: Guarded) -> None:
    """The kernel may end a process at any time; the next request need not find out."""
    assert answers(guarded.service)
    before = worker_of(guarded.service)
    os.kill(before, signal.SIGKILL)
    time.sleep(2.5)

    assert guarded.service.predict(row())[0] == 200
    assert worker_of(guarded.service) != before


def worker_of(service: Service) -> int:
    """Return the process that runs the model."""
    children = Path(f"/proc/{service.process.pid}/task").glob("*/children")
    found = [int(child) for task in children for child in task.read_text(encoding="utf-8").split()]
    return next(child for child in found if b"roadworthy_kit.worker" in Path(f"/proc/{child}/cmdline").read_bytes())


def test_the_guard_says_what_it_did_with_each_row(guarded: Guarded) -> None:
    """Out of scope is flagged, refused or answered by the baseline, each row for itself, with every reason."""
    assert answers(guarded.service)
    status, answer = guarded.service.predict(row(), row(wind=130, carrier="ZZ", hour=None), row(wind=None))
    inside, outside, missing = answer["predictions"]

    assert status == 200
    assert (inside["verdict"], inside["reasons"], inside["probability"]) == ("in_scope", [], 0.5)
    assert (missing["verdict"], missing["probability"]) == ("in_scope", 0.5)
    assert (outside["verdict"], outside["probability"]) == POLICIES[guarded.policy]
    assert outside["reasons"] == [
        "carrier is 'ZZ', which is not among the values allowed",
        "wind is 130 mph, above 90",
        "hour is missing",
    ]


@pytest.mark.parametrize("guarded", ["refuse", "fallback"], indirect=True)
def test_a_row_out_of_scope_never_reaches_the_model(guarded: Guarded) -> None:
    """What would kill the model is refused, or answered by the baseline, which is told nothing of the other rows."""
    assert answers(guarded.service)
    worker = worker_of(guarded.service)
    tail = "die" if guarded.policy == "refuse" else "N1"
    status, answer = guarded.service.predict(row(), row(wind=130, tail=tail))

    assert status == 200
    assert answer["predictions"][1]["verdict"] == POLICIES[guarded.policy][0]
    assert worker_of(guarded.service) == worker


def test_an_answer_out_of_scope_is_guarded_too(guarded: Guarded) -> None:
    """A model that answers what it should not is flagged, refused or replaced by the baseline."""
    assert answers(guarded.service)
    _, answer = guarded.service.predict(row(hour=13))
    [prediction] = answer["predictions"]

    assert prediction["verdict"] == POLICIES[guarded.policy][0]
    assert prediction["reasons"] == ["probability is 1.5, above 1"]
    assert prediction["probability"] == {"flag": 1.5, "refuse": None, "fallback": 0.5}[guarded.policy]


def test_the_log_keeps_what_is_declared_and_nothing_else(project: Project) -> None:
    """Inputs, outputs, version and verdict are kept; hashed columns as pseudonyms, dropped ones not at all."""
    with Service(deployed(project, "good").folder) as service:
        service.predict(row(flight="F1", tail="N123"), row(flight="F2", tail="N123", wind=200))
        service.predict(row(flight="F3", tail="N999"))
        service.end()
    first, second, third = logged(project)

    assert first["key"] == {"flight": "F1"}
    assert first["inputs"].keys() == {"carrier", "hour", "tail"}
    assert first["outputs"] == {"probability": 0.5}
    assert (first["model"], first["version"], first["deployment"]) == ("delay", "v1.0.0", 1)
    assert first["ms"] > 0
    assert first["inputs"]["tail"] == second["inputs"]["tail"] != third["inputs"]["tail"]
    assert "N123" not in str([first, second, third])
    assert (second["verdict"], second["reasons"]) == ("flagged", ["wind is out of scope"])


def test_kill_9_loses_at_most_the_last_second_of_the_log(project: Project) -> None:
    """What was answered a second before the gateway is killed is kept, and the log can be read to its end."""
    with Service(deployed(project, "good").folder) as service:
        answered: list[tuple[float, str]] = []
        done = threading.Event()

        def ask() -> None:
            while not done.is_set():
                try:
                    status, answer = service.predict(row())
                except (OSError, http.client.HTTPException):  # killed before, or amid, an answer
                    return
                if status == 200:
                    answered.append((time.monotonic(), answer["predictions"][0]["id"]))

        threads = [threading.Thread(target=ask) for _ in range(4)]
        for thread in threads:
            thread.start()
        time.sleep(3)
        service.process.send_signal(signal.SIGKILL)
        killed = time.monotonic()
        done.set()
        for thread in threads:
            thread.join()
    kept = {one["key"]["id"] for one in logged(project)}
    old = {name for at, name in answered if at < killed - 1}

    assert len(old) > 100
    assert old <= kept


def test_a_log_that_cannot_be_written_is_counted_and_told(project: Project) -> None:
    """Predictions go on when the disk does not, and what is not kept is never silent."""
    place = project.folder / ".roadworthy" / "predictions"
    place.mkdir(parents=True)
    (place / "production").write_text("in the way", encoding="utf-8")
    with Service(deployed(project, "good").folder) as service:
        assert service.predict(row())[0] == 200
        time.sleep(0.5)
        _, ready = service.ask("GET", "/v2/health/ready")

        assert "roadworthy_log_dropped_requests 1" in service.ask("GET", "/metrics")[1]
        assert ready["not_logged"]
        assert str(project.folder) not in ready["not_logged"]
        assert service.wait_for("Predictions are not kept: ")


def test_a_damaged_deployment_is_not_replaced_by_the_one_before(project: Project) -> None:
    """When the record of what is in production cannot be read, an older version does not start in its place."""
    deployed(project, "good")
    project.deploy(project.release("good"))
    kept = ledger.open(project.folder / ".roadworthy")
    latest = history(Repository.open(project.folder), kept, "delay").of("production")[-1]
    path = kept.records.path(latest.record)
    path.chmod(0o644)
    path.write_bytes(path.read_bytes() + b" ")
    done = subprocess.run(
        [sys.executable, "-c", MAIN, "serve", "production", "--port", "0"],
        cwd=project.folder, capture_output=True, text=True, check=False, timeout=60,
    )  # fmt: skip

    assert done.returncode == 1
    assert "delay#production#2 is damaged: " in done.stderr
    assert "Serving" not in done.stdout


def test_a_deployment_that_is_unknown_here_is_told_and_not_served(project: Project) -> None:
    """Whoever can push a tag changes nothing by it; that it is ignored is said."""
    folder = deployed(project, "good").folder
    git(folder, "tag", "--annotate", "--message", f"Record: blake3:{0:064}", "delay#production#2")
    with Service(folder) as service:
        assert service.ask("GET", "/")[1]["version"] == "v1.0.0"
        assert any("delay#production#2 is newer than delay#production#1" in line for line in service.said)
