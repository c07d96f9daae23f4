"""Our end of a worker's socket: tables as frames with deadlines.

The format is that of `roadworthy_kit.frames`: magic, lengths, a JSON header whose tensors are those of the Open
Inference Protocol's binary extension, and their buffers. Nothing that arrives is trusted: sizes are checked.
"""

from __future__ import annotations

import struct
import time
from typing import TYPE_CHECKING, Any

import numpy as np
import orjson

from roadworthy.build.data.table import Column, Table

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

Header = dict[str, Any]
Deadline = float  # of `time.monotonic`
Buffer = bytes | memoryview

_MAGIC = b"RWF1"
_LENGTHS = struct.Struct("<4sIQ")
_LARGEST = 2 << 30  # bytes of a frame
_JOINED = 1 << 18  # bytes of a body that is copied once more, for the sake of one call
_TYPES = {"FP64": np.dtype("<f8"), "INT64": np.dtype("<i8"), "BOOL": np.dtype("?")}
_NAMES = {"f": "FP64", "i": "INT64", "b": "BOOL"}
_TIME = "datetime_us"


class WireFault(Exception):
    """What arrived is no frame of this protocol, or its tensors do not agree with their buffers."""


def send(channel: socket.socket, header: Header, buffers: Sequence[Buffer], deadline: Deadline) -> None:
    """Send one frame.

    Raises:
        TimeoutError: The other end does not read.
        OSError: It has closed.
    """
    text, body = orjson.dumps(header), sum(map(len, buffers))
    pieces: Sequence[Buffer] = [_LENGTHS.pack(_MAGIC, len(text), body), text, *buffers]
    for piece in pieces if body > _JOINED else [b"".join(pieces)]:
        channel.settimeout(max(deadline - time.monotonic(), 0.001))
        channel.sendall(piece)


def receive(channel: socket.socket, deadline: Deadline) -> tuple[Header, memoryview]:
    """Return the header and body of the next frame.

    Raises:
        TimeoutError: None has come by *deadline*.
        EOFError: The other end has closed.
        WireFault: It is no frame, or too large.
    """
    magic, header, body = _LENGTHS.unpack(_exactly(channel, _LENGTHS.size, deadline))
    if magic != _MAGIC or header + body > _LARGEST:
        raise WireFault("The worker sent something that is no answer.")
    rest = _exactly(channel, header + body, deadline)
    try:
        read = orjson.loads(rest[:header])
    except orjson.JSONDecodeError as fault:
        raise WireFault("The worker's answer is not UTF-8.") from fault
    if not isinstance(read, dict):
        raise WireFault("The worker sent something that is no answer.")
    return read, rest[header:]


def _exactly(channel: socket.socket, size: int, deadline: Deadline) -> memoryview:
    whole = memoryview(bytearray(size))
    there = 0
    while there < size:
        channel.settimeout(max(deadline - time.monotonic(), 0.001))
        count = channel.recv_into(whole[there:])
        if count == 0:
            raise EOFError
        there += count
    return whole


def encode(table: Table) -> tuple[list[Header], list[Buffer]]:
    """Return the tensors and buffers of *table*."""
    tensors: list[Header] = []
    buffers: list[Buffer] = []
    for name, column in table.columns.items():
        tensors.append(_tensor(name, column, buffers))
        missing = column.missing
        if missing is not None and missing.any() and column.values.dtype.kind != "O":
            mark = {"binary_data_size": len(missing), "missing_of": name}
            tensors.append({"name": f"{name}:missing", "datatype": "BOOL", "shape": [len(column)], "parameters": mark})
            buffers.append(missing.astype(np.bool_).tobytes())
    return tensors, buffers


def _tensor(name: str, column: Column, buffers: list[Buffer]) -> Header:
    tensor: Header = {"name": name, "shape": [len(column)]}
    values = column.values
    if values.dtype.kind in "OU":
        texts = values.astype(object)  # a copy
        if column.missing is not None:
            texts[column.missing] = None
        return {**tensor, "datatype": "BYTES", "data": texts.tolist()}
    parameters: Header = {}
    if values.dtype.kind == "M":
        values, parameters = values.astype("datetime64[us]").astype(np.int64), {"content_type": _TIME}
    tensor["datatype"] = _NAMES[values.dtype.kind]
    whole = np.ascontiguousarray(values, _TYPES[tensor["datatype"]])
    buffers.append(whole.view(np.uint8).data if len(whole) else b"")
    parameters["binary_data_size"] = len(buffers[-1])
    tensor["parameters"] = parameters
    return tensor


def decode(tensors: Sequence[Header], body: memoryview) -> list[tuple[str, Column]]:
    """Return the columns of an answer in their order; a name may stand twice.

    Raises:
        WireFault: A tensor does not agree with its buffer.
    """
    columns: list[tuple[str, Column]] = []
    start = 0
    try:
        for tensor in tensors:
            parameters = tensor.get("parameters", {})
            size = int(parameters.get("binary_data_size", 0))
            raw, start = body[start : start + size], start + size
            if "missing_of" in parameters:
                name, column = columns.pop()
                columns.append((name, Column(column.values, _sized(np.frombuffer(raw, np.bool_), len(column)))))
            else:
                columns.append((str(tensor["name"]), _column(tensor, parameters, raw)))
    except (KeyError, IndexError, TypeError, ValueError, AttributeError) as fault:
        raise WireFault(f"The worker's answer does not hold together: {fault!r}.") from fault
    return columns


def _column(tensor: Header, parameters: Header, raw: memoryview) -> Column:
    rows = int(tensor["shape"][0])
    if tensor["datatype"] == "BYTES":
        texts = tensor["data"]
        missing = np.fromiter((text is None for text in texts), np.bool_, len(texts))
        values = np.array(["" if text is None else str(text) for text in texts], dtype=object)
        return Column(_sized(values, rows), missing if missing.any() else None)
    values = _sized(np.frombuffer(raw, _TYPES[tensor["datatype"]]), rows)
    return Column(values.astype("datetime64[us]") if parameters.get("content_type") == _TIME else values)


def _sized(values: np.ndarray[Any, Any], rows: int) -> np.ndarray[Any, Any]:
    if len(values) != rows:
        raise ValueError(f"{len(values)} values in a column of {rows}")
    return values
