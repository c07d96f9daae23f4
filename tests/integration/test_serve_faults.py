"""A model that fails costs the requests that it failed, never the service; the guard says what it did with each row."""

from __future__ import annotations

import os
import signal
import threading
import time
from pathlib import Path
from typing import Any

import pytest

from roadworthy.ledger.predictions import segment
from served_toy import Project, Service, row

STRONG = row(wind=120)  # a wrong model goes wrong above 100


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
    """Return what the prediction log holds."""
    return list(segment.read(project.folder / ".roadworthy" / "predictions" / "production"))


@pytest.mark.parametrize(
    ("fault", "status", "says"),
    [
        ("hang", 504, "no answer within 0.5 s"),
        ("hang_in_c", 504, "no answer within 0.5 s"),
        ("die", 503, "killed by SIGSEGV"),
        ("raise", 500, "raised ValueError: no idea what UA is"),
        ("nan", 500, "NaN in the column `probability` at row 0"),
        ("short", 500, "0 rows for 1 rows of input"),
        ("other_column", 500, "the columns `score` instead of `probability`"),
        ("text", 500, "text in the column `probability`"),
        ("garbage", 500, "something that is no answer"),
    ],
)
def test_a_model_that_fails_is_told_by_status_and_the_service_stays_up(
    project: Project, fault: str, status: int, says: str
) -> None:
    """Hanging, dying, raising and answering wrongly each have their status; good requests are answered again soon."""
    with Service(deployed(project, fault).folder, "--timeout", "0.5") as service:
        assert service.predict(row())[0] == 200
        found, answer = service.predict(STRONG)

        assert found == status
        assert says in answer["error"]
        assert "Traceback" not in answer["error"]
        assert service.ask("GET", "/v2/health/live")[0] == 200
        assert answers(service)
        assert service.end() in {0, -signal.SIGTERM}

    assert [one["verdict"] for one in logged(project)].count("failed") == 1


def test_one_bad_row_does_not_fail_the_requests_beside_it(project: Project) -> None:
    """Requests that shared a batch with one that the model cannot answer are answered all the same."""
    with Service(deployed(project, "raise").folder) as service:
        statuses: list[tuple[float, int]] = []

        def ask(wind: float) -> None:
            statuses.extend((wind, service.predict(row(wind=wind))[0]) for _ in range(40))

        threads = [threading.Thread(target=ask, args=(wind,)) for wind in (5.0, 6.0, 120.0, 7.0)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    assert len(statuses) == 160
    assert all(status == (500 if wind > 100 else 200) for wind, status in statuses)


def test_a_worker_that_dies_while_nobody_asks_is_started_again(project: Project) -> None:
    """The kernel may end a process at any time; the next request need not find out."""
    with Service(deployed(project, "good").folder) as service:
        assert service.predict(row())[0] == 200
        os.kill(worker_of(service), signal.SIGKILL)
        time.sleep(2.5)

        assert service.predict(row())[0] == 200
        assert "roadworthy_worker_restarts 1" in service.ask("GET", "/metrics")[1]


def worker_of(service: Service) -> int:
    """Return the process that runs the model."""
    children = Path(f"/proc/{service.process.pid}/task").glob("*/children")
    found = [int(child) for task in children for child in task.read_text(encoding="utf-8").split()]
    return next(child for child in found if b"roadworthy_kit.worker" in Path(f"/proc/{child}/cmdline").read_bytes())


@pytest.mark.parametrize(
    ("policy", "verdict", "probability"),
    [("flag", "flagged", 0.5), ("refuse", "refused", None), ("fallback", "fallback", 0.5)],
)
def test_the_guard_says_what_it_did_with_each_row(
    tmp_path: Path, policy: str, verdict: str, probability: float | None
) -> None:
    """Out of scope is flagged, refused or answered by the baseline, each row for itself, with every reason."""
    project = Project.make(tmp_path / "project", policy)
    # Under `fallback` and `refuse` the model must not see strong wind at all: it would die.
    with Service(deployed(project, "good" if policy == "flag" else "die").folder) as service:
        status, answer = service.predict(row(), row(wind=130, carrier="ZZ", hour=None), row(wind=None))
        inside, outside, missing = answer["predictions"]

    assert status == 200
    assert (inside["verdict"], inside["reasons"], inside["probability"]) == ("in_scope", [], 0.5)
    assert (missing["verdict"], missing["probability"]) == ("in_scope", 0.5)
    assert (outside["verdict"], outside["probability"]) == (verdict, probability)
    assert outside["reasons"] == [
        "carrier is 'ZZ', which is not among the values allowed",
        "wind is 130 mph, above 90",
        "hour is missing",
    ]


@pytest.mark.parametrize(("policy", "verdict"), [("flag", "flagged"), ("refuse", "refused"), ("fallback", "fallback")])
def test_an_answer_out_of_scope_is_guarded_too(tmp_path: Path, policy: str, verdict: str) -> None:
    """A model that answers what it should not is flagged, refused or replaced by the baseline."""
    project = Project.make(tmp_path / "project", policy)
    with Service(deployed(project, "beyond").folder) as service:
        _, answer = service.predict(row())
        [prediction] = answer["predictions"]

    assert prediction["verdict"] == verdict
    assert prediction["reasons"] == ["probability is 1.5, above 1"]
    assert prediction["probability"] == {"flag": 1.5, "refuse": None, "fallback": 0.5}[policy]


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
                except OSError:
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
