"""Every way in which a model's process fails is told apart, and named so that its author can mend it."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pytest

from roadworthy.build.data.table import Column, Table
from roadworthy.build.environment import kit
from roadworthy.build.model.scratch import PREFIX, sweep
from roadworthy.build.model.spec import ModelSpec
from roadworthy.build.model.worker import ModelWorker
from roadworthy.declare.pipeline import Model
from roadworthy.declare.requirements import OutputRule
from roadworthy.errors import BadPrediction, LoadFailed, ModelError, PredictFailed, WorkerDied, WorkerHung
from roadworthy.prove.predictor import Predictor

if TYPE_CHECKING:
    from collections.abc import Callable

TOY = Path(__file__).parent / "toy"


def rows(*winds: float) -> Table:
    """Return a row for each wind speed; a wrong model goes wrong above 100."""
    return Table(
        {"carrier": Column(np.array(["UA"] * len(winds), dtype=object)), "wind": Column(np.array(winds, dtype=float))}
    )


@pytest.fixture
def wrong(tmp_path: Path) -> Callable[..., ModelSpec]:
    """Return a maker of specifications for a wrong model; it runs in our own Python, and needs nothing installed."""

    def make(fault: str, load: str = "load") -> ModelSpec:
        path = tmp_path / "model"
        path.write_text(fault, encoding="utf-8")
        model = Model(path="model", load=f"toy.wrong:{load}", frame="dict")
        home = kit.install(tmp_path)
        return ModelSpec(
            TOY, Path(sys.executable), home, model, path, ("carrier", "wind"), {"probability": OutputRule()}
        )

    return make


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("hang", WorkerHung, "no answer within 0.5 s"),
        ("hang_in_c", WorkerHung, "no answer within 0.5 s"),
        ("die", WorkerDied, r"killed by SIGSEGV.*\n  the extension lost its mind"),
        ("leave", WorkerDied, "exit status 0"),
        ("exit", PredictFailed, "SystemExit: 2 columns are enough for me"),
        ("raise", PredictFailed, r"ValueError: no idea what UA is[\s\S]*wrong.py"),
        ("nan", BadPrediction, "NaN in the column `probability` at row 2, and in 1 of 3 rows"),
        ("nothing", BadPrediction, "NaN in the column `probability` at row 0"),
        ("infinity", BadPrediction, "infinity in the column `probability` at row 0, and in 3 of 3 rows"),
        ("short", BadPrediction, "2 rows for 3 rows of input"),
        ("other_column", BadPrediction, "the columns `score` instead of `probability`"),
        ("extra_column", BadPrediction, "`probability`, `carrier` instead of `probability`"),
        ("text", BadPrediction, "text in the column `probability`, which is declared as number"),
        ("objects", BadPrediction, "column `probability` holds a value of type dict"),
        ("scalar", BadPrediction, "returned a float, which has no columns"),
        ("garbage", BadPrediction, "something that is no answer"),
    ],
)
def test_a_wrong_prediction_is_told_apart(
    wrong: Callable[..., ModelSpec], fault: str, error: type[ModelError], says: str
) -> None:
    """Each fault of `predict` is its own error, and says what a human needs to mend it."""
    with ModelWorker.start(wrong(fault), timeout=20) as worker:
        assert worker.predict(rows(5.0), timeout=20)["probability"].values.tolist() == [0.5]

        with pytest.raises(error, match=says):
            worker.predict(rows(5.0, 120.0, 7.0), timeout=0.5)


def test_ones_own_line_is_not_hidden_by_those_of_a_library(wrong: Callable[..., ModelSpec]) -> None:
    """Of a traceback, the project's own frames and the last one are told: no library's between, and none of ours."""
    with ModelWorker.start(wrong("deep"), timeout=20) as worker, pytest.raises(PredictFailed) as found:
        worker.predict(rows(120.0), timeout=5)
    told = found.value.problem

    assert "return copy.deepcopy(nested)" in told
    assert told.count("copy.py") == 1
    assert "roadworthy_kit" not in told


def test_a_load_that_fails_is_told_by_the_name_of_the_model(wrong: Callable[..., ModelSpec]) -> None:
    """What pipeline.yaml calls it stands beside the place of its artifact; frames of the kit are left out."""
    with pytest.raises(LoadFailed) as found:
        ModelWorker.start(replace(wrong("good", "load_raising"), name="mine"), timeout=20)

    assert found.value.problem.startswith("The model `mine` (model) cannot be loaded: OSError: ")
    assert "roadworthy_kit" not in found.value.problem
    assert "was made on a Tuesday" in found.value.problem


@pytest.mark.parametrize(
    ("load", "error", "says"),
    [
        ("load_raising", LoadFailed, "OSError: .* was made on a Tuesday"),
        ("load_nothing", LoadFailed, "returned a str without `predict`"),
        ("load_missing", LoadFailed, "has no function `load_missing`"),
        ("load_hanging", WorkerHung, "no answer within 0.5 s"),
        ("load_dying", WorkerDied, r"killed by SIGKILL \(perhaps out of memory\).\n  loading "),
    ],
)
def test_a_load_that_fails_is_told_apart(
    wrong: Callable[..., ModelSpec], load: str, error: type[ModelError], says: str
) -> None:
    """Each fault of `load` is its own error, and leaves no process behind."""
    with pytest.raises(error, match=says):
        ModelWorker.start(wrong("good", load), timeout=0.5 if error is WorkerHung else 20)


def test_a_module_that_is_not_there_is_a_failed_load(wrong: Callable[..., ModelSpec], tmp_path: Path) -> None:
    """A misspelt module is the loader's fault, not a crash."""
    spec = wrong("good")
    model = Model(path="model", load="toy.wrnog:load")

    with pytest.raises(LoadFailed, match=r"No module named 'toy\.wrnog'"):
        ModelWorker.start(ModelSpec(TOY, spec.python, spec.kit, model, tmp_path, ()), timeout=20)


