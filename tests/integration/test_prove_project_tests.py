"""The project's own pytest, run beside ours: every way it can end is told."""

from __future__ import annotations

import sys
import textwrap
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from roadworthy.build.environment import kit
from roadworthy.build.model.spec import ModelSpec
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
