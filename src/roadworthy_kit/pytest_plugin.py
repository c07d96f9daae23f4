"""Fixtures for a project's own tests: the model, the one in production, the datasets, the requirements.

`roadworthy test` loads this into the project's pytest with `-p roadworthy_kit.pytest_plugin`, and says in the file that
the environment variable ROADWORTHY_PLUGIN names what is tested, and where the results go. Without it the fixtures have
nothing to hand out; the assertions, the marks and the report work all the same.
"""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from roadworthy_kit import answer, assertions, columns, load, report
from roadworthy_kit.client import Worker

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator

_TOLD = "roadworthy"  # the property of a report that holds what is told of its test
_LONGEST = 2000  # characters of a failure that are kept


def _session() -> dict[str, Any]:
    place = os.environ.get("ROADWORTHY_PLUGIN")
    if place is None:
        raise pytest.UsageError("These fixtures need a model to test: run `roadworthy test`.")
    said: dict[str, Any] = json.loads(Path(place).read_text(encoding="utf-8"))
    return said


class Model:
    """A model in this process: takes a data frame that holds at least the declared inputs."""

    def __init__(self, spec: dict[str, Any]) -> None:
        self.inputs: list[str] = spec["inputs"]
        self.outputs: list[str] = spec["outputs"]
        self._frame: str = spec["frame"]
        self._model = load.load(spec)

    def predict(self, rows: Any) -> Any:
        """Return the declared outputs for *rows*, as a pandas frame with the index of *rows*."""
        given = _frame_of(rows, self.inputs, self._frame)
        named, _ = answer.read(self._model.predict(given), self.outputs)
        return _pandas(named, rows)


class RemoteModel:
    """A version's model in a process of its own, with its own code and its own Python environment."""

    def __init__(self, spec: dict[str, Any], worker: Worker) -> None:
        self.version: str = spec["version"]
        self.inputs: list[str] = spec["inputs"]
        self.outputs: list[str] = spec["outputs"]
        self._worker = worker

    def predict(self, rows: Any) -> Any:
        """Return the declared outputs for *rows*, as a pandas frame with the index of *rows*."""
        given, _ = answer.read(rows[self.inputs].reset_index(drop=True), self.inputs)
        said = self._worker.predict(given)
        return columns.build("pandas", said).set_index(rows.index)


class KnownFailure:
    """The failure mode that a test is marked with, and its examples."""

    def __init__(self, name: str, spec: dict[str, Any]) -> None:
        self.name = name
        self.title: str = spec["title"]
        self.expect: str = spec["expect"]
        self.share: float = spec["share"]
        self._examples: str = spec["examples"]

    @property
    def examples(self) -> Any:
        """The examples, as a pandas frame of the caller's own."""
        return _read(self._examples)


def _frame_of(rows: Any, inputs: list[str], kind: str) -> Any:
    """Return what a worker would give the model: whatever frame the rows come in, they cross as columns."""
    named, _ = answer.read(rows[inputs].reset_index(drop=True), inputs)
    tensors, buffers = columns.encode(named)
    return columns.build(kind, columns.decode(tensors, memoryview(b"".join(buffers))))


def _pandas(named: list[tuple[str, Any]], rows: Any) -> Any:
    import pandas as pd

    return pd.DataFrame(dict(named)).set_index(rows.index)


def _read(path: str) -> Any:
    """Return a table as a pandas frame, by whatever the project has installed."""
    import pandas as pd

    if path.endswith(".csv"):
        return pd.read_csv(path)
    if path.endswith((".json", ".jsonl")):
        return pd.read_json(path, lines=path.endswith(".jsonl"))
    try:
        import duckdb
    except ModuleNotFoundError:
        return pd.read_parquet(path)
    with duckdb.connect() as connection:
        return _plain(connection.read_parquet(path).df())


def _plain(frame: Any) -> Any:
    """Return *frame* with numbers as numpy has them: where one is missing, they are floats with NaN."""
    kinds = {name: str(frame[name].dtype) for name in frame.columns}
    whole = {name for name, kind in kinds.items() if kind.startswith(("Int", "UInt")) and not frame[name].isna().any()}
    nullable = [name for name, kind in kinds.items() if kind.startswith(("Int", "UInt", "Float"))]
    return frame.astype({name: "int64" if name in whole else "float64" for name in nullable})


@pytest.fixture(scope="session")
def requirements() -> dict[str, Any]:
    """Return requirements.yaml, as it was read."""
    said: dict[str, Any] = _session()["requirements"]
    return said


@pytest.fixture(scope="session")
def model() -> Model:
    """Return the candidate: the model of the run that is tested."""
    return Model(_session()["model"])


@pytest.fixture(scope="session")
def production_model() -> Iterator[RemoteModel]:
    """Return the version in production; without one, the test is skipped."""
    spec = _session()["production"]
    if "absent" in spec:
        pytest.skip(spec["absent"])
    worker = Worker(spec)
    try:
        yield RemoteModel(spec, worker)
    finally:
        worker.close()


