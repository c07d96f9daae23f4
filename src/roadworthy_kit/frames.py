"""Frames over a socket: a length, a JSON header, and raw buffers behind it.

The header carries tensors in the binary form of the Open Inference Protocol: each has a name, a datatype, a shape, and
either `data` or the size of its buffer in the body. The other end is `roadworthy.build.model.wire`.
"""

from __future__ import annotations

import json
import struct
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import socket
    from collections.abc import Sequence

_MAGIC = b"RWF1"
_LENGTHS = struct.Struct("<4sIQ")  # magic, bytes of the header, bytes of the body


def send(channel: socket.socket, header: dict[str, Any], buffers: Sequence[bytes | memoryview] = ()) -> None:
    """Send one frame."""
    text = json.dumps(header, separators=(",", ":")).encode()
    size = sum(len(memoryview(buffer).cast("B")) for buffer in buffers)
    channel.sendall(b"".join([_LENGTHS.pack(_MAGIC, len(text), size), text, *buffers]))


def receive(channel: socket.socket) -> tuple[dict[str, Any], memoryview] | None:
    """Return the next frame's header and body; None when the other end has closed."""
    lengths = _exactly(channel, _LENGTHS.size)
    if lengths is None:
        return None
    magic, header, body = _LENGTHS.unpack(lengths)
    if magic != _MAGIC:
        raise ConnectionError("The other end does not speak this protocol.")
    rest = _exactly(channel, header + body)
    if rest is None:
        return None
    return json.loads(bytes(rest[:header])), rest[header:]


def _exactly(channel: socket.socket, size: int) -> memoryview | None:
    whole = memoryview(bytearray(size))
    there = 0
    while there < size:
        count = channel.recv_into(whole[there:])
        if count == 0:
            return None
        there += count
    return whole
