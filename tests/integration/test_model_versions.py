"""Two versions of a model with incompatible dependencies answer side by side, each in its own Python environment."""

from __future__ import annotations

import os
import subprocess
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import numpy as np
import pytest

from roadworthy.build.data.table import Column, Table
from roadworthy.build.environment import kit
from roadworthy.build.environment.prepare import PythonEnvironment, prepare
from roadworthy.build.model.spec import ModelSpec
from roadworthy.build.model.worker import ModelWorker
from roadworthy.declare import profile
from roadworthy.declare.pipeline import Model
from roadworthy.declare.requirements import OutputRule
from roadworthy.errors import BadPrediction, EnvironmentFailed, LoadFailed

HERE = Path(__file__).parent
TOY = HERE / "toy"
# Kept from one session to the next, as `.roadworthy` is: an environment is made once.
STATE = HERE.parents[1] / ".cache" / "integration"
OUTPUTS = {"probability": OutputRule(min=0, max=1), "computed_by": OutputRule(type="text")}

pytestmark = pytest.mark.slow


def environment(lock: str) -> PythonEnvironment:
    """Return the Python environment of a lock in this folder; without an index it can only be skipped on a laptop."""
    try:
        return prepare(profile.PythonEnvironment(lock=lock), HERE / "environments", STATE, print)
    except EnvironmentFailed as fault:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(fault))


@pytest.fixture(scope="module")
def older() -> PythonEnvironment:
    """Return an environment with numpy 1 and scikit-learn 1.4."""
    return environment("older.txt")


@pytest.fixture(scope="module")
def newer() -> PythonEnvironment:
    """Return an environment with numpy 2 and a scikit-learn that reads none of the older one's pickles."""
    return environment("newer.txt")


def trained(made: PythonEnvironment, path: Path) -> ModelSpec:
    """Return a booster that was trained in *made* by the project's own command."""
    home = kit.install(STATE)
    command = [str(made.python), "-m", "toy.booster", str(path)]
    subprocess.run(command, cwd=TOY, env={"PYTHONPATH": f"{home}:{TOY / 'src'}", "HOME": str(path.parent)}, check=True)
    return ModelSpec(
        TOY, made.python, home, Model(path.name, load="toy.booster:load"), path, ("carrier", "wind"), OUTPUTS
    )


def wind(*speeds: float) -> Table:
    """Return a row for each wind speed, of two carriers in turn."""
    carriers = np.array(["UA", "DL"] * len(speeds), dtype=object)[: len(speeds)]
    return Table({"wind": Column(np.array(speeds)), "carrier": Column(carriers)})


def test_incompatible_versions_answer_side_by_side(
    older: PythonEnvironment, newer: PythonEnvironment, tmp_path: Path
) -> None:
    """Each version is computed by the numpy and scikit-learn of its own lock, at the same time, from one process."""
    specs = [trained(older, tmp_path / "old"), trained(newer, tmp_path / "new")]
    with (
        ModelWorker.start(specs[0], timeout=60) as old,
        ModelWorker.start(specs[1], timeout=60) as new,
        ThreadPoolExecutor(2) as both,
    ):
        answers = list(both.map(lambda worker: worker.predict(wind(5.0, np.nan, 55.0), timeout=20), [old, new]))

    assert [answer["computed_by"].values[0] for answer in answers] == [
        "numpy 1, scikit-learn 1.4",
        "numpy 2, scikit-learn 1.9",
    ]
    for answer in answers:
        calm, _, stormy = answer["probability"].values.tolist()
        assert 0 <= calm < stormy <= 1


def test_a_version_in_the_wrong_environment_says_so(
    older: PythonEnvironment, newer: PythonEnvironment, tmp_path: Path
) -> None:
    """A pickle of the newer scikit-learn does not load in the older one, and the error is the loader's own."""
    spec = trained(newer, tmp_path / "new")
    misplaced = ModelSpec(TOY, older.python, spec.kit, spec.model, spec.path, spec.inputs, spec.outputs)

    with pytest.raises(LoadFailed, match=r"cannot be loaded: \w*Error"):
        ModelWorker.start(misplaced, timeout=60)


def test_an_environment_is_made_once_and_known_by_what_it_holds(
    older: PythonEnvironment, newer: PythonEnvironment
) -> None:
    """Preparing it again changes nothing; two locks never share a name."""
    assert environment("older.txt") == older
    assert older.matches_lock
    assert older.managed
    assert older.digest != newer.digest
    assert older.python != newer.python


def shaped(made: PythonEnvironment, tmp_path: Path, shape: str) -> ModelSpec:
    """Return a model that answers in *shape*."""
    path = tmp_path / "model"
    path.write_text(shape, encoding="utf-8")
    model = Model("model", load="toy.shapes:load")
    return ModelSpec(
        TOY, made.python, kit.install(STATE), model, path, ("carrier", "wind"), {"probability": OutputRule()}
    )


@pytest.mark.parametrize("shape", ["frame", "series", "nullable", "float32", "array", "matrix", "objects", "own index"])
def test_an_answer_may_come_in_any_shape_that_says_the_same(
    newer: PythonEnvironment, tmp_path: Path, shape: str
) -> None:
    """Frames, series and arrays of any width of number give the same column."""
    with ModelWorker.start(shaped(newer, tmp_path, shape), timeout=60) as worker:
        answer = worker.predict(wind(40.0, np.nan, 10.0), timeout=20)

    assert answer["probability"].values.tolist() == pytest.approx([0.4, 0.0, 0.1])


@pytest.mark.parametrize(
    ("shape", "says"),
    [
        ("sorted", "its rows in another order: row 0 is the first out of place"),
        ("reversed", "its rows in another order: row 0"),
        ("missing", "NaN in the column `probability` at row 1"),
        ("twice", "`probability`, `probability` instead of `probability`"),
        ("cube", "an array of 3 dimensions"),
    ],
)
def test_a_frame_that_says_something_else_is_refused(
    newer: PythonEnvironment, tmp_path: Path, shape: str, says: str
) -> None:
    """Rows out of order, missing values and columns that stand twice are told apart."""
    with (
        ModelWorker.start(shaped(newer, tmp_path, shape), timeout=60) as worker,
        pytest.raises(BadPrediction, match=says),
    ):
        worker.predict(wind(40.0, 60.0, 10.0), timeout=20)