def test_an_interpreter_that_is_not_there_is_a_failed_load(wrong: Callable[..., ModelSpec], tmp_path: Path) -> None:
    """A Python environment that was deleted is said so."""
    spec = wrong("good")
    gone = ModelSpec(TOY, tmp_path / "bin" / "python", spec.kit, spec.model, spec.path, ())

    with pytest.raises(LoadFailed, match="cannot be started"):
        ModelWorker.start(gone, timeout=20)


@pytest.mark.parametrize("fault", ["raise", "nan", "short", "exit"])
def test_a_worker_lives_on_after_a_prediction_that_it_could_refuse(wrong: Callable[..., ModelSpec], fault: str) -> None:
    """A bad row costs an answer, not the process."""
    with ModelWorker.start(wrong(fault), timeout=20) as worker:
        with pytest.raises((PredictFailed, BadPrediction)):
            worker.predict(rows(120.0), timeout=20)

        assert worker.usable
        assert worker.predict(rows(5.0), timeout=20)["probability"].values.tolist() == [0.5]


def test_a_worker_that_hung_is_ended_with_all_its_processes(wrong: Callable[..., ModelSpec]) -> None:
    """Nothing of it runs on in the background."""
    worker = ModelWorker.start(wrong("hang"), timeout=20)
    group = worker.pid
    with pytest.raises(WorkerHung):
        worker.predict(rows(120.0), timeout=0.3)

    assert not worker.usable
    assert members(group) == []
    with pytest.raises(WorkerDied, match="has been ended"):
        worker.predict(rows(5.0), timeout=1)


