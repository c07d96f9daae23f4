"""The project's own tests: its pytest, in its Python environment, with our fixtures; each test is a check."""

from __future__ import annotations

import json
import os
import shutil
import signal
import stat
import subprocess
import tempfile
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Self

from roadworthy.build.workplace.variables import closed
from roadworthy.prove.own_test import check_of
from roadworthy.prove.proof import Check

if TYPE_CHECKING:
    from collections.abc import Mapping
    from types import TracebackType

    from roadworthy.build.model.spec import ModelSpec
    from roadworthy.declare.failure_mode import FailureMode
    from roadworthy.declare.requirements import Requirements

_PATIENCE = 1800.0
_LINES = 15
_NONE_COLLECTED = 5
_NAME = "pytest"


@dataclass(frozen=True, slots=True)
class Fixtures:
    """What the fixtures of the project's tests hand out.

    Attributes:
        candidate: The model of the run.
        production: The version in production and its model, or why there is none.
        datasets: The file of each dataset, by its declared name.
        requirements: What must hold.
        failure_modes: What tests may be marked with, by name.
    """

    candidate: ModelSpec
    production: tuple[str, ModelSpec] | str
    datasets: Mapping[str, Path]
    requirements: Requirements
    failure_modes: Mapping[str, FailureMode] = field(default_factory=dict)


class Running:
    """The project's pytest at work, beside whatever else is tested meanwhile; ended with the block it is opened in."""

    def __init__(self, tested: Fixtures, tests: Path) -> None:
        self._tests = tests
        self._modes = tested.failure_modes
        self._kept = Path(tempfile.mkdtemp(prefix="roadworthy-tests-"))  # ours: the tests cannot put a link there
        self._scratch = self._kept / "scratch"
        self._scratch.mkdir()
        self._results = self._scratch / "results.json"
        self._printed = self._kept / "printed.txt"
        said = self._kept / "session.json"
        said.write_text(json.dumps(_session(tested, self._results)), encoding="utf-8")
        self._process = self._start(tested, said) if _has_tests(tests) else None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, kind: type[BaseException] | None, fault: BaseException | None, at: TracebackType | None) -> None:
        if self._process is not None:
            with suppress(ProcessLookupError, PermissionError):  # it has ended, and all of its group
                os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()
        shutil.rmtree(self._kept, ignore_errors=True)

    def checks(self, *, timeout: float = _PATIENCE) -> tuple[Check, ...]:
        """Wait for the end, and return a check for each test; or why there is none."""
        if self._process is None:
            return (_not_run(f"There are no tests in {self._tests.name}/."),)
        try:
            status: int | None = self._process.wait(timeout=timeout)
        except subprocess.TimeoutExpired:
            status = None
        printed = self._printed.read_text(encoding="utf-8", errors="replace")
        return _conclude(status, printed, _found(self._results, self._modes), timeout)

    def _start(self, tested: Fixtures, said: Path) -> subprocess.Popen[bytes]:
        spec = tested.candidate
        command = [
            *(str(spec.python), "-m", "roadworthy_kit.testing", str(self._tests)),
            *("-q", "--no-header", "--color=no"),
            *("-p", "roadworthy_kit.pytest_plugin", "-p", "no:cacheprovider"),
        ]
        with self._printed.open("wb") as printed:
            return subprocess.Popen(
                _confined(command, tested, said, self._scratch),
                cwd=spec.folder,
                env=_surroundings(spec, said, self._scratch),
                stdin=subprocess.DEVNULL,
                stdout=printed,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )


def _confined(command: list[str], tested: Fixtures, said: Path, scratch: Path) -> list[str]:
    spec = tested.candidate
    if spec.confinement is None or not spec.confinement.isolates:
        return command
    specs = [spec] if isinstance(tested.production, str) else [spec, tested.production[1]]
    reads = [said, *(part for one in specs for part in (one.folder, one.kit, one.path))]
    reach = closed(spec.folder, scratch, reads, [one.python for one in specs])
    return spec.confinement.wrap(command, reach, str(spec.folder.resolve()))


def _found(results: Path, modes: Mapping[str, FailureMode]) -> tuple[Check, ...]:
    """Return what the tests wrote; nothing when it is no plain file, for a link may lead to what they cannot read."""
    try:
        handle = os.open(results, os.O_RDONLY | os.O_CLOEXEC | os.O_NOFOLLOW | os.O_NONBLOCK)
    except OSError:
        return ()
    with open(handle, encoding="utf-8") as file:  # noqa: PTH123 - an open file
        if not stat.S_ISREG(os.fstat(handle).st_mode):
            return ()
        return tuple(check_of(each, modes) for each in json.load(file))


def _has_tests(tests: Path) -> bool:
    return any(any(tests.rglob(pattern)) for pattern in ("test_*.py", "*_test.py"))


def _conclude(status: int | None, printed: str, checks: tuple[Check, ...], timeout: float) -> tuple[Check, ...]:
    if "No module named 'pytest'" in printed:
        return (_not_run("pytest is not installed in the project's Python environment."),)
    if status == _NONE_COLLECTED and not checks:
        return (_not_run("pytest found no tests."),)
    if status in {0, 1} and checks:
        return checks
    ending = f"pytest did not end within {timeout:g} s" if status is None else f"pytest ended with status {status}"
    failed = Check("project", _NAME, "failed", f"{ending}: {_last_lines(printed)}")
    return (*checks, failed) if not any(check.verdict == "failed" for check in checks) else checks


def _not_run(why: str) -> Check:
    return Check("project", _NAME, "not_run", why)


def _session(tested: Fixtures, results: Path) -> dict[str, object]:
    if isinstance(tested.production, str):
        production: object = {"absent": tested.production}
    else:
        version, spec = tested.production
        production = {"version": version, **_spec(spec)}
    return {
        "results": str(results),
        "model": _spec(tested.candidate),
        "production": production,
        "datasets": {name: str(path) for name, path in tested.datasets.items()},
        "requirements": asdict(tested.requirements),
        "failure_modes": {name: _mode(mode, tested.candidate.folder) for name, mode in tested.failure_modes.items()},
    }


def _mode(mode: FailureMode, folder: Path) -> dict[str, object]:
    examples = str(folder / mode.examples)
    return {"title": mode.title, "expect": mode.expect, "share": mode.share, "examples": examples}


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


def _surroundings(spec: ModelSpec, said: Path, scratch: Path) -> dict[str, str]:
    """Return the environment of the project's tests: nothing of ours, and a home that is thrown away."""
    return {
        "PATH": f"{spec.python.parent}:/usr/local/bin:/usr/bin:/bin",
        "PYTHONPATH": ":".join(map(str, (spec.kit, spec.folder / "src", spec.folder))),
        "PYTHONHASHSEED": "0",
        "PYTHONDONTWRITEBYTECODE": "1",
        "OMP_NUM_THREADS": "1",
        "HOME": str(scratch),
        "TMPDIR": str(scratch),
        "LANG": "C.UTF-8",
        "ROADWORTHY_PLUGIN": str(said),
    }


def _last_lines(printed: str) -> str:
    lines = [line for line in printed.splitlines() if line.strip()][-_LINES:]
    return "\n".join(lines) or "it printed nothing"
