"""Writes the same model in each known format: formats.py FOLDER; the chance is a half at a wind of 30."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import mlflow.pyfunc
import numpy as np
import onnx  # type: ignore[import-not-found]  # installed where the model runs, not where types are checked
import pandas as pd
import skops.io
from onnx import TensorProto, helper, numpy_helper
from sklearn.linear_model import LogisticRegression

SLOPE, OFFSET = 0.1, -3.0


class Chance(mlflow.pyfunc.PythonModel):  # type: ignore[misc]  # as above
    """The model as MLflow keeps it."""

    def predict(self, context: Any, model_input: Any, params: Any = None) -> Any:  # noqa: ARG002 - its signature
        """Return the chance."""
        return pd.DataFrame({"probability": 1 / (1 + np.exp(-SLOPE * model_input["wind"] - OFFSET))})


def write(folder: Path) -> None:
    """Write `a.onnx`, `a.skops` and the folder `mlflow`."""
    graph = helper.make_graph(
        [
            helper.make_node("Gemm", ["wind", "slope", "offset"], ["score"]),
            helper.make_node("Sigmoid", ["score"], ["probability"]),
        ],
        "chance",
        [helper.make_tensor_value_info("wind", TensorProto.FLOAT, [None, 1])],
        [helper.make_tensor_value_info("probability", TensorProto.FLOAT, [None, 1])],
        [
            numpy_helper.from_array(np.array([[SLOPE]], np.float32), "slope"),
            numpy_helper.from_array(np.array([OFFSET], np.float32), "offset"),
        ],
    )
    onnx.save(helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8), folder / "a.onnx")
    rows = pd.DataFrame({"wind": np.linspace(0, 60, 101)})
    skops.io.dump(LogisticRegression().fit(rows, rows["wind"] >= 30), folder / "a.skops")
    mlflow.pyfunc.save_model(path=str(folder / "mlflow"), python_model=Chance(), pip_requirements=[])


if __name__ == "__main__":
    write(Path(sys.argv[1]))