_HOLD = """
import sys; from pathlib import Path; import numpy as np
from roadworthy.build.data.table import Column, Table
from roadworthy.build.model.spec import ModelSpec; from roadworthy.build.model.worker import ModelWorker
from roadworthy.declare.pipeline import Model
kit, toy, path = map(Path, sys.argv[1:])
spec = ModelSpec(toy, Path(sys.executable), kit, Model("m", load="toy.wrong:load", frame="dict"), path, ("wind",))
worker = ModelWorker.start(spec, timeout=20)
print(worker.pid, flush=True)
worker.predict(Table({"wind": Column(np.array([120.0]))}), timeout=600)
"""


@pytest.mark.parametrize("fault", ["hang", "hang_in_c"])
def test_a_worker_does_not_outlive_us(wrong: Callable[..., ModelSpec], tmp_path: Path, fault: str) -> None:
    """When we are killed with -9, a worker that hangs is ended too, even in C; the next one removes its home."""
    spec = wrong(fault)
    arguments = [str(spec.kit), str(TOY), str(spec.path)]
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    holder = subprocess.Popen(
        [sys.executable, "-c", _HOLD, *arguments], stdout=subprocess.PIPE, text=True,
        env={**os.environ, "TMPDIR": str(scratch)},
    )  # fmt: skip
    assert holder.stdout is not None
    with holder.stdout:
        group = int(holder.stdout.readline())
        time.sleep(0.2)
        sweep(scratch)
        owned = list(scratch.glob(f"{PREFIX}*"))
        holder.send_signal(signal.SIGKILL)
        holder.wait()

    assert eventually(lambda: members(group) == [])
    assert len(owned) == 1
    sweep(scratch)
    assert list(scratch.glob(f"{PREFIX}*")) == []


def test_a_home_that_nobody_ever_owned_is_left_for_a_day(tmp_path: Path) -> None:
    """Somebody may be making it just now; what stands longer was left by a kill in that moment."""
    fresh, old = tmp_path / f"{PREFIX}fresh", tmp_path / f"{PREFIX}old"
    for home in (fresh, old):
        home.mkdir()
    os.utime(old, (0, 0))
    sweep(tmp_path)

    assert [fresh] == list(tmp_path.iterdir())


def members(group: int) -> list[int]:
    """Return the processes of a group that run, zombies left out."""
    found = []
    for folder in Path("/proc").iterdir():
        try:
            status = (folder / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
        except OSError:
            continue
        if int(status[2]) == group and status[0] != "Z":
            found.append(int(folder.name))
    return found


def eventually(holds: Callable[[], bool], seconds: float = 10) -> bool:
    """Whether *holds* comes true in time."""
    end = time.monotonic() + seconds
    while not holds() and time.monotonic() < end:
        time.sleep(0.02)
    return holds()


def test_a_worker_sees_nothing_of_our_environment(
    wrong: Callable[..., ModelSpec], monkeypatch: pytest.MonkeyPatch
) -> None:
    """A model is given none of our variables, and a home that is thrown away."""
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "for us alone")
    with ModelWorker.start(wrong("good"), timeout=20) as worker:
        variables = Path(f"/proc/{worker.pid}/environ").read_text(encoding="utf-8").split("\0")

    assert not any(line.startswith("AWS_") for line in variables)
    assert f"HOME={os.environ['HOME']}" not in variables
    assert "OMP_NUM_THREADS=1" in variables


@pytest.mark.parametrize(
    ("fault", "error", "says"),
    [
        ("raise", PredictFailed, "Row 9000 by itself is enough for it: .*ValueError: no idea what UA is"),
        ("nan", BadPrediction, "NaN in the column `probability` at row 11999, and in 1 of 7000 rows"),
    ],
)
def test_one_row_of_thousands_is_found(
    wrong: Callable[..., ModelSpec], fault: str, error: type[ModelError], says: str
) -> None:
    """The one row that a model cannot answer is named by its number in the table, also where that is asked in parts."""
    winds = np.zeros(12_000)
    winds[9_000] = 150.0

    with Predictor(wrong(fault)) as predictor, pytest.raises(error, match=says):
        predictor.predict(rows(*winds))
