"""Tables cross to a worker and back unchanged; the two ends are separate code and are held against each other here."""

from __future__ import annotations

import json
import math
from datetime import datetime
from typing import Any

import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from roadworthy.build.data.table import Column, Table
from roadworthy.build.model import wire
from roadworthy_kit import answer, columns

TEXTS = st.text(st.characters(exclude_categories=["Cs"]), max_size=8)
NUMBERS = st.floats(allow_nan=False)
INTEGERS = st.integers(-(2**63), 2**63 - 1)
TIMES = st.datetimes(datetime(1700, 1, 1), datetime(2200, 1, 1))  # noqa: DTZ001 - a column's times carry no zone


def column(kind: str, values: list[Any]) -> Column:
    """Return a column of *kind* whose None are missing."""
    gone = np.array([value is None for value in values], dtype=bool)
    empty: Any = {"O": "", "f": math.nan, "i": 0, "b": False, "M": np.datetime64(0, "us")}[kind]
    dtype: Any = {"O": object, "f": np.float64, "i": np.int64, "b": np.bool_, "M": "datetime64[us]"}[kind]
    filled = np.array([empty if value is None else value for value in values], dtype=dtype)
    return Column(filled, gone if gone.any() else None)


def values_of(kind: str) -> st.SearchStrategy[Any]:
    """Return a strategy of the values of a kind, None among them."""
    strategies: dict[str, st.SearchStrategy[Any]] = {
        "O": TEXTS,
        "f": NUMBERS,
        "i": INTEGERS,
        "b": st.booleans(),
        "M": TIMES,
    }
    return st.none() | strategies[kind]


@st.composite
def tables(draw: st.DrawFn) -> dict[str, tuple[str, list[Any]]]:
    """Return columns as name → kind and values, all of one length."""
    rows = draw(st.integers(0, 5))
    names = draw(st.lists(TEXTS, min_size=1, max_size=4, unique=True))
    kinds = [draw(st.sampled_from("OfibM")) for _ in names]
    return {
        name: (kind, draw(st.lists(values_of(kind), min_size=rows, max_size=rows)))
        for name, kind in zip(names, kinds, strict=True)
    }


@given(tables())
def test_what_a_model_sees_is_what_was_sent(table: dict[str, tuple[str, list[Any]]]) -> None:
    """Values, missing ones and the order of columns are the same on the worker's side."""
    sent = Table({name: column(kind, values) for name, (kind, values) in table.items()})
    tensors, buffers = wire.encode(sent)
    seen = columns.decode(json.loads(json.dumps(tensors)), memoryview(b"".join(buffers)))

    assert [arrived.name for arrived in seen] == list(table)
    for arrived, (kind, values) in zip(seen, table.values(), strict=True):
        plain = [
            None if kind == "f" and value is not None and math.isnan(value) else value for value in arrived.plain()
        ]
        assert plain == values


@given(tables())
@example({"lowest": ("i", [None, -(2**63)])})
def test_what_a_model_answers_is_what_arrives(table: dict[str, tuple[str, list[Any]]]) -> None:
    """Lists of Python values come back as columns of their kind, with what is missing marked."""
    tensors, buffers = columns.encode((name, values) for name, (_, values) in table.items())
    back = wire.decode(json.loads(json.dumps(tensors)), memoryview(b"".join(buffers)))

    assert [name for name, _ in back] == list(table)
    for (_, arrived), (kind, values) in zip(back, table.values(), strict=True):
        assert arrived.is_missing().tolist() == [value is None for value in values]
        present = [value for value in values if value is not None]
        if present:
            assert arrived.values.dtype.kind == kind
            assert arrived.take(~arrived.is_missing()).values.tolist() == present


@pytest.mark.parametrize(
    "array",
    [
        np.array([0.5, 0.25], dtype=np.float32),
        np.array([1, 2], dtype=np.uint8),
        np.array([True, False]),
        np.array(["2013-01-01", "2013-06-01T10:30"], dtype="datetime64[s]"),
    ],
    ids=lambda array: str(array.dtype),
)
def test_an_array_crosses_in_the_wider_type(array: np.ndarray[Any, Any]) -> None:
    """Narrow types of numpy arrive as the type of a column that holds all their values."""
    tensors, buffers = columns.encode([("output", array)])
    [(_, arrived)] = wire.decode(tensors, memoryview(b"".join(buffers)))

    assert arrived.values.tolist() == array.astype(arrived.values.dtype).tolist()
    assert arrived.missing is None


@pytest.mark.parametrize(
    "tensor",
    [
        {"name": "p", "datatype": "FP64", "shape": [3], "parameters": {"binary_data_size": 16}},
        {"name": "p", "datatype": "FP64", "shape": [2], "parameters": {"binary_data_size": 15}},
        {"name": "p", "datatype": "FP16", "shape": [8], "parameters": {"binary_data_size": 16}},
        {"name": "p", "datatype": "BYTES", "shape": [2], "data": ["a"]},
        {"name": "p", "datatype": "BYTES", "shape": [], "data": []},
        {"datatype": "FP64", "shape": [2], "parameters": {"binary_data_size": 16}},
        {"name": "m", "datatype": "BOOL", "shape": [16], "parameters": {"binary_data_size": 16, "missing_of": "p"}},
    ],
)
def test_an_answer_that_does_not_hold_together_is_refused(tensor: dict[str, Any]) -> None:
    """A worker's frame is not trusted: sizes and types that disagree are a fault of the wire, not of ours."""
    with pytest.raises(wire.WireFault, match="does not hold together"):
        wire.decode([tensor], memoryview(bytes(16)))


def test_rows_that_were_sorted_are_noticed() -> None:
    """A frame that keeps its rows' numbers tells which row is the first out of place."""

    class Index:
        def __init__(self, numbers: list[object]) -> None:
            self.numbers = numbers

        def tolist(self) -> list[object]:
            return self.numbers

    assert answer.moved(Index([0, 2, 1])) == 1
    assert answer.moved(Index([0, 1, 2])) is None
    assert answer.moved(Index([7, 8, 9])) is None
    assert answer.moved(Index(["a", "b"])) is None


def test_a_matrix_takes_the_declared_names() -> None:
    """Columns of an array are the declared outputs, in order, when there are as many."""
    chances = np.array([[0.1, 0.9], [0.2, 0.8]])
    named, _ = answer.read(chances, ["early", "late"])
    unnamed, _ = answer.read(chances, ["late"])

    assert [(name, values.tolist()) for name, values in named] == [("early", [0.1, 0.2]), ("late", [0.9, 0.8])]
    assert [name for name, _ in unnamed] == ["0", "1"]


@pytest.mark.parametrize("kind", ["dict", "numpy"])
def test_a_frame_is_built_as_declared(kind: str) -> None:
    """A model that asks for lists or a matrix gets them, NaN or None where a value is missing."""
    tensors, buffers = wire.encode(Table({"a": column("f", [1.0, None]), "b": column("i", [1, 2])}))
    built = columns.build(kind, columns.decode(tensors, memoryview(b"".join(buffers))))

    if kind == "dict":
        assert built == {"a": [1.0, None], "b": [1, 2]}
    else:
        np.testing.assert_array_equal(built, np.array([[1.0, 1.0], [np.nan, 2.0]]))
