"""What a model answered, as named columns: a frame of pandas or polars, an array, or a mapping of lists."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from roadworthy_kit.columns import BadAnswer

if TYPE_CHECKING:
    from collections.abc import Sequence

Columns = list[tuple[str, Any]]


def read(answer: Any, outputs: Sequence[str]) -> tuple[Columns, int | None]:
    """Return the columns of *answer*, and the first row that stands elsewhere than its input did (None: no row does).

    Raises:
        BadAnswer: It is nothing that has columns.
    """
    if hasattr(answer, "iloc"):
        frame = (
            answer.to_frame(answer.name if answer.name is not None else _only(outputs)) if answer.ndim == 1 else answer
        )
        return [(str(name), _series(frame.iloc[:, at])) for at, name in enumerate(frame.columns)], moved(frame.index)
    if hasattr(answer, "get_columns"):  # polars
        return [(series.name, _flat(series)) for series in answer.get_columns()], None
    if hasattr(answer, "dtype") and hasattr(answer, "ndim"):
        return _matrix(answer, outputs), None
    if hasattr(answer, "items"):
        return [(str(name), _flat(values)) for name, values in answer.items()], None
    raise BadAnswer(f"`predict` returned a {type(answer).__name__}, which has no columns")


def _only(outputs: Sequence[str]) -> str:
    return outputs[0] if len(outputs) == 1 else "0"


def _series(series: Any) -> Any:
    """Return an array where numpy has a type for it, otherwise a list with None for what is missing."""
    if type(series.dtype).__module__.startswith("numpy") and series.dtype.kind in "fiubM":
        return series.to_numpy()
    gone = series.isna()
    values = series.astype(object).tolist()
    return [_python(value, missing) for value, missing in zip(values, gone)]  # noqa: B905 - Python 3.9


def _flat(values: Any) -> Any:
    if hasattr(values, "dtype") and hasattr(values, "ndim") and values.ndim == 1 and values.dtype.kind in "fiubM":
        return values
    listed = values.to_list() if hasattr(values, "to_list") else list(values)
    return [_python(value, missing=False) for value in listed]


def _python(value: Any, missing: Any) -> Any:
    """Return a plain value for a scalar of numpy or pandas."""
    if missing:
        return None
    if hasattr(value, "to_pydatetime"):
        return value.to_pydatetime()
    return value.item() if hasattr(value, "item") else value


def _matrix(answer: Any, outputs: Sequence[str]) -> Columns:
    if answer.ndim == 1:
        return [(_only(outputs), _flat(answer))]
    if answer.ndim != 2:  # noqa: PLR2004 - rows and columns
        raise BadAnswer(f"`predict` returned an array of {answer.ndim} dimensions")
    width = answer.shape[1]
    names = outputs if len(outputs) == width else [str(at) for at in range(width)]
    return [(name, _flat(answer[:, at])) for at, name in enumerate(names)]


def moved(index: Any) -> int | None:
    """Return the first row out of place: a frame that was sorted keeps its rows' numbers."""
    if type(index).__name__ == "RangeIndex" and index.step == 1:
        return None
    numbers = index.tolist()
    if numbers == list(range(len(numbers))) or not all(type(number) is int for number in numbers):
        return None
    if sorted(numbers) != list(range(len(numbers))):
        return None  # an index of the model's own
    return next(at for at, number in enumerate(numbers) if at != number)