@pytest.fixture(scope="session")
def dataset() -> Callable[[str], Any]:
    """Return a function from a dataset's declared name to its rows, as a pandas frame of the caller's own."""
    datasets: dict[str, str] = _session()["datasets"]
    read: dict[str, Any] = {}

    def rows(name: str) -> Any:
        if name not in datasets:
            raise pytest.UsageError(f"There is no dataset {name!r}; there are: {', '.join(datasets)}.")
        if name not in read:
            read[name] = _read(datasets[name])
        return read[name].copy()

    return rows


@pytest.fixture
def failure_mode(request: pytest.FixtureRequest) -> KnownFailure:
    """Return the failure mode that the test is marked with, and its examples: `@pytest.mark.failure_mode("FM-012")`."""
    marked = _marked(request.node)
    if len(marked) != 1:
        raise pytest.UsageError("This fixture is of a test with one mark: `@pytest.mark.failure_mode(...)`.")
    return KnownFailure(marked[0], _session()["failure_modes"][marked[0]])


class Results:
    """Writes what came of each test where Roadworthy, or the user, looks for it."""

    def __init__(self, place: Path | None, shown: Path | None) -> None:
        self._place = place
        self._shown = shown
        self._found: dict[str, dict[str, Any]] = {}

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        """Note a test's setup, call or teardown; the worst of the three is its outcome."""
        if report.when != "call" and report.passed:
            return
        self._note(report.nodeid, report)

    def pytest_collectreport(self, report: pytest.CollectReport) -> None:
        """Note a file that cannot be collected."""
        if not report.passed:
            self._note(report.nodeid, report)

    def pytest_sessionfinish(self) -> None:
        """Write what was noted."""
        if self._place is not None:
            self._place.write_text(json.dumps(list(self._found.values())), encoding="utf-8")
        if self._shown is not None:
            report.write(self._shown, list(self._found.values()))

    def _note(self, name: str, made: pytest.TestReport | pytest.CollectReport) -> None:
        known = self._found.get(name)
        if known is not None and known["outcome"] == "failed":
            return
        told = dict(getattr(made, "user_properties", ())).get(_TOLD, {})
        self._found[name] = {"name": name, "outcome": made.outcome, "said": _said(made), **told}


def _said(report: pytest.TestReport | pytest.CollectReport) -> str:
    """Return why a test failed or was skipped, shortened."""
    if report.passed:
        return ""
    if report.skipped and isinstance(report.longrepr, tuple):
        return str(report.longrepr[2]).removeprefix("Skipped: ")
    crash = getattr(report.longrepr, "reprcrash", None)
    told = str(crash.message if crash is not None else report.longreprtext)
    return told.removeprefix("AssertionError: ").removeprefix("Failed: ")[:_LONGEST]


def _marked(item: pytest.Item) -> list[str]:
    """Return the failure modes that a test is marked with."""
    return [str(name) for mark in item.iter_markers("failure_mode") for name in mark.args]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Let a report be asked for."""
    told = "Write what came of the tests to FILE: JSON where it ends in .json, else Markdown."
    parser.getgroup("roadworthy").addoption("--roadworthy-report", metavar="FILE", default=None, help=told)


def pytest_configure(config: pytest.Config) -> None:
    """Send results where they are looked for; from here on pytest would keep bytecode of the project's tests."""
    sys.dont_write_bytecode = True
    config.addinivalue_line("markers", "failure_mode(name): the known failure mode that the test is about, as `FM-012`")
    place = Path(_session()["results"]) if os.environ.get("ROADWORTHY_PLUGIN") else None
    asked = config.getoption("--roadworthy-report")
    shown = None if asked is None else config.invocation_params.dir / asked
    if (place or shown) and not hasattr(config, "workerinput"):  # processes of xdist tell the one that writes
        config.pluginmanager.register(Results(place, shown), "roadworthy-results")


def pytest_runtest_setup(item: pytest.Item) -> None:
    """Refuse a mark that names no failure mode: such a test would watch over nothing."""
    assertions.STATED.clear()
    known = _session()["failure_modes"] if os.environ.get("ROADWORTHY_PLUGIN") else None
    for mark in item.iter_markers("failure_mode"):
        if not mark.args:
            pytest.fail("`failure_mode` names no failure mode: write the name of its file, as `FM-012`.", pytrace=False)
    unknown = [] if known is None else [name for name in _marked(item) if name not in known]
    if unknown:
        listed = ", ".join(known or ()) or "none"
        pytest.fail(f"failure_modes/ has no {', '.join(unknown)}; it has: {listed}.", pytrace=False)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, Any, None]:
    """Note with each test the failure modes it is about, and what its assertions stated."""
    made: pytest.TestReport = (yield).get_result()
    told = {"failure_modes": _marked(item), "stated": list(assertions.STATED)}
    made.user_properties.append((_TOLD, told))
