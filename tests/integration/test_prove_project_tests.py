"""The project's own pytest, run beside ours: every way it can end is told."""

from __future__ import annotations

import json
import subprocess
import sys
import textwrap
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from roadworthy.build.environment import kit
from roadworthy.build.model.spec import ModelSpec
from roadworthy.declare.failure_mode import Accepted, FailureMode, Found
from roadworthy.declare.pipeline import Model
from roadworthy.declare.requirements import Inputs, OutputRule, Requirements
from roadworthy.prove.project_tests import Fixtures, Running

if TYPE_CHECKING:
    from roadworthy.prove.proof import Check

REQUIREMENTS = Requirements(
    apiVersion="roadworthy/v1alpha1",
    model="late",
    task="binary_classification",
    inputs=Inputs(("wind",)),
    outputs={"probability": OutputRule()},
)
FAST = "[pytest]\naddopts = -p no:randomly -p no:xdist -p no:hypothesispytest\n"


@pytest.fixture
def tested(tmp_path: Path) -> Fixtures:
    """Return a model and its project, with a folder for tests."""
    (tmp_path / "tests").mkdir()
    (tmp_path / "pytest.ini").write_text(FAST, encoding="utf-8")
    spec = ModelSpec(
        folder=tmp_path,
        python=Path(sys.executable),
        kit=kit.install(tmp_path / ".roadworthy"),
        model=Model("model", load="model:load", frame="dict"),
        path=tmp_path / "model",
        inputs=("wind",),
        outputs={"probability": OutputRule()},
    )
    return Fixtures(spec, "There is no version in production yet.", {}, REQUIREMENTS)


def checks(tested: Fixtures, text: str | None, *, timeout: float = 60.0) -> dict[str, Check]:
    """Run a file of tests and return the checks by name."""
    tests = tested.candidate.folder / "tests"
    if text is not None:
        (tests / "test_own.py").write_text(textwrap.dedent(text), encoding="utf-8")
    with Running(tested, tests) as running:
        return {check.name: check for check in running.checks(timeout=timeout)}


def test_each_test_is_a_check(tested: Fixtures) -> None:
    """A passed, a failed and a skipped test, one whose setup fails, and the reasons."""
    found = checks(
        tested,
        """
        import pytest

        def test_good(requirements):
            assert requirements["inputs"]["columns"] == ["wind"]

        def test_bad():
            assert 1 + 1 == 3

        @pytest.mark.skip(reason="not today")
        def test_later():
            pass

        def test_compared(production_model):
            pass

        def test_rows(dataset):
            dataset("nothing")
        """,
    )
    verdicts = {name.partition("::")[2]: check.verdict for name, check in found.items()}

    assert verdicts == {
        "test_good": "passed",
        "test_bad": "failed",
        "test_later": "not_run",
        "test_compared": "not_run",
        "test_rows": "failed",
    }
    assert found["tests/test_own.py::test_bad"].summary == "assert (1 + 1) == 3"
    assert found["tests/test_own.py::test_later"].summary == "not today"
    assert "no version in production" in found["tests/test_own.py::test_compared"].summary


def test_a_file_that_cannot_be_collected_is_a_failed_check(tested: Fixtures) -> None:
    """A syntax error in a test is not a pass of all others."""
    found = checks(tested, "def test_broken(:\n    pass\n")

    assert [check.verdict for check in found.values()] == ["failed"]


def test_a_crash_of_pytest_is_a_failed_check(tested: Fixtures) -> None:
    """A test that ends the whole process is not silence."""
    found = checks(tested, "import os\n\ndef test_exit():\n    os._exit(9)\n")

    assert found["pytest"].verdict == "failed"
    assert "status 9" in found["pytest"].summary


def test_a_test_that_hangs_is_ended(tested: Fixtures) -> None:
    """After the limit the tests are ended, and said to have hung."""
    found = checks(tested, "import time\n\ndef test_sleep():\n    time.sleep(600)\n", timeout=3.0)

    assert found["pytest"].verdict == "failed"
    assert "did not end within 3 s" in found["pytest"].summary


def test_no_tests_are_not_run(tested: Fixtures) -> None:
    """Without tests, and with files that hold none, there is nothing to run, and that is said."""
    assert checks(tested, None)["pytest"].verdict == "not_run"
    assert "found no tests" in checks(tested, "x = 1\n")["pytest"].summary


