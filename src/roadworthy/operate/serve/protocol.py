"""The Open Inference Protocol, version 2, over REST: metadata, and tensors as JSON.

Source:
    github.com/kserve/open-inference-protocol, specification/protocol/inference_rest.md.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import orjson

from roadworthy.build.data.table import Table
from roadworthy.operate.serve.columns import column
from roadworthy.operate.serve.records import ID, Asked, absent, identified, loads, plain, unknown
from roadworthy.operate.serve.refusal import bad, listed
from roadworthy.version import VERSION

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from roadworthy.declare.requirements import ColumnType
    from roadworthy.operate.serve.guard import Answer
    from roadworthy.operate.serve.records import Form
    from roadworthy.operate.serve.scope import Rule

VERDICT, REASONS = "verdict", "reasons"
SERVER = {"name": "roadworthy", "version": VERSION, "extensions": []}

_WHOLE = {"INT8", "INT16", "INT32", "INT64", "UINT8", "UINT16", "UINT32", "UINT64"}
_NUMBERS = {"FP16", "FP32", "FP64", *_WHOLE}
_SUITED: dict[ColumnType, set[str]] = {
    "number": _NUMBERS,
    "integer": _WHOLE,
    "text": {"BYTES"},
    "time": {"BYTES"},
    "boolean": {"BOOL"},
}
_TYPES: dict[ColumnType, str] = {
    "number": "FP64",
    "integer": "INT64",
    "text": "BYTES",
    "time": "BYTES",
    "boolean": "BOOL",
}
_OF_ARRAY = {"f": "FP64", "i": "INT64", "b": "BOOL", "O": "BYTES", "M": "BYTES"}


def metadata(name: str, versions: Sequence[str], inputs: Mapping[str, Rule], outputs: Mapping[str, Rule]) -> bytes:
    """Return the metadata of a model; a column whose type nothing declares is shown as FP64."""

    def tensors(rules: Mapping[str, Rule]) -> list[dict[str, object]]:
        return [
            {"name": name, "datatype": _TYPES[rule.kind or "number"], "shape": [-1]} for name, rule in rules.items()
        ]

    said = {VERDICT: "BYTES", REASONS: "BYTES"}
    extra = [{"name": name, "datatype": datatype, "shape": [-1]} for name, datatype in said.items()]
    document = {"name": name, "versions": list(versions), "platform": "roadworthy"}
    return orjson.dumps({**document, "inputs": tensors(inputs), "outputs": [*tensors(outputs), *extra]})


def parse(body: bytes, form: Form, outputs: Sequence[str]) -> Asked:
    """Return what an inference request asks: one tensor of shape [n] or [n, 1] for each input.

    Raises:
        Refusal: It is not of that form; the tensor is named.
    """
    read = loads(body)
    tensors = read.get("inputs") if isinstance(read, dict) else None
    if not isinstance(tensors, list) or not tensors:
        raise bad("The body holds no `inputs`.", "Send one tensor for each input: name, shape, datatype and data.")
    columns: dict[str, tuple[str, list[Any]]] = {}
    for tensor in tensors:
        name, datatype, values = _tensor(tensor)
        if name in columns:
            raise bad(f"The tensor `{name}` stands twice.", "Send each input once.")
        columns[name] = datatype, values
    _check_names(columns, form)
    sizes = {name: len(values) for name, (_, values) in columns.items()}
    if len(set(sizes.values())) > 1:
        told = ", ".join(f"`{name}` {size}" for name, size in sizes.items())
        raise bad(f"The tensors differ in length: {told}.", "Send one value for each row in each tensor.")
    table = Table({name: _column(name, *columns[name], rule) for name, rule in form.inputs.items()})
    brought = [
        {name: columns[name][1][row] for name in (*form.key, ID) if name in columns} for row in range(len(table))
    ]
    keys = tuple(identified(key, form, row) for row, key in enumerate(brought))
    return Asked(table, keys, _text(read.get("id")), _wanted(read.get("outputs"), outputs))


def _tensor(tensor: Any) -> tuple[str, str, list[Any]]:
    if not isinstance(tensor, dict) or not isinstance(name := tensor.get("name"), str):
        raise bad("An input is no tensor with a name.", "Send name, shape, datatype and data.")
    datatype, shape, data = tensor.get("datatype"), tensor.get("shape"), tensor.get("data")
    if not isinstance(datatype, str) or datatype not in {*_NUMBERS, "BOOL", "BYTES"}:
        raise bad(
            f"The tensor `{name}` has the datatype {datatype!r}.",
            f"Send one of {', '.join(sorted(_NUMBERS))}, BOOL, BYTES.",
        )
    if not isinstance(data, list):
        raise bad(f"The tensor `{name}` has no list of data.", "Send `data` as JSON; binary data is not taken here.")
    values = [value for row in data for value in row] if data and all(type(row) is list for row in data) else data
    if not _fits(shape, len(values)):
        raise bad(
            f"The tensor `{name}` has the shape {str(shape)[:80]} and {len(values)} values.",
            "Send a shape [n] or [n, 1], and n values, n at least 1.",
        )
    return name, datatype, values


def _fits(shape: Any, count: int) -> bool:
    return isinstance(shape, list) and shape in ([count], [count, 1]) and count > 0


def _check_names(columns: Mapping[str, object], form: Form) -> None:
    strange = [name for name in columns if name not in form.columns]
    if strange:
        raise unknown(strange, form.columns, "The request")
    lost = [name for name in form.inputs if name not in columns]
    if lost:
        raise absent(lost, "the request")


def _column(name: str, datatype: str, values: list[Any], rule: Rule) -> Any:
    kind = rule.kind
    if kind is not None and datatype not in _SUITED[kind]:
        raise bad(
            f"The tensor `{name}` has the datatype {datatype}, and must be {_TYPES[kind]}.", f"Send {_TYPES[kind]}."
        )
    return column(name, values, kind)


def _text(value: Any) -> str | None:
    if value is not None and not isinstance(value, str):
        raise bad("The request's `id` is no text.", "Send a text, or no `id`.")
    return value


def _wanted(asked: Any, outputs: Sequence[str]) -> tuple[str, ...] | None:
    if asked is None or asked == []:
        return None
    there = (*outputs, VERDICT, REASONS)
    names = (
        [str(one.get("name") if isinstance(one, dict) else one) for one in asked] if isinstance(asked, list) else [""]
    )
    strange = [name for name in names if name not in there]
    if strange:
        raise bad(f"There is no output {listed(strange)}.", f"Ask for {listed(there)}.")
    return tuple(names)


def render(names: Mapping[str, str], asked: Asked, answer: Answer) -> bytes:
    """Return the response: the outputs wanted, and by default also each row's verdict and reasons as tensors."""
    said = {
        **{name: (_OF_ARRAY[one.values.dtype.kind], plain(one)) for name, one in answer.outputs.columns.items()},
        VERDICT: ("BYTES", list(answer.verdicts)),
        REASONS: ("BYTES", ["; ".join(why) for why in answer.reasons]),
    }
    wanted = asked.outputs or tuple(said)
    tensors = [
        {"name": name, "shape": [len(said[name][1])], "datatype": said[name][0], "data": said[name][1]}
        for name in wanted
    ]
    outside = sum(verdict != "in_scope" for verdict in answer.verdicts)
    response = {**names, "parameters": {"out_of_scope": outside}, "outputs": tensors}
    return orjson.dumps({**response, **({} if asked.id is None else {"id": asked.id})})
