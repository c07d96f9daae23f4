"""Loaders of models: the project's own function, or a known format."""

from __future__ import annotations

import importlib
import sys
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence


class NoModel(Exception):
    """What was declared gives nothing that predicts."""


def load(wanted: dict[str, Any]) -> Any:
    """Return the model that *wanted* declares: an object with `predict`.

    Args:
        wanted: `path` of the artifact; `load` as `package.module:function`, or `format`; `outputs`, the names declared.

    Raises:
        NoModel: The function is not there, or what it returns has no `predict`.
    """
    if wanted.get("load"):
        model = _function(wanted["load"])(wanted["path"])
    else:
        loader = _FORMATS.get(wanted.get("format") or "")
        if loader is None:
            raise NoModel(f"There is no loader for the format {wanted.get('format')!r}.")
        model = loader(Path(wanted["path"]), wanted.get("outputs", ()))
    if not callable(getattr(model, "predict", None)):
        raise NoModel(
            f"{wanted.get('load') or wanted.get('format')} returned a {type(model).__name__} without `predict`."
        )
    return model


def _function(name: str) -> Callable[[str], Any]:
    module, _, attribute = name.partition(":")
    found = importlib.import_module(module)
    function = getattr(found, attribute, None)
    if not callable(function):
        raise NoModel(f"{module} ({found.__file__}) has no function `{attribute}`.")
    result: Callable[[str], Any] = function
    return result


class _Onnx:
    """An ONNX model: columns by name, or one matrix, whichever its graph takes."""

    def __init__(self, path: Path, outputs: Sequence[str]) -> None:
        import onnxruntime

        options = onnxruntime.SessionOptions()
        options.intra_op_num_threads = 1
        self._session = onnxruntime.InferenceSession(str(path), options, providers=["CPUExecutionProvider"])
        self._outputs = outputs

    def predict(self, frame: Any) -> dict[str, Any]:
        """Return each declared output by its name in the graph."""
        import numpy as np

        wanted = self._session.get_inputs()
        if len(wanted) == 1 and wanted[0].name not in frame.columns:
            feed = {wanted[0].name: frame.to_numpy().astype(_element(wanted[0].type))}
        else:
            feed = {
                node.name: frame[node.name].to_numpy().astype(_element(node.type)).reshape(-1, 1) for node in wanted
            }
        names = list(self._outputs) or [node.name for node in self._session.get_outputs()]
        return {
            name: np.asarray(values).reshape(len(frame), -1)[:, -1]
            for name, values in zip(names, self._session.run(names, feed))  # noqa: B905 - Python 3.9
        }


def _element(kind: str) -> str:
    return {"tensor(double)": "float64", "tensor(int64)": "int64", "tensor(string)": "object"}.get(kind, "float32")


class _Estimator:
    """A scikit-learn estimator: the chance of the last class, or its prediction."""

    def __init__(self, estimator: Any, outputs: Sequence[str]) -> None:
        self._estimator = estimator
        self._outputs = outputs

    def predict(self, frame: Any) -> Any:
        """Return one column, or one column a class where as many outputs are declared."""
        if not hasattr(self._estimator, "predict_proba"):
            return self._estimator.predict(frame)
        chances = self._estimator.predict_proba(frame)
        return chances[:, -1] if len(self._outputs) == 1 else chances


def _skops(path: Path, outputs: Sequence[str]) -> Any:
    import skops.io

    # Types that skops does not know stay refused: it raises, and names them.
    return _Estimator(skops.io.load(path), outputs)


def _mlflow(path: Path, outputs: Sequence[str]) -> Any:  # noqa: ARG001 - a loader's signature
    import mlflow.pyfunc

    return mlflow.pyfunc.load_model(str(path))


_FORMATS: dict[str, Callable[[Path, Sequence[str]], Any]] = {"onnx": _Onnx, "skops": _skops, "mlflow": _mlflow}


def keep_bytecode_of_installed_modules_only(project: str) -> None:
    """Let Python keep the bytecode of what is installed, and never that of the project's own modules.

    Bytecode is matched to its source by second and size: a module edited twice within a second would run as it was
    before, and its outputs would be kept under the name of the new source. Without any bytecode, importing
    scikit-learn takes three times as long.
    """
    from importlib.machinery import SourceFileLoader

    keep = SourceFileLoader.set_data

    def set_data(self: SourceFileLoader, path: str, data: bytes, *, _mode: int = 0o666) -> None:
        if "site-packages" in path or not path.startswith(project):
            keep(self, path, data, _mode=_mode)

    # `set_data` is the documented hook by which a loader keeps bytecode.
    setattr(SourceFileLoader, "set_data", set_data)  # noqa: B010 - types refuse an assignment to a method
    sys.dont_write_bytecode = False