def test_nothing_is_left_in_the_project(tested: Fixtures) -> None:
    """Running the tests leaves no bytecode and no cache in the project's folder."""
    checks(tested, "def test_good():\n    pass\n")
    folder = tested.candidate.folder
    left = {str(path.relative_to(folder)) for path in folder.rglob("*") if ".roadworthy" not in path.parts}

    assert left == {"pytest.ini", "tests", "tests/test_own.py"}


def test_the_environment_of_tests_is_their_own(tested: Fixtures, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing of our environment reaches the project's tests, least of all secrets."""
    monkeypatch.setenv("ROADWORTHY_SECRET", "open sesame")
    found = checks(
        tested,
        """
        import os

        def test_alone():
            assert "ROADWORTHY_SECRET" not in os.environ
        """,
    )

    assert [check.verdict for check in found.values()] == ["passed"]


def test_assertions_and_marks_are_told_with_each_test(tested: Fixtures) -> None:
    """What an assertion states, and the failure mode that a test is marked with, stand among the facts of its check."""
    found = Found("2026-01-01", "person")
    storms = FailureMode("roadworthy/v1alpha1", "Storms", found, "ada", "low", "storms.csv")
    night = replace(storms, status="accepted", accepted=Accepted("2999-01-01", "It is rare."))
    told = checks(
        replace(tested, failure_modes={"FM-001": storms, "FM-002": night}),
        """
        import pytest

        from roadworthy_kit.assertions import assert_share
        from roadworthy_kit.pretrain import assert_range


        def test_share():
            assert_share([True] * 96 + [False] * 4, 0.9)

        def test_few():
            assert_share([True] * 3, 0.9)

        def test_shares_fail():
            assert_share([True, False] * 50, 0.9, rows={"wind": list(range(100))})

        @pytest.mark.failure_mode("FM-001")
        def test_storms(failure_mode):
            assert_range([len(failure_mode.title)], 7)

        @pytest.mark.failure_mode("FM-002")
        def test_night():
            assert_range([2.0], 0, 1)

        @pytest.mark.failure_mode("FM-999")
        def test_nobody():
            pass

        @pytest.mark.failure_mode
        def test_unnamed():
            pass
        """,
    )
    named = {name.partition("::")[2]: check for name, check in told.items()}

    assert {name: check.verdict for name, check in named.items()} == {
        "test_share": "passed",
        "test_few": "not_run",
        "test_shares_fail": "failed",
        "test_storms": "failed",
        "test_night": "passed",
        "test_nobody": "failed",
        "test_unnamed": "failed",
    }
    assert (named["test_share"].facts["rows"], named["test_share"].facts["wrong"]) == (100, 4)
    assert named["test_share"].summary.startswith("96 % of 100 rows are right")
    assert "too few rows to tell" in named["test_few"].summary
    assert "    1: wind=1" in named["test_shares_fail"].summary
    assert named["test_storms"].facts["failure_mode"] == "FM-001"
    assert "6 in row 0" in named["test_storms"].summary
    assert "Accepted until 2999-01-01: It is rare." in named["test_night"].summary
    assert named["test_nobody"].summary == "failure_modes/ has no FM-999; it has: FM-001, FM-002."
    assert "names no failure mode" in named["test_unnamed"].summary


def test_a_report_can_be_asked_for_without_roadworthy(tested: Fixtures) -> None:
    """With the kit on the path, the plugin writes a report by itself; fixtures that need a model say what they need."""
    folder, kit_ = tested.candidate.folder, tested.candidate.kit
    (folder / "tests" / "test_own.py").write_text(
        "from roadworthy_kit.assertions import assert_share\n\n"
        "def test_good():\n    assert_share([True] * 100, 0.9)\n\ndef test_model(model):\n    pass\n",
        encoding="utf-8",
    )
    command = [sys.executable, "-m", "pytest", "-q", "-p", "roadworthy_kit.pytest_plugin", "-p", "no:cacheprovider"]
    done = subprocess.run(
        [*command, "--roadworthy-report=out/report.json"],
        cwd=folder, env={"PYTHONPATH": str(kit_), "PATH": "/usr/bin:/bin"}, capture_output=True, text=True, check=False,
    )  # fmt: skip
    good, model = json.loads((folder / "out" / "report.json").read_text(encoding="utf-8"))["tests"]

    assert done.returncode == 1
    assert (good["outcome"], good["stated"][0]["rows"]) == ("passed", 100)
    assert (model["outcome"], "run `roadworthy test`" in model["said"]) == ("failed", True)
