"""The project's own tests: its pytest, in its Python environment, with our fixtures; each test is a check."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import tempfile
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Mapping

    from roadworthy.build.model.spec import ModelSpec
    from roadworthy.declare.requirements import Requirements

_PATIENCE = 1800.0
_LINES = 15
_NONE_COLLECTED = 5
_NAME = "pytest"


@dataclass(frozen=True, slots=True)
class Tested:
    """What the project's tests are about.

    Attributes:
        candidate: The model of the run.
        production: The version in production and its model, or None.
        datasets: The file of each dataset, by its declared name.
        requirements: What must hold.
    """

    candidate: ModelSpec
    production: tuple[str, ModelSpec] | None
    datasets: Mapping[str, Path]
    requirements: Requirements


def run(tested: Tested, tests: Path, *, timeout: float = _PATIENCE) -> tuple[Check, ...]:
    """Run the tests in the folder *tests* and return a check for each; why not, when there is nothing to run."""
    if not any(tests.rglob("test_*.py")) and not any(tests.rglob("*_test.py")):
        return (_not_run(f"There are no tests in {tests.name}/."),)
    with tempfile.TemporaryDirectory(prefix="roadworthy-tests-") as scratch:
        results = Path(scratch) / "results.json"
        said = Path(scratch) / "session.json"
        said.write_text(json.dumps(_session(tested, results)), encoding="utf-8")
        status, printed = _pytest(tested.candidate, tests, said, timeout)
        found = json.loads(results.read_text(encoding="utf-8")) if results.is_file() else []
    if "No module named pytest" in printed:
        return (_not_run("pytest is not installed in the project's Python environment."),)
    checks = tuple(_check(each) for each in found)
    if status in {0, 1} and checks:
        return checks
    if status == _NONE_COLLECTED and not checks:
        return (_not_run(f"pytest found no tests in {tests.name}/."),)
    ending = f"pytest did not end within {timeout:g} s" if status is None else f"pytest ended with status {status}"
    failed = Check("project", _NAME, "failed", f"{ending}: {_last_lines(printed)}")
    return (*checks, failed) if not any(check.verdict == "failed" for check in checks) else checks


def _not_run(why: str) -> Check:
    return Check("project", _NAME, "not_run", why)


def _check(found: Mapping[str, str]) -> Check:
    match found["outcome"]:
        case "passed":
            return Check("project", found["name"], "passed", "It passed.")
        case "skipped":
            return Check("project", found["name"], "not_run", found["said"] or "It was skipped.")
        case _:
            return Check("project", found["name"], "failed", found["said"] or "It failed.")


def _session(tested: Tested, results: Path) -> dict[str, object]:
    production = None
    if tested.production is not None:
        version, spec = tested.production
        production = {"version": version, **_spec(spec)}
    return {
        "results": str(results),
        "model": _spec(tested.candidate),
        "production": production,
        "datasets": {name: str(path) for name, path in tested.datasets.items()},
        "requirements": asdict(tested.requirements),
    }


def _spec(spec: ModelSpec) -> dict[str, object]:
    return {
        "folder": str(spec.folder),
        "python": str(spec.python),
        "kit": str(spec.kit),
        "path": str(spec.path),
        "load": spec.model.load,
        "format": spec.model.format,
        "frame": spec.model.frame,
        "inputs": list(spec.inputs),
        "outputs": list(spec.outputs),
    }


def _pytest(spec: ModelSpec, tests: Path, said: Path, timeout: float) -> tuple[int | None, str]:
    """Return the exit status of pytest (None: it was ended after *timeout* seconds) and what it printed."""
    process = subprocess.Popen(
        [
            *(str(spec.python), "-m", "pytest", str(tests), "-q", "--no-header", "--color=no"),
            *("-p", "roadworthy_kit.pytest_plugin", "-p", "no:cacheprovider"),
        ],
        cwd=spec.folder,
        env=_surroundings(spec, said),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        printed, _ = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        return None, process.communicate()[0].decode(errors="replace")
    except BaseException:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait()
        raise
    return process.returncode, printed.decode(errors="replace")


def _surroundings(spec: ModelSpec, said: Path) -> dict[str, str]:
    """Return the environment of the project's tests: nothing of ours, and a home that is thrown away."""
    return {
        "PATH": f"{spec.python.parent}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": ":".join(map(str, (spec.kit, spec.folder / "src", spec.folder))),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "HOME": str(said.parent),
        "TMPDIR": str(said.parent),
        "LANG": "C.UTF-8",
        "ROADWORTHY_PLUGIN": str(said),
    }


def _last_lines(printed: str) -> str:
    lines = [line for line in printed.splitlines() if line.strip()][-_LINES:]
    return "\n".join(lines) or "it printed nothing"
