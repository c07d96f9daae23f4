"""A model in a known format needs no `load`: the kit reads it in the project's own Python environment."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path
from typing import Literal

import numpy as np
import pytest

from roadworthy.build.data.table import Column, Table
from roadworthy.build.environment import kit
from roadworthy.build.environment.prepare import prepare
from roadworthy.build.model.spec import ModelSpec
from roadworthy.build.model.worker import ModelWorker
from roadworthy.declare import profile
from roadworthy.declare.pipeline import Model
from roadworthy.declare.requirements import OutputRule
from roadworthy.errors import EnvironmentFailed, LoadFailed

HERE = Path(__file__).parent
TOY = HERE / "toy"
STATE = HERE.parents[1] / ".cache" / "integration"

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def python() -> Path:
    """Return an interpreter with ONNX, skops and MLflow; without an index it can only be skipped on a laptop."""
    try:
        return prepare(profile.PythonEnvironment(lock="formats.txt"), HERE / "environments", STATE, print).python
    except EnvironmentFailed as fault:
        if os.environ.get("CI"):
            raise
        pytest.skip(str(fault))


@pytest.fixture(scope="module")
def models(python: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with one model in each format."""
    folder = tmp_path_factory.mktemp("models")
    environment = {"PYTHONPATH": str(TOY / "src"), "HOME": str(folder), "PATH": "/usr/bin:/bin"}
    subprocess.run([python, "-m", "toy.formats", folder], env=environment, check=True, capture_output=True)
    return folder


@pytest.mark.parametrize(("form", "name"), [("onnx", "a.onnx"), ("skops", "a.skops"), ("mlflow", "mlflow")])
def test_a_known_format_predicts(
    python: Path, models: Path, form: Literal["onnx", "skops", "mlflow"], name: str
) -> None:
    """Declared outputs come back under their names, more wind never being safer."""
    inputs, outputs = ("wind",), {"probability": OutputRule()}
    spec = ModelSpec(models, python, kit.install(STATE), Model(name, format=form), models / name, inputs, outputs)
    with ModelWorker.start(spec, timeout=120) as worker:
        answer = worker.predict(Table({"wind": Column(np.array([0.0, 30.0, 60.0]))}), timeout=30)
    calm, middle, stormy = answer["probability"].values.tolist()

    assert calm < 0.1
    assert 0.3 < middle < 0.7
    assert stormy > 0.9


@pytest.mark.parametrize("form", ["onnx", "skops"])
def test_a_file_of_another_format_is_a_failed_load(
    python: Path, models: Path, tmp_path: Path, form: Literal["onnx", "skops"]
) -> None:
    """The library's own error is shown."""
    path = tmp_path / "model"
    path.write_text("not a model", encoding="utf-8")

    with pytest.raises(LoadFailed, match="cannot be loaded"):
        ModelWorker.start(
            ModelSpec(models, python, kit.install(STATE), Model("model", format=form), path, ()), timeout=60
        )
