"""The worker: one model in a process of its own, answering frames of columns until the other end closes."""

from __future__ import annotations

import os
import select
import signal
import socket
import sys
import time
import traceback
from pathlib import Path
from typing import Any

from roadworthy_kit import answer, columns, frames
from roadworthy_kit.load import keep_bytecode_of_installed_modules_only, load

_PROJECT = str(Path.cwd())  # when we start; a model may go elsewhere
_TOLD = 256 * 1024  # characters of a traceback: its end, of which Roadworthy shows what the author needs
_DESCRIPTORS = 256  # more than a process has open when it has just started


def main(channel: socket.socket) -> None:
    """Load what the first frame declares, then answer every frame that follows."""
    first = frames.receive(channel)
    if first is None:
        return
    wanted, _ = first
    started = time.monotonic()
    try:
        model = load(wanted)
    except BaseException as fault:  # noqa: BLE001 - whatever a project's code raises, SystemExit too, is told
        frames.send(channel, _explained("load", fault))
        return
    frames.send(channel, {"kind": "ready", "seconds": time.monotonic() - started, "python": sys.version.split()[0]})
    while True:
        request = frames.receive(channel)
        if request is None:
            return
        header, buffers = _answer(model, wanted, *request)
        frames.send(channel, header, buffers)


def _answer(
    model: Any, wanted: dict[str, Any], header: dict[str, Any], body: memoryview
) -> tuple[dict[str, Any], list[bytes]]:
    try:
        frame = columns.build(wanted.get("frame") or "pandas", columns.decode(header["inputs"], body))
        answered = model.predict(frame)
    except BaseException as fault:  # noqa: BLE001 - as above
        return _explained("predict", fault), []
    try:
        named, moved = answer.read(answered, wanted.get("outputs", ()))
        outputs, buffers = columns.encode(named)
    except columns.BadAnswer as fault:
        return {"kind": "error", "during": "answer", "message": str(fault)}, []
    except Exception as fault:  # noqa: BLE001 - an object of the project may raise anything when it is read
        return _explained("predict", fault), []
    return {"kind": "answer", "outputs": outputs, "moved": moved}, buffers


def _explained(during: str, fault: BaseException) -> dict[str, Any]:
    return {
        "kind": "error",
        "during": during,
        "type": type(fault).__name__,
        "message": str(fault).encode(errors="replace").decode(),
        "traceback": "".join(traceback.format_exception(fault))[-_TOLD:],
    }


def guard(lifeline: int) -> None:
    """Leave a small process behind that ends this one when the other end of *lifeline* is gone, whatever this one does.

    The lifeline is a pipe whose writing end is held by whoever started us. A model that hangs does not read its socket,
    and would outlive a gateway that was killed.
    """
    ours, theirs = os.pipe()
    worker = os.getpid()
    if os.fork():
        os.close(ours)  # `theirs` stays open until this process ends, and so tells the guard
        os.close(lifeline)
        return
    os.close(theirs)
    low, high = sorted((lifeline, ours))
    for first, last in ((0, low), (low + 1, high), (high + 1, _DESCRIPTORS)):
        os.closerange(first, last)  # above all the worker's output and its socket, which others wait for to close
    ready, _, _ = select.select([lifeline, ours], [], [])
    if ours not in ready:
        os.kill(worker, signal.SIGKILL)
    os._exit(0)


if __name__ == "__main__":
    guard(int(sys.argv[2]))
    keep_bytecode_of_installed_modules_only(_PROJECT)
    main(socket.socket(fileno=int(sys.argv[1])))
